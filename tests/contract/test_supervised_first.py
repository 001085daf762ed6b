"""Supervised first: two jobs in one slot, each launched once, the second on the first one's model."""

import json
from datetime import timedelta
from typing import Any

import pytest

from rft import clock
from rft.aws.erasure import trained_on
from rft.datasets.items import Shape
from rft.errors import BaseRefused, TooFewDemonstrations, TrainingFailed, TrainingStopped, TrainingTooLong
from rft.keys import JobStatus, Step, Tag
from tests.contract.launching import LaunchWorld
from tests.contract.supervising import SHOWN, in_supervised, supervise, supervised_job

CREATE = "CreateModelCustomizationJob"
BASE = "amazon.nova-2-lite-v1:0:256k"
SAYS_NO = "The custom model does not support REINFORCEMENT_FINE_TUNING"


def go(launch: LaunchWorld, step: Step, run_id: str = "arithmetic-1", **event: Any) -> dict[str, Any]:
    return launch.invoke(step, run_id=run_id, **event)


def completed(launch: LaunchWorld, run_id: str = "arithmetic-1", **options: Any) -> str:
    """Have a run whose supervised job has completed and been looked at; return its model."""
    job = in_supervised(launch, run_id, **options)
    launch.end(job, "Completed", hours=0.05)
    go(launch, Step.CHECK_TRAINING, run_id)
    assert job.model_arn
    return job.model_arn


def test_the_supervised_job_comes_first_and_its_model_is_the_base_of_the_other(launch: LaunchWorld) -> None:
    supervise(launch, epochs=3, learning_rate=5e-5, warmup_steps=0)
    job = in_supervised(launch)
    assert go(launch, Step.LAUNCH_TRAINING) == {"job": job.name, "completed": False}
    run = launch.run()
    assert run.supervised
    assert (run.job, run.supervised.demonstrations, run.supervised.left_out) == (None, SHOWN, 0)
    [sent] = launch.made(CREATE)
    assert (sent["customizationType"], sent["baseModelIdentifier"]) == ("FINE_TUNING", BASE)
    assert sent["hyperParameters"] == {"epochCount": "3", "learningRate": "0.00005", "learningRateWarmupSteps": "0"}
    assert not {"customizationConfig", "validationDataConfig"} & set(sent)
    assert {tag["key"]: tag["value"] for tag in sent["jobTags"]}[Tag.RUN] == "arithmetic-1"

    launch.end(job, "Completed", hours=0.05)
    assert go(launch, Step.CHECK_TRAINING) == {"completed": False, "status": "Completed", "model_arn": job.model_arn}
    assert launch.store.slot_owner(0) == "arithmetic-1"
    assert go(launch, Step.LAUNCH_TRAINING)["completed"] is False
    assert go(launch, Step.LAUNCH_TRAINING)["completed"] is False
    _, second = launch.made(CREATE)
    assert (second["customizationType"], second["baseModelIdentifier"]) == ("REINFORCEMENT_FINE_TUNING", job.model_arn)

    launch.end(launch.job(), "Completed", hours=0.05)
    assert go(launch, Step.CHECK_TRAINING)["completed"] is True
    assert launch.store.slot_owner(0) is None
    assert launch.job().name != job.name


