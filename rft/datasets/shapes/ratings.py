"""Rated answers: a prompt, one answer, and how good it was found on a scale.

``{"prompt": "2 + 2?", "response": "4", "rating": 5}``
"""

from math import isfinite
from typing import Any

from rft.datasets.codes import Code
from rft.datasets.items import Example, Rating, Refused
from rft.datasets.rules import DataRules
from rft.datasets.shapes.fields import ANSWERED, RATING, REFERENCE, Fields, kind_of, prompt_of, reference_of


def fits(value: dict[str, Any], rules: DataRules) -> bool:
    """Return whether a record looks like a rated answer."""
    fields = Fields(value, rules.columns)
    name = fields.find(rules.columns.rating, RATING)
    return (
        name is not None
        and fields.find(rules.columns.answer, ANSWERED) is not None
        and (rules.columns.rating is not None or _number(fields.get(name)) is not None)
    )


def convert(value: dict[str, Any], raw: bytes | None, rules: DataRules) -> list[Example]:
    """Return the one example of a rated answer.

    Raises:
        Refused: with code and reason.

    """
    columns, scale = rules.columns, rules.scale
    fields = Fields(value, columns)
    identity = fields.identity()
    name = fields.find(columns.rating, RATING)
    given = fields.get(name)
    number = _number(given)
    fields.take(name, keep=number != given)
    if number is None or not scale.low <= number <= scale.high:
        shown = f"{given!r}"[:40] if isinstance(given, (str, int, float)) else kind_of(given)
        raise Refused(
            Code.BAD_RATING,
            f"{name or 'rating'} is {shown}; give a number from {scale.low:g} to {scale.high:g}, or set [data.scale]",
        )
    answer = fields.text(fields.find(columns.answer, ANSWERED), what="answer")
    if answer is None:
        raise Refused(Code.BAD_RATING, "there is no answer; fill it in, or name the field in columns.answer")
    messages = prompt_of(fields, columns)
    reference = reference_of(fields, fields.find(columns.reference_answer, REFERENCE[:2]))
    return [
        Example(
            messages=messages,
            id=identity,
            reference_answer=reference,
            answer=answer,
            rating=Rating(number, scale.low, scale.high),
            extra=fields.rest(),
        )
    ]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None
