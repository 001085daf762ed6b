"""Component ``normalised``: the same words."""

from __future__ import annotations

from rft.rewards.parts import check_part, read_part, references
from rft.rewards.words import normalise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def normalised(*, part: str = "whole", key: str = "") -> Component:
    """Return 1 if the ``part`` of the answer is one of the references after normalisation, else 0.

    Range: 0 or 1. Case, punctuation, English articles and spaces do not count; numbers stay whole.
    Source: exact match of SQuAD (arXiv:1606.05250), see ``rft.rewards.words``.
    """
    check_part(part)

    def score(sample: Sample) -> float:
        wanted = references(sample, key)
        text = read_part(sample.answer, part)
        found = normalise(text)
        # A reference of nothing but articles or punctuation, such as "A" or "+", is compared as it is.
        return float(any(found == normal if (normal := normalise(one)) else text == one for one in wanted))

    return score
