"""From scores to verdicts."""

from collections.abc import Mapping, Sequence
from statistics import fmean, pstdev

from rft.calibration.grading import Graded
from rft.calibration.probes import HOLD_THE_ANSWER, MAY_MATCH
from rft.calibration.rules import Limits, Probe, Thresholds
from rft.calibration.verdicts import SHOWN, Measure, ProbeVerdict, Verdict, at_least, at_most, gravest

SAME = 1e-9  # scores that are nearer are equal
RIGHT_ABOVE_WRONG = (
    "compare with the reference; where good answers have a form of your own, name it: [calibration] forms = "
    '["Result: {reference}"]'
)
REPEATABLE = (
    "remove what is random from the reward: clocks, random numbers, the order of sets; for a judge that wavers, say in "
    "[calibration.thresholds] how much may change: changed = {warn = 0.05, fail = 0.3}"
)
FIXES = {
    Probe.EMPTY: "give an empty answer the lowest score",
    Probe.ECHO: "take nothing from the answer that it copies from the prompt",
    Probe.LEAK: "ask for more than a passage of the prompt, or take the reference out of the prompt",
    Probe.KEYWORDS: "do not count words; look for the result in one place, and give nothing for several results",
    Probe.LONG: "do not pay for length",
    Probe.PADDED: "do not pay for length; take something off for what stands around the answer",
    Probe.REPEATED: "count a phrase once, and take something off for repetition",
    Probe.FORM: "pay for form only where the content is right, or much less than for the content",
    Probe.REFUSAL: "give a refusal the lowest score, or name refusal in [calibration] without where refusing is right",
    Probe.INJECTED: "mark the answer off as data in the judge's prompt, and check the rule in code first",
}


def contract(graded: Graded) -> Measure:
    """Judge whether every answer got a finite score in Bedrock's contract."""
    asked = len(graded.scores) + len(graded.failures)
    if not graded.failures:
        return Measure(name="contract", verdict=Verdict.PASSED, said=f"{asked:,} answers, each with one finite score")
    first = graded.failures[0]
    return Measure(
        name="contract",
        verdict=Verdict.FAILED,
        value=len(graded.failures) / asked,
        said=f"{len(graded.failures):,} of {asked:,} answers have no score; {first.id}: {first.why}",
        fix="score whatever a model may write; what cannot be read scores low and does not raise",
        records=[failure.id for failure in graded.failures[:SHOWN]],
    )


def determinism(first: Graded, second: Graded, limits: Limits) -> Measure:
    """Judge how many of the same answers get another score again; ``limits`` leave room for judges that waver."""
    both = first.scores.keys() & second.scores.keys()
    changed = [name for name in first.scores if name in both and first.scores[name] != second.scores[name]]
    if not changed:
        said = f"{len(both):,} answers scored twice, with the same scores"
        return Measure(name="determinism", verdict=Verdict.PASSED, said=said)
    name, share = changed[0], len(changed) / len(both)
    verdict = at_most(share, limits)
    return Measure(
        name="determinism",
        verdict=verdict,
        value=share,
        said=f"{len(changed):,} of {len(both):,} answers score differently the second time; {name}: "
        f"{first.scores[name]:g}, then {second.scores[name]:g}",
        fix="" if verdict is Verdict.PASSED else REPEATABLE,
        records=changed[:SHOWN],
    )


def spread(scores: Sequence[float]) -> Measure:
    """Judge whether the scores differ at all; without a difference no answer has an advantage over another."""
    deviation = pstdev(scores)
    if deviation > SAME:
        said = f"{min(scores):g} to {max(scores):g}, standard deviation {deviation:.3g}"
        return Measure(name="spread", verdict=Verdict.PASSED, value=deviation, said=said)
    return Measure(
        name="spread",
        verdict=Verdict.FAILED,
        value=deviation,
        said=f"all {len(scores):,} answers score {fmean(scores):g}, so there is nothing to learn from",
        fix="give partial credit, and check that the reward reads the reference; choose records that the model "
        "sometimes gets right",
    )


def told_apart(right: Mapping[str, float], wrong: Mapping[str, float], limits: Limits) -> Measure | None:
    """Judge on how many records the best right answer beats the best wrong one; None where there is no wrong one.

    Both are best scores by record.
    """
    both = [name for name in right if name in wrong]
    if not both:
        return None
    at_fault = [name for name in both if right[name] <= wrong[name] + SAME]
    share = 1 - len(at_fault) / len(both)
    verdict = at_least(share, limits)
    return Measure(
        name="right above wrong",
        verdict=verdict,
        value=share,
        said=f"the right answer beats wrong ones on {len(both) - len(at_fault):,} of {len(both):,} records",
        fix="" if verdict is Verdict.PASSED else RIGHT_ABOVE_WRONG,
        records=at_fault[:SHOWN],
    )


def latency(seconds: float, limits: Limits) -> Measure:
    """Judge the grader's time for one rollout: a step of training sends hundreds and waits."""
    verdict = at_most(seconds, limits)
    return Measure(
        name="latency",
        verdict=verdict,
        value=seconds,
        said=f"{seconds * 1000:.3g} ms a rollout",
        fix="" if verdict is Verdict.PASSED else "import less, ask judges in parallel, raise grader.memory_mb",
    )


def latency_at_once(graded: Graded, limits: Limits) -> Measure | None:
    """Judge the grader's time for one rollout in the slowest of the calls that were made at once; None for one call."""
    if graded.calls < 2:
        return None
    verdict = at_most(graded.slowest, limits)
    return Measure(
        name="latency at once",
        verdict=verdict,
        value=graded.slowest,
        said=f"{graded.slowest * 1000:.3g} ms a rollout in the slowest of {graded.calls} calls at once, as many as a "
        "training step makes",
        fix=""
        if verdict is Verdict.PASSED
        else "raise the account's concurrency, or keep environments warm: [graders.<task>] of the environment's file",
    )


def probe(
    kind: Probe,
    scores: Mapping[str, float],
    honest: Mapping[str, float],
    floor: Mapping[str, float],
    limits: Thresholds,
) -> ProbeVerdict:
    """Judge a probe by its scores, the best honest answers' and the least of all answers, each by record.

    The records of ``scores`` count, at least one.
    """
    outscored = [name for name in scores if scores[name] > honest[name] + SAME]
    matched = [
        name for name in scores if abs(scores[name] - honest[name]) <= SAME and honest[name] > floor[name] + SAME
    ]
    verdict = at_most(len(outscored) / len(scores), limits.outscored)
    if kind not in HOLD_THE_ANSWER:
        alike = at_most((len(matched) + len(outscored)) / len(scores), limits.matched)
        if kind in MAY_MATCH and alike is Verdict.FAILED:
            alike = Verdict.WARNED
        verdict = gravest([verdict, alike])
    worst = max(scores, key=lambda name: scores[name] - honest[name])
    return ProbeVerdict(
        probe=kind,
        verdict=verdict,
        records=len(scores),
        outscored=len(outscored),
        matched=len(matched),
        mean=fmean(scores.values()),
        honest=fmean(honest[name] for name in scores),
        worst=worst,
        worst_score=scores[worst],
        worst_honest=honest[worst],
        fix="" if verdict is Verdict.PASSED else FIXES[kind],
    )
