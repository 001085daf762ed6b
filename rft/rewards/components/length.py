"""Component ``length``: neither too short nor too long."""

from __future__ import annotations

from rft.rewards.components.checks import between, one_of
from rft.rewards.errors import BadReward

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def length(*, soft: int = 0, limit: int = 0, least: int = 1, unit: str = "characters") -> Component:
    """Return 1 for an answer of ``least`` to ``soft`` characters or words, falling linearly to 0 at ``limit``.

    Range: 0 to 1. A shorter one than ``least`` has its share of it; one without text has 0.
    Source: DAPO's soft overlong punishment (Yu and others, arXiv:2503.14476, equation 13) plus 1, counted in
    ``unit``s, as a grader sees no tokens.
    """
    one_of("unit", unit, ("characters", "words"))
    between("least", least, 1)
    between("soft", soft, least)
    if limit <= soft:
        raise BadReward(f"limit: is {limit}; it must be above soft, which is {soft}")

    def score(sample: Sample) -> float:
        text = sample.answer.strip()
        size = len(text) if unit == "characters" else len(text.split())
        if size < least:
            return size / least
        return min(1.0, max(0.0, (limit - size) / (limit - soft)))

    return score
