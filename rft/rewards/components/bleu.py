"""Component ``bleu``: how exactly the answer says what references say, in runs of words."""

from __future__ import annotations

from rft.rewards.components.texts import texts_of
from rft.rewards.errors import BadReward
from rft.rewards.parts import check_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def bleu(*, part: str = "whole", key: str = "", ignore_case: bool = False) -> Component:
    """Return BLEU of the answer against all references: precision of runs of 1 to 4 words, less what is too short.

    Range: 0 to 1. For a single text: orders longer than it are left out, and an order without a match is smoothed
    exponentially. Of an answer, 20,000 characters count.
    Source: Papineni and others, ACL 2002, as sacrebleu computes it (Post 2018, arXiv:1804.08771; tokenizer 13a).

    Raises:
        BadReward: a wrong setting, or sacrebleu is not installed.

    """
    check_part(part)
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError:
        raise BadReward("kind: bleu needs sacrebleu; set text_metrics = true in [grader], here `make setup`") from None
    metric = BLEU(effective_order=True, lowercase=ignore_case)

    def score(sample: Sample) -> float:
        answer, references = texts_of(sample, part, key)
        return min(metric.sentence_score(answer, references).score / 100, 1.0)

    return score
