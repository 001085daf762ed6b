"""Reward components: each gives one view of an answer, 0 (bad) to 1 (good).

A component is made by the function of its name, called with its settings, in the module of its name:
``numeric(relative=0.01)`` returns a function ``(Sample) -> float | None``. None is no opinion. It raises
``UnreadableAnswer`` if the answer does not hold what it looks for, ``MissingReference`` if the record does not;
anything else that it raises is a fault. ``[reward]`` in task.toml names components by kind; Python calls them.

A component that asks somebody else has ``prepare(samples, deadline)``, which sees all rollouts of an event first, and
may have ``told(sample)``, what it counts besides its value, under the names in ``notes``; see ``rft.rewards.batch``.

``rouge``, ``chrf`` and ``bleu`` need libraries, which a grader has only if its task asks for them.
"""

from __future__ import annotations

import importlib

from rft.rewards.errors import BadReward

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from rft.rewards.sample import Sample

    Component = Callable[[Sample], float | None]

KINDS = (
    "exact", "normalised", "numeric", "choice", "set_f1", "list_f1", "json_fields", "json_shape", "tags", "pattern",
    "length", "repetition", "refusal", "language", "citation", "rouge", "chrf", "bleu", "reward_model",
    "judge", "guardrail",
)  # fmt: skip

TEXT_METRICS = ("rouge", "chrf", "bleu")  # kinds that need the libraries of requirements-grader.txt
FOLDER = "folder"  # the parameter that gets the task's folder


def component(kind: str, settings: Mapping[str, Any], folder: str = "") -> Component:
    """Return a component by its kind; only this kind's module is imported. Files are looked for in ``folder``.

    Raises:
        BadReward: an unknown kind or setting, or a wrong value; the message names the key and the fix.

    """
    make = maker(kind)
    known = settings_of(make)
    checked = {}
    for key, value in settings.items():
        if key not in known:
            allowed = ", ".join(known)
            raise BadReward(f"{key}: {kind} has no such setting; it has {allowed}")
        checked[key] = _typed(key, value, known[key])
    if lacking := known.keys() - checked.keys() - (make.__kwdefaults__ or {}).keys():
        raise BadReward(f"{min(lacking)}: is missing; {kind} cannot do without it")
    if FOLDER in make.__annotations__:
        checked[FOLDER] = folder
    made: Component = make(**checked)
    return made


def maker(kind: str) -> Any:
    """Return the function that makes components of a kind.

    Raises:
        BadReward: there is no such kind.

    """
    if kind not in KINDS:
        raise BadReward(f"kind: {kind!r} is none of {', '.join(KINDS)}")
    return getattr(importlib.import_module(f"rft.rewards.components.{kind}"), kind)


def settings_of(make: Any) -> dict[str, str]:
    """Return the settings of a kind by name, with their types as they are written; the folder is no setting."""
    return {key: told for key, told in make.__annotations__.items() if key not in ("return", FOLDER)}


def _typed(key: str, value: Any, told: str) -> Any:
    """Return a value of task.toml as the type that a setting is declared with."""
    if told == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if told == "tuple[str, ...]" and isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if told == "dict[str, float] | None" and isinstance(value, dict):
        return {name: _typed(f"{key}.{name}", one, "float") for name, one in value.items()}
    plain = {"bool": bool, "int": int, "float": float, "str": str, "dict[str, dict[str, Any]]": dict}.get(told)
    if plain is not None and type(value) is plain:
        return value
    raise BadReward(f"{key}: is {value!r:.60}; it must be {_TOLD[told]}")


_TOLD = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "tuple[str, ...]": 'a list of texts, such as ["a", "b"]',
    "dict[str, float] | None": "a table of numbers, such as {name = 1.0}",
    "dict[str, dict[str, Any]]": 'a table of tables, such as {name = {type = "string"}}',
}
