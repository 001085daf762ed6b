"""EvaluateBatch: baseline, champion and candidate answer the same held-out prompts; the run's grader scores them."""

from typing import Any

import msgspec

from rft.aws import objects
from rft.aws.asking import Answer, ask_all
from rft.aws.environment import Surroundings
from rft.aws.grader import invoke_grader
from rft.aws.scores import is_written, scores_key
from rft.aws.step import Call, step
from rft.aws.tasks import packaged_tasks
from rft.errors import EvaluationIncomplete
from rft.evaluation.answers import converse_request, read_records
from rft.evaluation.plan import Batch
from rft.evaluation.scoring import grader_event, read_scores
from rft.keys import Phase, Role, Split, State
from rft.schemas import Run, Score
from rft.tasks import Task

AUDITED = (Role.BASELINE, Role.CANDIDATE)


@step(State.EVALUATE_BATCH)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Write the scores of one batch, once; return how many records it has."""
    batch = msgspec.convert(call.event["batch"], Batch)
    key = scores_key(run, batch.batch)
    if not is_written(call.here.artefacts_bucket, key):
        objects.put_json_lines(call.here.artefacts_bucket, key, _evaluate_or_say(run, batch, call))
    return {"batch": batch.batch, "records": batch.records}


def _evaluate_or_say(run: Run, batch: Batch, call: Call) -> list[Score]:
    """Note on the run why a batch failed: the Map state that it fails only counts its children."""
    try:
        return _evaluate(run, batch, call)
    except Exception as error:
        call.store.update(run.run_id, message=f"{type(error).__name__} in batch {batch.batch}: {error}")
        raise


def _evaluate(run: Run, batch: Batch, call: Call) -> list[Score]:
    records = _records(run, batch, call.here)
    task = packaged_tasks()[run.task]
    models = _models(run, task)
    requests = [
        converse_request(record, model_id=model_id, inference=task.inference)
        for model_id in models.values()
        for record in records
    ]
    answers = ask_all(requests, lambda: call.context.get_remaining_time_in_millis() / 1000)
    scored: dict[str, dict[str, float]] = {record["id"]: {} for record in records}
    audited: dict[str, dict[str, float]] = {record["id"]: {} for record in records}
    seconds = dict.fromkeys(scored, 0.0)
    for place, model in enumerate(models):
        mine = answers[place * len(records) : (place + 1) * len(records)]
        for identity, score in _grade(run, records, mine, Phase.EVALUATION).items():
            scored[identity][model] = score
        if task.audit is not None and model in AUDITED:
            for identity, score in _grade(run, records, mine, Phase.AUDIT).items():
                audited[identity][model] = score
        for record, answer in zip(records, mine, strict=True):
            seconds[record["id"]] += answer.seconds
    meaning = run.grader.meaning if run.grader else ""
    return [
        Score(id=identity, scores=scores, audited=audited[identity], seconds=seconds[identity], grader=meaning)
        for identity, scores in scored.items()
    ]


def _records(run: Run, batch: Batch, here: Surroundings) -> list[dict[str, Any]]:
    if run.dataset is None:
        raise ValueError(f"{run.run_id} has no dataset version yet")
    split = run.dataset.splits[Split.TEST]
    records = read_records(objects.get_range(run.dataset.bucket, split.key, batch.start, batch.end))
    if len(records) != batch.records:
        raise EvaluationIncomplete(
            f"batch {batch.batch} of {split.key} has {len(records)} records, the plan says {batch.records}; "
            "the split has changed since it was planned: start the run again"
        )
    return records


def _models(run: Run, task: Task) -> dict[str, str]:
    """Return whom to ask: role to modelId. The champion is asked on demand, however it serves."""
    if run.candidate is None or not run.candidate.active:
        raise ValueError(f"{run.run_id} has no candidate that answers")
    models = {Role.BASELINE: task.model.baseline_inference_id, Role.CANDIDATE: run.candidate.arn}
    if run.previous_champion is not None:
        models[Role.CHAMPION] = run.previous_champion.deployment_arn
    return {str(role): model_id for role, model_id in models.items()}


def _grade(run: Run, records: list[dict[str, Any]], answers: list[Answer], phase: Phase) -> dict[str, float]:
    if run.grader is None:
        raise ValueError(f"{run.run_id} has no grader yet")
    event = grader_event(records, [answer.text for answer in answers])
    return read_scores(event, invoke_grader(run.grader.alias_arn, event, phase))
