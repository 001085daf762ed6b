"""Checks of what a component is set to. Each raises ``BadReward``, whose message names the key."""

from __future__ import annotations

from math import isfinite

from rft.rewards.errors import BadReward

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def between(key: str, value: float, low: float, high: float = float("inf")) -> None:
    """Refuse a number that is not finite or outside ``low`` to ``high``."""
    if not isfinite(value) or not low <= value <= high:
        bound = f"{low:g} or more" if high == float("inf") else f"{low:g} to {high:g}"
        raise BadReward(f"{key}: is {value:g}; it must be {bound}")


def one_of(key: str, value: str, allowed: Iterable[str]) -> None:
    """Refuse a text that is none of those allowed."""
    known = list(allowed)
    if value not in known:
        raise BadReward(f"{key}: {value!r} is none of {', '.join(known)}")


def not_empty(key: str, value: Collection[object] | str) -> None:
    """Refuse a setting that a component cannot do without."""
    if not value:
        raise BadReward(f"{key}: is missing or empty; the component needs it")
