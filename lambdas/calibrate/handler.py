"""Golden samples, rollouts of the base model and hack probes through the deployed grader, before anything is paid."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec.structs import replace

from rft.aws import objects
from rft.aws.golden import check_golden
from rft.aws.grader import invoke_grader
from rft.aws.models import converse
from rft.aws.step import Call, step
from rft.aws.tasks import packaged_tasks
from rft.calibration import grading
from rft.calibration.baseline import calibrate, chosen_lines, refusal
from rft.calibration.grading import Answer, Kind
from rft.calibration.trial import NothingHonest
from rft.calibration.verdicts import Verdict
from rft.errors import GraderBroken, GraderDrifted
from rft.evaluation.answers import answer_text, converse_request, read_records
from rft.golden.comparing import drift_words
from rft.judges import asks_bedrock
from rft.keys import CALIBRATION_REPORT, REHEARSAL_REPORT, Phase, Split, State, artefact_key
from rft.rehearsal.behaviours import payoffs
from rft.rehearsal.playing import Rehearsal, play
from rft.schemas import Calibration, Dataset, GraderPin, Run
from rft.tasks import Task

PARALLEL = 8


@step(State.CALIBRATE)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Record what the grader makes of golden samples and of the base model's rollouts.

    Raises:
        GraderDrifted: it gives golden samples other scores than the recorded ones.
        GraderBroken: it cannot teach.

    """
    if run.dataset is None or run.grader is None:
        raise ValueError(f"{run.run_id} has no dataset version or no grader yet")
    task = packaged_tasks()[run.task]
    _check_golden(run, run.grader, task, call)
    rollouts, probing = _rollouts(task, run.dataset), _grader(run.grader, Phase.PROBES)
    report, short = calibrate(
        rollouts,
        _grader(run.grader, Phase.CALIBRATION),
        probing,
        task.calibration,
        task=task.name,
        step_rollouts=task.hyperparameters.batch_size * task.hyperparameters.training_sample_per_prompt,
        audit=_grader(run.grader, Phase.AUDIT) if task.audit is not None else None,
        reward_model=run.grader.reward_model,
        supervised_first=task.sft.first,
    )
    key = artefact_key(run.run_id, CALIBRATION_REPORT)
    objects.put_json(call.here.artefacts_bucket, key, report)
    short = replace(short, report_key=key)
    call.store.update(run.run_id, calibration=short)
    if why := refusal(report):
        raise GraderBroken(why)
    if played := _rehearsal(task, rollouts, probing, short):
        objects.put_json(call.here.artefacts_bucket, artefact_key(run.run_id, REHEARSAL_REPORT), played)
        notes = [
            *short.notes,
            *([] if played.verdict is Verdict.PASSED else [f"rehearsal: {played.said}; {played.fix}"]),
        ]
        call.store.update(run.run_id, calibration=replace(short, rehearsal=str(played.verdict), notes=notes))
    return {"mean": short.mean, "spread": short.spread, "verdict": short.verdict}


def _check_golden(run: Run, grader: GraderPin, task: Task, call: Call) -> None:
    """Score the golden samples first: nothing that a changed grader says may be compared with what it said before."""
    found = check_golden(task, grader.alias_arn)
    if found is None or task.golden is None:
        return
    pin = replace(grader, golden=found.fingerprint, asks=asks_bedrock(task)) if found.inside else grader
    call.store.update(run.run_id, golden=found, grader=pin)
    if not found.inside:
        raise GraderDrifted(drift_words(task.name, found, task.golden))


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


def _rehearsal(task: Task, rollouts: list[Answer], call: grading.Call, found: Calibration) -> Rehearsal | None:
    """Return how a small policy learns that is as able as the base model was; None without right answers to play with.

    It advises and refuses nothing: what wins in a table of behaviours need not win in a language model.
    """
    records = list({one.of: one.record for one in rollouts}.values())
    try:
        pays = payoffs(records, call, task.calibration, apart=False)
    except NothingHonest:
        return None
    ability = task.rehearsal.ability if found.pass_rate is None else found.pass_rate
    return play(pays, replace(task.rehearsal, ability=ability))


def _grader(grader: GraderPin, phase: Phase) -> grading.Call:
    return lambda event: invoke_grader(grader.alias_arn, event, phase)
