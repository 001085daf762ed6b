"""The gate: whether the candidate may serve, by paired differences with their confidence intervals."""

from collections.abc import Sequence
from math import isfinite
from typing import Final

from rft.errors import EvaluationIncomplete
from rft.evaluation.statistics import mean_interval, paired_difference
from rft.interval import Interval
from rft.schemas import Champion, Decision, EvaluationResult, Score
from rft.tasks import GateRule

BASELINE: Final = "baseline"
CHAMPION: Final = "champion"
CANDIDATE: Final = "candidate"


def decide(
    scores: Sequence[Score], rule: GateRule, *, expected_records: int, grader: str = ""
) -> tuple[EvaluationResult, Decision]:
    """Compare the models and decide.

    The candidate is promoted if the interval of candidate minus baseline lies above ``min_gain`` and, where a champion
    was asked, that of candidate minus champion lies above ``champion_margin``, and where the task has an independent
    grader, its interval of candidate minus baseline above ``audit_min_gain``. The order of ``scores`` does not matter.
    ``grader`` is the meaning that all scores must have, see ``GraderPin``; scores of before there were any pass.

    Raises:
        EvaluationIncomplete: a record or a model's score is missing, a record is scored twice, or by another grader.

    """
    models = _check(scores, expected_records, grader)
    ordered = sorted(scores, key=lambda score: score.id)
    columns = {model: [score.scores[model] for score in ordered] for model in models}
    result = EvaluationResult(
        records=len(ordered),
        confidence=rule.confidence,
        models={model: mean_interval(values, rule.confidence) for model, values in columns.items()},
        gains={
            model: paired_difference(columns[CANDIDATE], columns[model], rule.confidence)
            for model in models
            if model != CANDIDATE
        },
        audited_gain=_audited(ordered, rule),
        grader=grader,
    )
    return result, _decide(result, rule)


def _audited(scores: Sequence[Score], rule: GateRule) -> Interval | None:
    if not any(score.audited for score in scores):
        return None
    if missing := [score.id for score in scores if {BASELINE, CANDIDATE} - set(score.audited)]:
        raise EvaluationIncomplete(f"record {missing[0]} has no scores of the independent grader; others have")
    columns = {model: [score.audited[model] for score in scores] for model in (BASELINE, CANDIDATE)}
    return paired_difference(columns[CANDIDATE], columns[BASELINE], rule.confidence)


def other_grader(champion: Champion | None, grader: str) -> list[str]:
    """Return a note for people where the champion was chosen by scores of another meaning; else nothing."""
    if champion is None or champion.grader in ("", grader):
        return []
    return [
        f"the champion was promoted by scores of another grader ({champion.grader}, now {grader}), which are not to be "
        "compared with these; here all models are scored anew"
    ]


def _check(scores: Sequence[Score], expected: int, grader: str) -> list[str]:
    """Return the models, after a look at whether each of them has a score for each record."""
    names = {score.id for score in scores}
    if len(names) < len(scores):
        raise EvaluationIncomplete(f"{len(scores) - len(names)} records are scored twice; run the evaluation again")
    if len(scores) != expected or expected < 2:
        raise EvaluationIncomplete(
            f"{len(scores)} of {expected} held-out records have scores, and at least 2 are needed"
        )
    if strange := sorted({score.grader for score in scores} - {"", grader}):
        raise EvaluationIncomplete(
            f"scores of different graders cannot be compared: the run's is {grader}, and some records were scored by "
            f"{', '.join(strange)}; drop the file again"
        )
    models = sorted(scores[0].scores)
    if missing := {BASELINE, CANDIDATE} - set(models):
        raise EvaluationIncomplete(f"no scores of the {' and '.join(sorted(missing))}")
    for score in scores:
        if not all(isfinite(value) for value in score.scores.values()):
            raise EvaluationIncomplete(f"record {score.id} has a score that is not finite; the grader is at fault")
        if sorted(score.scores) != models:
            raise EvaluationIncomplete(f"record {score.id} has scores of {sorted(score.scores)}, others of {models}")
    return models


def _decide(result: EvaluationResult, rule: GateRule) -> Decision:
    if result.records < rule.min_records:
        reason = f"{result.records} held-out records are too few: the gate needs {rule.min_records}"
        return Decision(promote=False, reasons=[reason])
    margins = {BASELINE: ("min_gain", rule.min_gain), CHAMPION: ("champion_margin", rule.champion_margin)}
    passed, reasons = [], []
    for model, (name, margin) in margins.items():
        if model not in result.gains:
            continue
        gain = result.gains[model]
        passed.append(gain.low > margin)
        reasons.append(
            f"candidate {result.models[CANDIDATE].mean:.3f}, {model} {result.models[model].mean:.3f} on "
            f"{result.records} records: {_words(gain, result.confidence)} "
            f"{'lies above' if gain.low > margin else 'does not lie above'} {name} {margin:.3f}"
        )
    if (audited := result.audited_gain) is not None:
        passed.append(audited.low > rule.audit_min_gain)
        reasons.append(
            f"by the independent grader {_words(audited, result.confidence)} "
            f"{'lies above' if passed[-1] else 'does not lie above'} audit_min_gain {rule.audit_min_gain:.3f}"
        )
    return Decision(promote=all(passed), reasons=reasons)


def _words(gain: Interval, confidence: float) -> str:
    return f"the gain {gain.mean:+.3f} with its {confidence:.0%} interval {gain.low:+.3f} to {gain.high:+.3f}"
