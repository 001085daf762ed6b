"""Component ``json_fields``: a JSON object, right field by field."""

from __future__ import annotations

from rft.rewards.components.checks import between
from rft.rewards.errors import BadReward, MissingReference, UnreadableAnswer
from rft.rewards.fields import compare_fields, first_object
from rft.rewards.parts import check_part, read_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def json_fields(
    *, part: str = "whole", weights: dict[str, float] | None = None, around: float = 1.0, extra: float = 0.0
) -> Component:
    """Return the weighted share of the reference object's fields that the answer's object has right.

    Range: 0 to 1. ``weights`` names the fields that count (default: all of the reference, equally). The value is
    multiplied by ``around`` if other text is around the object, and ``extra`` is taken off for each field that the
    reference does not have. Strings are compared without case and outer space, numbers by value.
    Source: field-wise accuracy, as in slot filling; reading is strict JSON (RFC 8259, repeated keys refused).
    """
    check_part(part)
    between("around", around, 0, 1)
    between("extra", extra, 0, 1)
    for name, weight in (weights or {}).items():
        between(f"weights.{name}", weight, 0)
    if weights is not None and not sum(weights.values()) > 0:
        raise BadReward("weights: none is above 0; leave weights out, so that all fields count equally")

    def score(sample: Sample) -> float:
        wanted = sample.reference_fields()
        counted = weights if weights is not None else dict.fromkeys(wanted, 1.0)
        if not counted or not counted.keys() <= wanted.keys():
            lacking = ", ".join(sorted(counted.keys() - wanted.keys())) or "any"
            raise MissingReference(f"sample {sample.id}: reference_answer lacks {lacking}; add the field to the record")
        found = first_object(read_part(sample.answer, part))
        if found is None:
            raise UnreadableAnswer("no JSON object")
        try:
            right = compare_fields(found.value, {name: wanted[name] for name in counted})
        except RecursionError:
            raise UnreadableAnswer("a JSON object nested too deeply") from None
        share = sum(counted[name] * right[name] for name in counted) / sum(counted.values())
        surplus = len(found.value.keys() - wanted.keys())
        return min(1.0, max(0.0, share * (1.0 if found.strict else around) - extra * surplus))

    return score
