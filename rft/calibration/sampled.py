"""From the rollouts of the base model to verdicts: whether there is something to learn for it, and not too little."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from msgspec.structs import replace

from rft.calibration.grading import Answer
from rft.calibration.judging import SAME
from rft.calibration.rules import Limits, Thresholds
from rft.calibration.verdicts import SHOWN, Measure, Verdict, at_least, at_most, gravest
from rft.evaluation.ranks import spearman

SUPERVISE = (
    "supervise first ([sft] first = true in task.toml, on demonstrations or preference pairs), make prompts easier, "
    "or give partial credit"
)
SUPERVISED = (
    "the supervised job that [sft] puts first is to change that; if it does not, the stop-loss or the gate ends it"
)
BASE_ONLY = ("spread", "mixed prompts")  # measures of the model that a supervised job replaces
AUDIT = "read the answers that the graders see differently: one of them can be played, or is wrong"
SOLVED = "the task is already solved: choose harder prompts, or a grader that asks for more"


def mixed(groups: Mapping[str, Sequence[float]], limits: Limits) -> Measure:
    """Judge how many prompts have rollouts that score differently; ``groups`` are the scores by record.

    The others teach nothing: a group-relative advantage is the distance from the prompt's own mean (GRPO; Shao et al.,
    DeepSeekMath, 2024).
    """
    equal = [name for name, scores in groups.items() if max(scores) - min(scores) <= SAME]
    share = 1 - len(equal) / len(groups)
    verdict = at_least(share, limits)
    said = (
        f"the rollouts of {len(groups) - len(equal):,} of {len(groups):,} prompts score differently; the others teach "
    )
    fix = ""
    if verdict is not Verdict.PASSED:
        fix = "give partial credit, choose prompts that the base model sometimes gets right, or sample more of each"
    return Measure(
        name="mixed prompts", verdict=verdict, value=share, said=f"{said}nothing", fix=fix, records=equal[:SHOWN]
    )


def passes(scores: Sequence[float], passing: float, limits: Thresholds) -> Measure:
    """Judge whether the share of rollouts that pass leaves something to learn, and something to start from.

    A share of 0 or 1 by itself only warns: with partial credit prompts may be mixed all the same.
    """
    share = sum(score >= passing for score in scores) / len(scores)
    low, high = at_least(share, limits.passes), at_most(share, limits.solved)
    fix = SUPERVISE if low is not Verdict.PASSED else SOLVED if high is not Verdict.PASSED else ""
    return Measure(
        name="pass rate",
        verdict=gravest([low, high]),
        value=share,
        said=f"{share:.0%} of {len(scores):,} rollouts score {passing:g} or more, {fmean(scores):.3f} on average",
        fix=fix,
    )


def saturation(scores: Sequence[float], limits: Limits) -> Measure:
    """Judge whether nearly all rollouts score the same lowest or the same highest value."""
    low, high = min(scores), max(scores)
    at_low = sum(score <= low + SAME for score in scores) / len(scores)
    at_high = sum(score >= high - SAME for score in scores) / len(scores)
    share, end, name = max((at_low, low, "lowest"), (at_high, high, "highest"))
    verdict = at_most(share, limits)
    fix = ""
    if verdict is not Verdict.PASSED:
        fix = SUPERVISE if name == "lowest" else SOLVED
    said = f"{share:.0%} of {len(scores):,} rollouts have the {name} score, {end:g}"
    return Measure(name="saturation", verdict=verdict, value=share, said=said, fix=fix)


def audited(scores: Mapping[str, float], others: Mapping[str, float], limits: Limits) -> Measure:
    """Judge Spearman's rank correlation of the grader's scores and the independent grader's, by answer.

    Where all scores of one of them are equal there is none: that warns.
    """
    found = spearman(list(scores.values()), [others[name] for name in scores])
    if found is None:
        said = "one of the graders scores all answers alike, so that they cannot be compared"
        return Measure(name="independent grader", verdict=Verdict.WARNED, said=said, fix=AUDIT)
    verdict = at_least(found, limits)
    return Measure(
        name="independent grader",
        verdict=verdict,
        value=found,
        said=f"Spearman's rank correlation with the independent grader's scores is {found:+.2f}",
        fix="" if verdict is Verdict.PASSED else AUDIT,
    )


def before_supervision(
    measures: Sequence[Measure], rollouts: Mapping[str, float], right: Mapping[str, float]
) -> list[Measure]:
    """Return the measures of a base that a supervised job will replace: that its rollouts are all alike only warns.

    So it is where the grader finds a right answer better than every rollout on at least half of the records that have
    one: then it rewards what the base cannot. ``rollouts`` and ``right`` are the best scores by record.
    """
    above = [right[record] > rollouts[record] + SAME for record in right]
    if not above or sum(above) < len(above) / 2:
        return list(measures)
    return [
        replace(one, verdict=Verdict.WARNED, fix=SUPERVISED)
        if one.name in BASE_ONLY and one.verdict is Verdict.FAILED
        else one
        for one in measures
    ]


def length(rollouts: Sequence[Answer], scores: Mapping[str, float], limits: Limits) -> Measure | None:
    """Judge Spearman's rank correlation of scores and lengths in characters; None where it is not defined."""
    found = spearman([scores[one.id] for one in rollouts], [float(len(one.text)) for one in rollouts])
    if found is None:
        return None
    verdict = at_most(found, limits)
    return Measure(
        name="length",
        verdict=verdict,
        value=found,
        said=f"Spearman's rank correlation of scores and lengths is {found:+.2f}",
        fix="" if verdict is Verdict.PASSED else "see whether longer answers are better; if not, take length out of it",
    )
