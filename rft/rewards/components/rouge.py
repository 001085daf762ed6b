"""Component ``rouge``: how much of a reference text the answer says, in words or in their order."""

from __future__ import annotations

import re
from collections import Counter

from rft.rewards.components.checks import one_of
from rft.rewards.components.texts import texts_of
from rft.rewards.errors import BadReward
from rft.rewards.parts import check_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from rft.rewards.components import Component
    from rft.rewards.sample import Sample

VARIANTS = ("l", "1", "2", "3")
_WORD = re.compile(r"[^\W_]+")


def rouge(*, part: str = "whole", key: str = "", variant: str = "l") -> Component:
    """Return ROUGE's F1 of the answer and the best reference: ``l`` by the longest common subsequence of words.

    Range: 0 to 1. ``1`` to ``3`` compare n-grams of so many words, each as often as it is there. Words are runs of
    letters and digits in lower case, without stemming. Of an answer, 20,000 characters count.
    Source: Lin, ROUGE, ACL workshop 2004; the subsequence by rapidfuzz.

    Raises:
        BadReward: a wrong setting, or rapidfuzz is not installed.

    """
    check_part(part)
    one_of("variant", variant, VARIANTS)
    try:
        from rapidfuzz.distance import LCSseq
    except ImportError:
        raise BadReward("kind: rouge needs rapidfuzz; set text_metrics = true in [grader], here `make setup`") from None

    def common(found: list[str], wanted: list[str]) -> float:
        return _f1(LCSseq.similarity(found, wanted), len(found), len(wanted))

    def score(sample: Sample) -> float:
        answer, references = texts_of(sample, part, key)
        found = _WORD.findall(answer.lower())
        compare = common if variant == "l" else _overlap(int(variant))
        return max(compare(found, _WORD.findall(reference.lower())) for reference in references)

    return score


def _overlap(n: int) -> Callable[[list[str], list[str]], float]:
    def grams(words: list[str]) -> Counter[tuple[str, ...]]:
        return Counter(zip(*(words[start:] for start in range(n)), strict=False))

    def compare(found: list[str], wanted: list[str]) -> float:
        first, second = grams(found), grams(wanted)
        return _f1((first & second).total(), first.total(), second.total())

    return compare


def _f1(common: float, found: int, wanted: int) -> float:
    return 2 * common / (found + wanted) if found + wanted else 0.0
