"""The baseline's answers through the deployed grader: contract, determinism, spread."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rft.aws.grader import invoke_grader
from rft.aws.models import converse
from rft.aws.objects import read_lines
from rft.aws.step import Call, step
from rft.aws.tasks import packaged_tasks
from rft.calibration.baseline import chosen_lines, judge, problem
from rft.errors import GraderBroken
from rft.evaluation.answers import answer_text, converse_request, read_records
from rft.evaluation.scoring import grader_event, read_scores
from rft.keys import Phase, Split, State
from rft.schemas import Dataset, GraderPin, Run
from rft.tasks import Task

PARALLEL = 8


@step(State.CALIBRATE)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Record what the grader makes of the baseline; raise GraderBroken if it cannot teach."""
    if run.dataset is None or run.grader is None:
        raise ValueError(f"{run.run_id} has no dataset version or no grader yet")
    event = _rollouts(packaged_tasks()[run.task], run.dataset, call.here.settings.workflow.calibration_prompts)
    first, second = (_scores(run.grader, event) for _ in range(2))
    calibration = judge(first, second)
    call.store.update(run.run_id, calibration=calibration)
    refusal = problem(calibration)
    if refusal:
        raise GraderBroken(refusal)
    return {"mean": calibration.mean, "spread": calibration.spread}


def _rollouts(task: Task, dataset: Dataset, count: int) -> list[dict[str, Any]]:
    lines = chosen_lines(read_lines(dataset.bucket, dataset.splits[Split.TRAIN].key), count)
    records = read_records(b"".join(lines))
    model = task.model.baseline_inference_id

    def ask(record: dict[str, Any]) -> str:
        return answer_text(converse(converse_request(record, model_id=model, inference=task.inference)))

    with ThreadPoolExecutor(PARALLEL) as pool:
        return grader_event(records, list(pool.map(ask, records)))


def _scores(grader: GraderPin, event: list[dict[str, Any]]) -> list[float]:
    scores = read_scores(event, invoke_grader(grader.alias_arn, event, Phase.CALIBRATION))
    return [scores[item["id"]] for item in event]
