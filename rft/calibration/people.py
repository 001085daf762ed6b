"""How far scores agree with what people said of answers: preferences, ratings, and what is good enough."""

from collections.abc import Mapping, Sequence

from rft.calibration.rules import Limits
from rft.calibration.verdicts import SHOWN, Measure, Verdict, at_least
from rft.evaluation.agreement import cohen_kappa
from rft.evaluation.ranks import spearman
from rft.evaluation.statistics import wilson_interval


def preferences(pairs: Mapping[str, tuple[float, float]], limits: Limits) -> Measure | None:
    """Judge how often the score of the answer that people chose is above that of the rejected one; None without pairs.

    A tie of scores counts as half. The interval is Wilson's at 95 %.
    """
    if not pairs:
        return None
    hits = sum(1.0 if chosen > rejected else 0.5 if chosen == rejected else 0.0 for chosen, rejected in pairs.values())
    share = hits / len(pairs)
    interval = wilson_interval(int(hits), len(pairs), 0.95)
    verdict = at_least(share, limits)
    return Measure(
        name="human preferences",
        verdict=verdict,
        value=share,
        said=f"agrees with {share:.0%} of {len(pairs):,} preferences (95 % interval {interval.low:.0%} to "
        f"{interval.high:.0%}; chance 50 %)",
        fix="" if verdict is Verdict.PASSED else "read the pairs that it gets wrong; train a reward model",
        records=[name for name, (chosen, rejected) in pairs.items() if chosen < rejected][:SHOWN],
    )


def ratings(pairs: Sequence[tuple[float, float]], limits: Limits) -> Measure | None:
    """Judge Spearman's rank correlation of scores and human ratings; None where it is not defined."""
    found = spearman([score for score, _ in pairs], [rating for _, rating in pairs])
    if found is None:
        return None
    verdict = at_least(found, limits)
    return Measure(
        name="human ratings",
        verdict=verdict,
        value=found,
        said=f"Spearman's rank correlation with {len(pairs):,} ratings is {found:+.2f}",
        fix="" if verdict is Verdict.PASSED else "read answers that people and grader see differently",
    )


def human_verdicts(pairs: Sequence[tuple[bool, bool]], limits: Limits) -> Measure | None:
    """Judge Cohen's kappa of what passes with the grader and with people; None where it is not defined.

    Rank correlation does not see a passing score in the wrong place; this does.
    """
    found = cohen_kappa(pairs)
    if found is None:
        return None
    verdict = at_least(found, limits)
    agreed = sum(ours == theirs for ours, theirs in pairs)
    return Measure(
        name="human verdicts",
        verdict=verdict,
        value=found,
        said=f"grader and people agree on {agreed:,} of {len(pairs):,} answers whether they are good; Cohen's kappa "
        f"{found:+.2f} (0 is chance)",
        fix=""
        if verdict is Verdict.PASSED
        else "set [calibration] passing to the score from which on answers are good",
    )