@pytest.mark.parametrize("shape", [Shape.DEMONSTRATIONS, Shape.PREFERENCES])
def test_the_file_is_what_bedrock_takes_and_lies_beside_the_splits(launch: LaunchWorld, shape: Shape) -> None:
    supervise(launch, shape=shape)
    in_supervised(launch)
    [sent] = launch.made(CREATE)
    key = sent["trainingDataConfig"]["s3Uri"].removeprefix("s3://")
    assert key.startswith("datasets-bucket/datasets/arithmetic/abc123/demonstrations-")
    lines = launch.objects[key].splitlines()
    assert len(lines) == SHOWN
    assert json.loads(lines[7]) == {
        "schemaVersion": "bedrock-conversation-2024",
        "system": [{"text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [{"text": "What is 7?"}]},
            {"role": "assistant", "content": [{"text": "#### 7"}]},
        ],
    }


@pytest.mark.parametrize(("shown", "shape"), [(99, Shape.DEMONSTRATIONS), (120, Shape.PROMPTS)])
def test_too_little_to_imitate_launches_nothing(launch: LaunchWorld, shown: int, shape: Shape) -> None:
    supervise(launch, shown=shown, shape=shape)
    launch.ready()
    with pytest.raises(TooFewDemonstrations, match=r"abc123: the train split shows \d+ answers .* first = false"):
        go(launch, Step.LAUNCH_TRAINING)
    assert not launch.made(CREATE)


@pytest.mark.parametrize("unlisted", [0, 1])
def test_a_step_that_died_before_writing_finds_its_own_jobs(launch: LaunchWorld, unlisted: int) -> None:
    supervise(launch)
    model = completed(launch)
    launch.store.update("arithmetic-1", supervised=None)
    launch.unlisted = unlisted
    go(launch, Step.LAUNCH_TRAINING)
    go(launch, Step.LAUNCH_TRAINING)
    run = launch.run()
    assert run.supervised
    assert run.supervised.job.reused is False
    launch.store.update("arithmetic-1", job=None)
    go(launch, Step.LAUNCH_TRAINING)
    assert len({request["jobName"] for request in launch.made(CREATE)}) == 2
    assert [r["baseModelIdentifier"] for r in launch.made(CREATE)][-1] == model


def test_its_own_supervised_job_is_told_by_its_tag(launch: LaunchWorld) -> None:
    supervise(launch)
    in_supervised(launch)
    launch.store.update("arithmetic-1", supervised=None)
    go(launch, Step.LAUNCH_TRAINING)
    launch.ready("arithmetic-2")
    go(launch, Step.LAUNCH_TRAINING, "arithmetic-2")
    own, joined = launch.run().supervised, launch.run("arithmetic-2").supervised
    assert own
    assert joined
    assert (own.job.reused, joined.job.reused, own.job.arn) == (False, True, joined.job.arn)


def test_the_jobs_event_wakes_the_runs_of_its_phase(launch: LaunchWorld) -> None:
    supervise(launch)
    job = in_supervised(launch)
    assert go(launch, Step.WAIT_FOR_TRAINING, task_token="first") == {"status": "InProgress"}
    launch.end(job, "Completed", hours=0.05)
    assert launch.invoke(Step.TRAINING_EVENT, **launch.event(job))["woken"] == ["arithmetic-1"]
    go(launch, Step.CHECK_TRAINING)
    go(launch, Step.LAUNCH_TRAINING)
    go(launch, Step.WAIT_FOR_TRAINING, task_token="second")
    assert launch.invoke(Step.TRAINING_EVENT, **launch.event(job))["woken"] == []
    launch.end(launch.job(), "Completed", hours=0.05)
    assert launch.invoke(Step.TRAINING_EVENT, **launch.event(launch.job()))["woken"] == ["arithmetic-1"]


def test_a_failed_supervised_job_ends_the_run_and_a_retry_repeats_it_once(launch: LaunchWorld) -> None:
    supervise(launch)
    launch.end(in_supervised(launch), "Failed", failure="Malformed record")
    with pytest.raises(TrainingFailed, match=r"supervised job .* failed: Malformed record"):
        go(launch, Step.CHECK_TRAINING)
    assert launch.store.slot_owner(0) is None
    launch.ready("arithmetic-1-r2", attempt=2)
    go(launch, Step.LAUNCH_TRAINING, "arithmetic-1-r2")
    assert supervised_job(launch, "arithmetic-1-r2").name.endswith("-a2")
    launch.ready("arithmetic-2")
    launch.end(supervised_job(launch, "arithmetic-1-r2"), "Stopped")
    with pytest.raises(TrainingFailed, match="of the same demonstrations and hyperparameters ended as Stopped"):
        go(launch, Step.LAUNCH_TRAINING, "arithmetic-2")


def test_a_retry_after_the_second_job_reuses_the_supervised_model(launch: LaunchWorld) -> None:
    supervise(launch)
    model = completed(launch)
    go(launch, Step.LAUNCH_TRAINING)
    launch.end(launch.job(), "Failed")
    launch.ready("arithmetic-1-r2", attempt=2)
    go(launch, Step.LAUNCH_TRAINING, "arithmetic-1-r2")
    run = launch.run("arithmetic-1-r2")
    assert run.supervised
    assert run.job
    assert (run.supervised.job.reused, run.supervised.job.model_arn) == (True, model)
    assert run.job.name.endswith("-a2")
    assert [request["customizationType"] for request in launch.made(CREATE)].count("FINE_TUNING") == 1


@pytest.mark.parametrize("code", ["ValidationException", "ResourceNotFoundException"])
def test_a_refused_base_ends_the_run_and_names_the_setting(launch: LaunchWorld, code: str) -> None:
    supervise(launch)
    completed(launch)
    launch.refuse(CREATE, code, SAYS_NO)
    with pytest.raises(BaseRefused, match=rf'{SAYS_NO} \({code}\).*without = "go_on" .*rft retry arithmetic-1'):
        go(launch, Step.LAUNCH_TRAINING)
    assert launch.run().job is None


def test_the_run_goes_on_without_where_the_task_says_so(launch: LaunchWorld) -> None:
    supervise(launch, without="go_on")
    completed(launch)
    launch.bedrock.store.options.refuse_custom_bases = True
    assert go(launch, Step.LAUNCH_TRAINING)["completed"] is False
    run = launch.run()
    assert run.supervised
    assert "does not support REINFORCEMENT_FINE_TUNING (ValidationException)" in run.supervised.refused
    assert launch.made(CREATE)[-1]["baseModelIdentifier"] == BASE
    assert launch.job().request["baseModelIdentifier"] == BASE
    launch.store.update("arithmetic-1", job=None)  # the step died before it could write
    go(launch, Step.LAUNCH_TRAINING)
    assert len(launch.bedrock.store.jobs) == 3  # two, and the one that tests give a model


def test_another_refusal_is_none_of_the_base(launch: LaunchWorld) -> None:
    supervise(launch, without="go_on")
    completed(launch)
    launch.refuse(CREATE, "ValidationException", "Could not validate GetObject permissions")
    with pytest.raises(TrainingFailed, match="GetObject") as raised:
        go(launch, Step.LAUNCH_TRAINING)
    assert type(raised.value) is TrainingFailed


def test_both_jobs_share_the_hours(launch: LaunchWorld) -> None:
    supervise(launch)
    most = launch.settings.workflow.max_training_hours
    job = in_supervised(launch)
    launch.end(job, "Completed", hours=most * 0.75)
    go(launch, Step.CHECK_TRAINING)
    go(launch, Step.LAUNCH_TRAINING)
    second = launch.job()
    second.created -= timedelta(hours=most * 0.2)
    assert not go(launch, Step.CHECK_TRAINING)["completed"]
    assert not launch.made("StopModelCustomizationJob")
    second.created -= timedelta(hours=most * 0.1)
    go(launch, Step.CHECK_TRAINING)
    assert len(launch.made("StopModelCustomizationJob")) == 1
    launch.end(second, "Stopped", hours=most * 0.3)
    with pytest.raises(TrainingTooLong, match="the supervised job before it counted in"):
        go(launch, Step.CHECK_TRAINING)


def test_a_supervised_job_that_leaves_no_time_is_followed_by_none(launch: LaunchWorld) -> None:
    supervise(launch)
    launch.end(in_supervised(launch), "Completed", hours=launch.settings.workflow.max_training_hours + 0.1)
    go(launch, Step.CHECK_TRAINING)
    with pytest.raises(TrainingTooLong, match=r"took all of workflow.max_training_hours .*rft retry arithmetic-1"):
        go(launch, Step.LAUNCH_TRAINING)
    launch.ready("arithmetic-1-r2", attempt=2)
    later = clock.now() + timedelta(hours=100)
    launch.patch.setattr("rft.clock.now", lambda: later)
    go(launch, Step.LAUNCH_TRAINING, "arithmetic-1-r2")
    assert launch.run("arithmetic-1-r2").job


def test_a_supervised_job_that_takes_too_long_is_stopped(launch: LaunchWorld) -> None:
    supervise(launch)
    job = in_supervised(launch)
    job.created -= timedelta(hours=launch.settings.workflow.max_training_hours + 1)
    assert go(launch, Step.CHECK_TRAINING) == {"completed": False, "status": "InProgress"}
    assert len(launch.made("StopModelCustomizationJob")) == 1
    assert not launch.made("GetMetricData")  # nobody grades it
    launch.end(job, "Stopped", hours=0.01)
    with pytest.raises(TrainingStopped, match="rft retry"):
        go(launch, Step.CHECK_TRAINING)


def test_a_run_that_dies_in_the_supervised_phase_stops_the_job(launch: LaunchWorld) -> None:
    supervise(launch)
    job = in_supervised(launch)
    launch.ready("arithmetic-2")
    go(launch, Step.LAUNCH_TRAINING, "arithmetic-2")
    launch.invoke(Step.CLEAN_UP, run_id="arithmetic-1", error="x", cause="")
    assert not job.stop.is_set()  # the other run needs it
    launch.invoke(Step.REPORT, run_id="arithmetic-1", error="x", cause="")
    launch.invoke(Step.CLEAN_UP, run_id="arithmetic-2", error="x", cause="")
    assert job.stop.is_set()
    assert JobStatus(job.status) is JobStatus.STOPPING


def test_the_base_of_a_model_that_stays_is_not_retired(launch: LaunchWorld) -> None:
    supervise(launch)
    base = completed(launch)
    go(launch, Step.LAUNCH_TRAINING)
    launch.end(launch.job(), "Completed", hours=0.05)
    go(launch, Step.CHECK_TRAINING)
    store = launch.bedrock.store
    store.models[base].job.request["customizationType"] = "FINE_TUNING"
    store.models[base].created -= timedelta(days=900)
    for number in range(launch.settings.workflow.keep_models):
        arn = launch.model(f"rft-local-arithmetic-{number:012x}-a1", days_old=number)
        store.models[arn].job.request["customizationType"] = "FINE_TUNING"
    go(launch, Step.RETIRE)
    assert base in store.models
    launch.invoke(Step.REPORT, run_id="arithmetic-1", error="x", cause="")
    model = launch.run().job
    assert model
    assert model.model_arn
    del store.models[model.model_arn]
    launch.ready("arithmetic-2")
    go(launch, Step.RETIRE, "arithmetic-2")
    assert base not in store.models


def test_an_erasure_names_both_models(launch: LaunchWorld) -> None:
    supervise(launch)
    base = completed(launch)
    go(launch, Step.LAUNCH_TRAINING)
    launch.end(launch.job(), "Completed", hours=0.05)
    go(launch, Step.CHECK_TRAINING)
    found = trained_on(launch.store, "arithmetic", {"abc123"})
    assert {one.model_arn for one in found} == {base, launch.job().model_arn}
