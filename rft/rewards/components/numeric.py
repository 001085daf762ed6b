"""Component ``numeric``: the same number, within a tolerance."""

from __future__ import annotations

from decimal import Decimal

from rft.rewards.components.checks import between, one_of
from rft.rewards.errors import BadReward, MissingReference, UnreadableAnswer
from rft.rewards.numbers import final_number, only_number
from rft.rewards.parts import check_part, read_part, references
from rft.rewards.units import UNITS, factor, unit_behind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def numeric(
    *,
    part: str = "whole",
    key: str = "",
    absolute: float = 0.0,
    relative: float = 0.0,
    unit: str = "",
    unit_required: bool = False,
) -> Component:
    r"""Return 1 if the answer's result is one of the references within ``absolute`` or ``relative`` tolerance, else 0.

    Range: 0 or 1. The result is what a ``####`` line, ``\boxed{}``, "answer is" or, without them, the last number
    gives. With units on both sides the answer is converted; ``unit`` is that of references that name none. An answer
    without a unit is read in the reference's, unless ``unit_required``.
    Source: the tolerances are those of ``math.isclose``, the relative one taken of the reference.
    """
    check_part(part)
    between("absolute", absolute, 0)
    between("relative", relative, 0, 1)
    if unit:
        one_of("unit", unit, UNITS)
    if unit_required and not unit:
        raise BadReward("unit_required: give unit as well, that of references that name none")
    near, share = Decimal(repr(absolute)), Decimal(repr(relative))

    def score(sample: Sample) -> float:
        wanted = [number for text in references(sample, key) if (number := only_number(text)) is not None]
        if not wanted:
            raise MissingReference(f"sample {sample.id}: reference_answer {sample.reference!r:.80} is no number")
        found = final_number(read_part(sample.answer, part))
        if found is None:
            raise UnreadableAnswer("no number, or several that contradict each other")
        own = unit_behind(found.after)
        if unit_required and not own:
            return 0.0
        for number in wanted:
            into = unit_behind(number.after) or unit
            times = factor(own, into) if own and into else Decimal(1)
            if times is None:
                continue
            value = found.value if times == 1 else found.value * times
            if abs(value - number.value) <= max(near, share * abs(number.value)):
                return 1.0
        return 0.0

    return score
