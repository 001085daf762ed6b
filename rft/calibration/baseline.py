"""What the grader makes of the base model's rollouts and of hack probes, before anything is paid. Pure."""

from collections.abc import Iterable, Sequence
from heapq import nsmallest
from math import ceil
from statistics import fmean, pstdev

from rft.calibration import judging, sampled
from rft.calibration.grading import PER_CALL, Answer, Call, Graded, Kind, grade_all, grade_at_once
from rft.calibration.rules import CalibrationRules
from rft.calibration.trial import best_answers, extremes, judge_probes, people, probes_for, written_answers
from rft.calibration.verdicts import Measure, Report, Verdict, gravest
from rft.names import digest
from rft.schemas import Calibration, RewardModelPin

REASONS = 3  # that a refusal gives
MAX_CALLS = 16  # at once; more would say little more


def chosen_lines(lines: Iterable[bytes], count: int) -> list[bytes]:
    """Return ``count`` records of a split: the same ones whenever the split is the same, and no first ones only.

    Only the chosen ones are kept in memory.
    """
    return nsmallest(count, lines, key=lambda line: digest(line.decode()))


def calibrate(
    rollouts: Sequence[Answer],
    grade: Call,
    grade_probes: Call,
    rules: CalibrationRules,
    *,
    task: str,
    step_rollouts: int,
    audit: Call | None = None,
    reward_model: RewardModelPin | None = None,
    supervised_first: bool = False,
) -> tuple[Report, Calibration]:
    """Return what the grader makes of rollouts, of answers that records hold, and of probes, with its short form.

    Rollouts are scored twice by ``grade``, the second time in as many calls at once as a training step of
    ``step_rollouts`` rollouts makes if it fills each; all else once by ``grade_probes``. A probe is compared with the
    best of the record's rollouts and right answers; on a record without a right answer, with a rollout that passes.
    The independent grader, ``audit``, scores the rollouts once. What is known of the run's ``reward_model`` stands
    among the measures. Where a supervised job comes first (``supervised_first``), a base that always fails is only
    warned of.

    Raises:
        GraderError: or GraderBroken, the grader gave an answer no score.

    """
    first = grade_all(rollouts, grade, apart=False)
    again = grade_at_once(rollouts, grade, min(ceil(step_rollouts / PER_CALL), MAX_CALLS))
    records = list({one.of: one.record for one in rollouts}.values())
    held = [answer for answer in written_answers(records, rules) if answer.kind is not Kind.WRONG]
    scores = first.scores | grade_all(held, grade_probes, apart=False).scores
    has_right = {answer.of for answer in held if answer.kind is Kind.RIGHT}
    best = [
        answer
        for answer in best_answers([*rollouts, *held], scores)
        if answer.of in has_right or scores[answer.id] >= rules.passing
    ]
    probes = probes_for(best, rules)
    scores |= grade_all(probes, grade_probes, apart=False).scores
    everything = [*rollouts, *held, *probes]
    measures = [*_measures(rollouts, first, again, rules), *people(everything, scores, rules)]
    if supervised_first:
        asked, right = (extremes(everything, scores, (kind,), highest=True) for kind in (Kind.ROLLOUT, Kind.RIGHT))
        measures = sampled.before_supervision(measures, asked, right)
    if audit is not None:
        others = grade_all(rollouts, audit, apart=False).scores
        measures.append(sampled.audited(first.scores, others, rules.thresholds.audit))
    if reward_model is not None:
        measures.append(_learnt(reward_model))
    verdicts = judge_probes(everything, scores, rules)
    report = Report(
        task=task,
        verdict=gravest([*(one.verdict for one in measures), *(one.verdict for one in verdicts)]),
        records=len(records),
        answers=len(everything),
        left_out=len(records) - len(best),
        measures=measures,
        probes=verdicts,
    )
    return report, _short(report, [first.scores[one.id] for one in rollouts])


def refusal(report: Report) -> str | None:
    """Return why the grader cannot teach, with the fixes, or None."""
    reasons = _told(report, Verdict.FAILED)
    if not reasons:
        return None
    more = f"; and {len(reasons) - REASONS} more" if len(reasons) > REASONS else ""
    return "; ".join(reasons[:REASONS]) + more


def _measures(rollouts: Sequence[Answer], first: Graded, again: Graded, rules: CalibrationRules) -> list[Measure]:
    limits = rules.thresholds
    groups: dict[str, list[float]] = {}
    for one in rollouts:
        groups.setdefault(one.of, []).append(first.scores[one.id])
    scores = [first.scores[one.id] for one in rollouts]
    found = [
        judging.contract(first),
        judging.determinism(first, again, limits.changed),
        judging.spread(scores),
        sampled.mixed(groups, limits.mixed),
        sampled.passes(scores, rules.passing, limits),
        sampled.saturation(scores, limits.saturated),
        sampled.length(rollouts, first.scores, limits.length),
        judging.latency(first.seconds, limits.seconds),
        judging.latency_at_once(again, limits.seconds),
    ]
    return [one for one in found if one is not None]


def _learnt(pin: RewardModelPin) -> Measure:
    """Return what held-out pairs said of a reward model that was not refused: a gain that may be chance warns."""
    right, rule = pin.accuracy, max(pin.longer_wins, 1 - pin.longer_wins)
    gain = pin.gain if pin.gain is not None and pin.gain.low <= 0 else None
    return Measure(
        name="reward model",
        verdict=Verdict.WARNED if gain else Verdict.PASSED,
        fix=f"what it gains over length, {gain.mean:+.1%} (95 % interval {gain.low:+.1%} to {gain.high:+.1%}), may be "
        "chance: drop more judged pairs, or pairs of answers that are of like length"
        if gain
        else "",
        said=f"agrees with {right.mean:.1%} of {pin.tested:,} held-out pairs (95 % interval {right.low:.1%} to "
        f"{right.high:.1%}; chance 50 %, length alone {rule:.1%}); SHA-256 {pin.sha256}",
        value=right.mean,
    )


def _told(report: Report, verdict: Verdict) -> list[str]:
    said = [f"{one.name}: {one.said}; {one.fix}" for one in report.measures if one.verdict is verdict]
    for one in report.probes:
        if one.verdict is verdict:
            said.append(
                f"hack probe {one.probe} scores {one.worst_score:g} on record {one.worst}, the honest answer "
                f"{one.worst_honest:g}; {one.fix}"
            )
    return said


def _short(report: Report, scores: Sequence[float]) -> Calibration:
    values = {one.name: one.value for one in report.measures}
    return Calibration(
        prompts=report.records,
        mean=fmean(scores),
        spread=pstdev(scores),
        deterministic=next(one.verdict for one in report.measures if one.name == "determinism") is Verdict.PASSED,
        rollouts=len(scores),
        pass_rate=values["pass rate"],
        mixed=values["mixed prompts"],
        verdict=str(report.verdict),
        notes=[*_told(report, Verdict.FAILED), *_told(report, Verdict.WARNED)],
    )
