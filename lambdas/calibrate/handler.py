"""Rollouts of the base model and hack probes through the deployed grader, before anything is paid."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec.structs import replace

from rft.aws import objects
from rft.aws.grader import invoke_grader
from rft.aws.models import converse
from rft.aws.step import Call, step
from rft.aws.tasks import packaged_tasks
from rft.calibration import grading
from rft.calibration.baseline import calibrate, chosen_lines, refusal
from rft.calibration.grading import Answer, Kind
from rft.errors import GraderBroken
from rft.evaluation.answers import answer_text, converse_request, read_records
from rft.keys import CALIBRATION_REPORT, Phase, Split, State, artefact_key
from rft.schemas import Dataset, GraderPin, Run
from rft.tasks import Task

PARALLEL = 8


@step(State.CALIBRATE)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Record what the grader makes of the base model's rollouts; raise GraderBroken if it cannot teach."""
    if run.dataset is None or run.grader is None:
        raise ValueError(f"{run.run_id} has no dataset version or no grader yet")
    task = packaged_tasks()[run.task]
    report, short = calibrate(
        _rollouts(task, run.dataset),
        _grader(run.grader, Phase.CALIBRATION),
        _grader(run.grader, Phase.PROBES),
        task.calibration,
        task=task.name,
        scale=(task.data.scale.low, task.data.scale.high),
    )
    key = artefact_key(run.run_id, CALIBRATION_REPORT)
    objects.put_json(call.here.artefacts_bucket, key, report)
    call.store.update(run.run_id, calibration=replace(short, report_key=key))
    if why := refusal(report):
        raise GraderBroken(why)
    return {"mean": short.mean, "spread": short.spread, "verdict": short.verdict}


def _rollouts(task: Task, dataset: Dataset) -> list[Answer]:
    rules = task.calibration
    lines = chosen_lines(objects.read_lines(dataset.bucket, dataset.splits[Split.TRAIN].key), rules.prompts)
    inference = replace(task.inference, temperature=rules.temperature)
    asked = [record for record in read_records(b"".join(lines)) for _ in range(rules.samples)]

    def ask(record: dict[str, Any]) -> str:
        request = converse_request(record, model_id=task.model.baseline_inference_id, inference=inference)
        return answer_text(converse(request))

    with ThreadPoolExecutor(PARALLEL) as pool:
        texts = list(pool.map(ask, asked))
    return [
        Answer(record=record, kind=Kind.ROLLOUT, name=str(place % rules.samples + 1), text=text)
        for place, (record, text) in enumerate(zip(asked, texts, strict=True))
    ]


def _grader(grader: GraderPin, phase: Phase) -> grading.Call:
    return lambda event: invoke_grader(grader.alias_arn, event, phase)
