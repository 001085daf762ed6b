"""One reward of several components, as the table ``[reward]`` of task.toml tells it.

The components with ``role = "share"`` are averaged by weight, over those that have an opinion. Each one with ``role =
"factor"`` then takes off up to its weight: the total is multiplied by 1 - weight x (1 - value). A component below its
``floor`` caps the total at ``cap``. With ``granularity = "binary"`` the total becomes 1 if it reaches ``threshold``,
else 0. So the reward is 0 to 1, as every component is.
"""

from __future__ import annotations

import re

from rft.rewards.batch import prepares
from rft.rewards.components import component
from rft.rewards.components.checks import between, one_of
from rft.rewards.errors import BadReward, GraderError, MissingReference, UnreadableAnswer
from rft.rewards.score import RESERVED, Score

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from rft.rewards.components import Component
    from rft.rewards.sample import Sample

ABSTAINED = "abstained"  # metric: how many components had no opinion of a rollout
UNREADABLE = "unreadable_"  # and the component's name: it did not find in the answer what it looks for
COMMON = ("kind", "name", "weight", "role", "floor", "cap")  # of every component; the rest is its kind's
TABLE = ("components", "granularity", "threshold", "abstained")
DIGITS = 9  # so that 0.1 + 0.2 reaches a threshold of 0.3
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


class Part:
    """A component with its place in the total."""

    __slots__ = ("cap", "factor", "floor", "name", "notes", "score", "told", "weight")

    def __init__(self, name: str, score: Component, weight: float, floor: float, cap: float, *, factor: bool) -> None:
        self.name = name
        self.score = score
        self.notes: tuple[str, ...] = getattr(score, "notes", ())  # what it counts besides, as <name>_<note>
        self.told: Callable[[Sample], dict[str, float]] = getattr(score, "told", _nothing)
        self.weight = weight
        self.floor = floor
        self.cap = cap
        self.factor = factor


def combine(table: Mapping[str, Any], folder: str) -> Callable[[Sample], Score]:
    """Return the reward function that a table tells; files that it names are in ``folder``, the task's.

    A component whose reference the record lacks has no opinion, like one that returns None; how many had none is the
    metric ``abstained``. If no share has one, the score is the table's ``abstained`` (default 0). An answer without
    what a component looks for counts there as 0 and as a parse failure, named by the metric ``unreadable_<name>``.

    Raises:
        BadReward: the table cannot be used; the message names the key and the fix.
        GraderError: by the returned function, when a component fails in any other way: an outage is no silent zero.

    """
    for key in table:
        one_of("[reward]", key, TABLE)
    granularity = table.get("granularity", "scaled")
    one_of("granularity", granularity, ("scaled", "binary"))
    if granularity == "scaled" and "threshold" in table:
        raise BadReward('threshold: means nothing to a scaled reward; add granularity = "binary", or take it out')
    threshold = _share(table, "threshold", 0.5)
    silent = _share(table, "abstained", 0.0)
    parts = _parts(table.get("components"), folder)
    asking: list[Any] = [part.score for part in parts if hasattr(part.score, "prepare")]

    def reward(sample: Sample) -> Score:
        return _score(sample, parts, silent, threshold if granularity == "binary" else None)

    return prepares(*asking)(reward) if asking else reward


def _score(sample: Sample, parts: list[Part], silent: float, threshold: float | None) -> Score:
    values: dict[str, float] = {}
    unreadable: dict[str, float] = {}
    told: dict[str, float] = {}
    total = weights = 0.0
    left, ceiling = 1.0, 1.0
    for part in parts:
        try:
            value = part.score(sample)
        except UnreadableAnswer:
            value = 0.0
            unreadable[UNREADABLE + part.name] = 1.0
        except MissingReference:
            value = None
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            raise GraderError(f"sample {sample.id}: the component {part.name} raised {why}") from error
        if value is None:
            continue
        if not 0.0 <= value <= 1.0:
            raise GraderError(f"sample {sample.id}: the component {part.name} gave {value}, which is not 0 to 1")
        values[part.name] = value
        if part.notes:
            told.update((f"{part.name}_{name}", count) for name, count in part.told(sample).items())
        if part.factor:
            left *= 1.0 - part.weight * (1.0 - value)
        else:
            total += part.weight * value
            weights += part.weight
        if value < part.floor:
            ceiling = min(ceiling, part.cap)
    if len(values) < len(parts):
        unreadable[ABSTAINED] = float(len(parts) - len(values))
    reward = round(min(total / weights * left, ceiling), DIGITS) if weights else min(silent, ceiling)
    if threshold is not None and weights:
        reward = float(reward >= threshold)
    failed = any(name.startswith(UNREADABLE) for name in unreadable)
    return Score(reward, {**values, **unreadable, **told}, parse_failure=failed)


def _nothing(sample: Sample) -> dict[str, float]:
    return {}


def _parts(listed: Any, folder: str) -> list[Part]:
    if not isinstance(listed, list) or not listed:
        raise BadReward('components: list at least one, such as [{kind = "normalised"}]')
    parts: list[Part] = []
    for place, entry in enumerate(listed):
        try:
            parts.append(_part(entry, folder))
        except BadReward as error:
            raise BadReward(f"components[{place}].{error}") from None
    names = [name for part in parts for name in (part.name, *(f"{part.name}_{note}" for note in part.notes))]
    for name in names:
        if names.count(name) > 1:
            raise BadReward(f"components: {name} is there {names.count(name)} times; give each a name of its own")
    if not any(part.weight > 0 and not part.factor for part in parts):
        raise BadReward('components: none has role "share" and a weight above 0, so that nothing can be earned')
    return parts


def _part(entry: Any, folder: str) -> Part:
    if not isinstance(entry, dict):
        raise BadReward(f'kind: {entry!r:.40} is no table; write {{kind = "normalised"}}')
    kind = entry.get("kind", "")
    made = component(kind, {key: value for key, value in entry.items() if key not in COMMON}, folder)
    name = entry.get("name", kind)
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise BadReward(f"name: {name!r} must be a letter and up to 63 letters, digits and underscores")
    if name in RESERVED or name == ABSTAINED or name.startswith(UNREADABLE):
        raise BadReward(f"name: {name} is taken by a metric; choose another")
    role = entry.get("role", "share")
    one_of("role", role, ("share", "factor"))
    factor = role == "factor"
    weight = _number(entry, "weight", 1.0)
    between("weight", weight, 0, 1 if factor else 1e6)
    if "cap" in entry and "floor" not in entry:
        raise BadReward("cap: means nothing without floor, the value below which it holds")
    return Part(name, made, weight, _share(entry, "floor", 0.0), _share(entry, "cap", 0.0), factor=factor)


def _share(table: Mapping[str, Any], key: str, default: float) -> float:
    value = _number(table, key, default)
    between(key, value, 0, 1)
    return value


def _number(table: Mapping[str, Any], key: str, default: float) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadReward(f"{key}: is {value!r:.60}; it must be a number")
    return float(value)
