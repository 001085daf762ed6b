"""Component ``chrf``: how alike answer and reference are in their characters."""

from __future__ import annotations

from rft.rewards.components.checks import between
from rft.rewards.components.texts import texts_of
from rft.rewards.errors import BadReward
from rft.rewards.parts import check_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def chrf(*, part: str = "whole", key: str = "", words: int = 0, beta: int = 2) -> Component:
    """Return chrF of the answer and the best reference: F-score of n-grams of 1 to 6 characters.

    Range: 0 to 1. ``words`` is up to how many words n-grams of words count as well; 2 is chrF++. Recall weighs
    ``beta`` times as much as precision. Of an answer, 20,000 characters count.
    Source: Popović, chrF, WMT 2015, and chrF++, WMT 2017, as sacrebleu computes them (Post 2018, arXiv:1804.08771).

    Raises:
        BadReward: a wrong setting, or sacrebleu is not installed.

    """
    check_part(part)
    between("words", words, 0, 4)
    between("beta", beta, 1, 10)
    try:
        from sacrebleu.metrics.chrf import CHRF
    except ImportError:
        raise BadReward("kind: chrf needs sacrebleu; set text_metrics = true in [grader], here `make setup`") from None
    metric = CHRF(word_order=words, beta=beta)

    def score(sample: Sample) -> float:
        answer, references = texts_of(sample, part, key)
        return min(float(metric.sentence_score(answer, references).score) / 100, 1.0)

    return score
