"""Component ``json_shape``: a JSON object with the wanted fields, types and values."""

from __future__ import annotations

from rft.rewards.components.checks import not_empty, one_of
from rft.rewards.errors import BadReward, UnreadableAnswer
from rft.rewards.fields import equal, first_object
from rft.rewards.parts import check_part, read_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from rft.rewards.components import Component
    from rft.rewards.sample import Sample

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
KEYWORDS = ("type", "enum", "required")


def json_shape(*, part: str = "whole", fields: dict[str, dict[str, Any]], others: bool = True) -> Component:
    """Return the share of ``fields`` that the answer's JSON object has in the wanted shape.

    Range: 0 to 1. ``fields`` gives each field's ``type``, ``enum`` (a list) and ``required`` (default true): JSON
    Schema's keywords of these names, for the object's own fields. Without ``others``, an object with further fields
    has 0. It says nothing of whether values are right: give it little weight, or make it a factor.
    Source: the vocabulary of JSON Schema 2020-12, validation, section 6.1 and "required".
    """
    check_part(part)
    not_empty("fields", fields)
    for name, rule in fields.items():
        _check(name, rule)

    def score(sample: Sample) -> float:
        found = first_object(read_part(sample.answer, part))
        if found is None:
            raise UnreadableAnswer("no JSON object")
        if not others and found.value.keys() - fields.keys():
            return 0.0
        return sum(_fits(found.value, name, rule) for name, rule in fields.items()) / len(fields)

    return score


def _check(name: str, rule: Any) -> None:
    if not isinstance(rule, dict):
        raise BadReward(f'fields.{name}: is {rule!r:.40}; write a table such as {{type = "string"}}')
    for key in rule:
        one_of(f"fields.{name}", key, KEYWORDS)
    if "type" in rule:
        one_of(f"fields.{name}.type", str(rule["type"]), TYPES)
    values = rule.get("enum", [""])
    if not isinstance(values, list) or not values or not all(isinstance(one, (str, int, float)) for one in values):
        raise BadReward(f"fields.{name}.enum: must be a list of texts, numbers, true or false")
    if not isinstance(rule.get("required", True), bool):
        raise BadReward(f"fields.{name}.required: must be true or false")


def _fits(value: dict[str, Any], name: str, rule: dict[str, Any]) -> bool:
    if name not in value:
        return not rule.get("required", True)
    found = value[name]
    if "enum" in rule and not any(type(found) is type(one) and equal(found, one) for one in rule["enum"]):
        return False
    return "type" not in rule or _is(found, rule["type"])


def _is(found: Any, wanted: str) -> bool:
    if isinstance(found, bool):
        return wanted == "boolean"
    if wanted == "integer" and isinstance(found, float):
        return found.is_integer()
    return isinstance(found, TYPES[wanted])
