"""Gate: the paired difference with its confidence interval decides whether the candidate may serve."""

from typing import Any

from msgspec.structs import replace

from rft.aws import objects
from rft.aws.metrics import emit
from rft.aws.scores import RESULT, read_scores
from rft.aws.step import Call, step
from rft.aws.tasks import packaged_tasks
from rft.evaluation.gate import decide, other_grader
from rft.keys import Metric, Role, Split, State, artefact_key
from rft.schemas import Run


@step(State.GATE)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Record result and decision; return whether to promote. Raises EvaluationIncomplete if scores are missing."""
    if run.dataset is None:
        raise ValueError(f"{run.run_id} has no dataset version yet")
    meaning = run.grader.meaning if run.grader else ""
    result, decision = decide(
        read_scores(call.here.artefacts_bucket, run),
        packaged_tasks()[run.task].gate,
        expected_records=run.dataset.splits[Split.TEST].records,
        grader=meaning,
    )
    decision = replace(decision, reasons=[*decision.reasons, *other_grader(run.previous_champion, meaning)])
    objects.put_json(
        call.here.artefacts_bucket,
        artefact_key(run.run_id, RESULT),
        {"evaluation": result, "decision": decision},
    )
    call.store.update(run.run_id, evaluation=result, decision=decision)
    emit(
        {
            Metric.BASELINE_REWARD: result.models[Role.BASELINE].mean,
            Metric.CANDIDATE_REWARD: result.models[Role.CANDIDATE].mean,
            Metric.REWARD_GAIN: result.gains[Role.BASELINE].mean,
        },
        task=run.task,
        grader=meaning or None,
    )
    return {"promote": decision.promote}
