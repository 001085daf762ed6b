"""Answers that are JSON objects: find the object, compare its fields one by one."""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Compare = Callable[[Any, Any], float]

ATTEMPTS = 8  # opening braces that are tried; keeps a hostile answer from costing more than linear time
_FENCE = re.compile(r"```(?:json|JSON)?[ \t]*\n([^`]*)```")


class Extract:
    """The JSON object of an answer. ``strict`` says that the answer is this object and nothing else."""

    __slots__ = ("strict", "value")

    def __init__(self, value: dict[str, Any], *, strict: bool) -> None:
        self.value = value
        self.strict = strict

    def __repr__(self) -> str:
        return f"Extract({self.value}, strict={self.strict})"


def first_object(text: str) -> Extract | None:
    """Return the first JSON object of an answer: the whole answer, in a code fence, or amid other text.

    JSON is read as its standard says: repeated keys, NaN and Infinity are no JSON.
    """
    stripped = text.strip()
    try:
        value = _DECODER.decode(stripped)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return Extract(value, strict=True)
    fence = _FENCE.search(stripped)
    for candidate in (stripped,) if fence is None else (fence[1], stripped):
        start = candidate.find("{")
        for _ in range(ATTEMPTS):
            if start < 0:
                break
            try:
                value, _ = _DECODER.raw_decode(candidate, start)
            except (ValueError, RecursionError):
                start = candidate.find("{", start + 1)
                continue
            return Extract(value, strict=False)
    return None


def compare_fields(
    found: Mapping[str, Any], wanted: Mapping[str, Any], partial: Mapping[str, Compare] | None = None
) -> dict[str, float]:
    """Return for every wanted field how right it is, 0 to 1.

    A field is right if it equals the wanted one: strings without regard to case and outer space, numbers by value, and
    never a list in place of a value. ``partial`` gives another measure for a field, called as ``(found, wanted)``.
    """
    scores = {}
    for name, want in wanted.items():
        if name not in found:
            scores[name] = 0.0
        elif partial is not None and name in partial:
            scores[name] = partial[name](found[name], want)
        else:
            scores[name] = float(equal(found[name], want))
    return scores


def equal(found: Any, wanted: Any) -> bool:
    """Return whether two JSON values are the same to a person; true is not 1."""
    if isinstance(found, str) and isinstance(wanted, str):
        return found.strip().casefold() == wanted.strip().casefold()
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    return bool(found == wanted)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
