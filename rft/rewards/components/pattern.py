"""Component ``pattern``: a regular expression, in time linear in the answer."""

from __future__ import annotations

from rft.rewards.components.checks import not_empty
from rft.rewards.errors import BadReward
from rft.rewards.parts import check_part, read_part
from rft.rewards.regex import Regex
from rft.rewards.regex_syntax import BadPattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def pattern(*, regex: str, part: str = "whole", ignore_case: bool = False, absent: bool = False) -> Component:
    r"""Return 1 if ``regex`` matches somewhere in the ``part`` of the answer, else 0; with ``absent`` the other way.

    Range: 0 or 1. ``^`` and ``$`` are start and end of the part. Look-around, back-references and ``\b`` are refused,
    as they cannot be had in linear time this way.
    Source: Thompson's simulation, see ``rft.rewards.regex``.
    """
    not_empty("regex", regex)
    check_part(part)
    try:
        compiled = Regex(regex, ignore_case=ignore_case)
    except BadPattern as error:
        raise BadReward(f"regex: {error}") from None

    def score(sample: Sample) -> float:
        return float(compiled.search(read_part(sample.answer, part)) != absent)

    return score
