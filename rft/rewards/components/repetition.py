"""Component ``repetition``: nothing said over and over."""

from __future__ import annotations

from rft.rewards.components.checks import between
from rft.rewards.words import pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def repetition(*, n: int = 3, allowed: float = 0.2) -> Component:
    """Return 1 for an answer of which at most the share ``allowed`` of its n-grams of words repeats an earlier one.

    Range: 0 to 1, falling linearly with the share that repeats, to 0 where all do. An answer too short for an n-gram
    has 1, one without text 0. Runs without spaces are cut into pieces, so that "hahaha..." is seen.
    Source: distinct-n (Li and others, arXiv:1510.03055): distinct n-grams over all n-grams.
    """
    between("n", n, 1, 20)
    between("allowed", allowed, 0, 0.99)

    def score(sample: Sample) -> float:
        words = pieces(sample.answer)
        count = len(words) - n + 1
        if count < 1:
            return float(bool(words))
        distinct = len(set(zip(*(words[start : start + count] for start in range(n)), strict=True)))
        return min(1.0, distinct / count / (1 - allowed))

    return score
