"""LaunchTraining: money is spent once, and every refusal has its name."""

import json

import pytest
from msgspec.structs import replace

from rft.errors import TrainingFailed, TrainingQueueFull
from rft.keys import JobStatus, RunStatus, Step, Tag
from tests.contract.launching import SECRET, LaunchWorld
from tests.contract.test_starter import start

RUN = {"run_id": "arithmetic-1"}
CREATE = "CreateModelCustomizationJob"


def launch_it(launch: LaunchWorld, run_id: str = "arithmetic-1") -> dict[str, object]:
    return launch.invoke(Step.LAUNCH_TRAINING, run_id=run_id)


def jobs(launch: LaunchWorld) -> list[str]:
    return sorted(job.name.rsplit("-", 1)[-1] for job in launch.bedrock.store.jobs.values())


def forget(launch: LaunchWorld) -> None:
    """Let the step have died between Bedrock's answer and writing it down."""
    launch.store.update("arithmetic-1", job=None)


def test_a_job_is_created_once_however_often_the_step_is_repeated(launch: LaunchWorld) -> None:
    launch.ready()
    first = launch_it(launch)
    assert launch_it(launch) == first
    assert first["completed"] is False
    assert len(launch.made(CREATE)) == 1
    job = launch.run().job
    assert job
    assert (job.status, job.reused, job.model_arn) == (JobStatus.IN_PROGRESS, False, None)
    assert launch.bedrock.store.tags[job.arn] == {
        Tag.ENVIRONMENT: "local",
        Tag.TASK: "arithmetic",
        Tag.RUN: "arithmetic-1",
    }


@pytest.mark.parametrize("unlisted", [0, 1])
def test_a_step_that_died_before_writing_finds_its_own_job(launch: LaunchWorld, unlisted: int) -> None:
    launch.ready()
    launch_it(launch)
    forget(launch)
    launch.unlisted = unlisted  # the listing may lag behind; the request's token does not
    launch_it(launch)
    assert jobs(launch) == ["a1"]
    found = launch.run().job
    assert found
    assert found.reused is False


def test_the_calling_step_dies_between_creating_and_describing(launch: LaunchWorld) -> None:
    launch.ready()
    launch.refuse("GetModelCustomizationJob", "InternalServerException")
    with pytest.raises(Exception, match="InternalServerException"):
        launch_it(launch)
    launch_it(launch)
    assert jobs(launch) == ["a1"]


def test_a_second_run_of_the_same_content_joins_the_running_job(launch: LaunchWorld) -> None:
    launch.launched()
    launch.ready("arithmetic-2")
    launch_it(launch, "arithmetic-2")
    assert jobs(launch) == ["a1"]
    first, second = launch.run().job, launch.run("arithmetic-2").job
    assert first
    assert second == replace(first, reused=True)


@pytest.mark.parametrize("unlisted", [1, 2])
def test_two_runs_of_the_same_content_at_the_same_moment_share_a_job(launch: LaunchWorld, unlisted: int) -> None:
    launch.launched()
    launch.ready("arithmetic-2")
    launch.unlisted = unlisted  # neither sees the other's job before it creates its own
    launch_it(launch, "arithmetic-2")
    assert jobs(launch) == ["a1"]
    second = launch.run("arithmetic-2").job
    assert second
    assert second.reused


def test_a_name_that_is_taken_by_a_job_nobody_can_see_ends_the_run(launch: LaunchWorld) -> None:
    launch.launched()
    launch.ready("arithmetic-2")
    launch.unlisted = 99
    with pytest.raises(TrainingFailed, match="ConflictException"):
        launch_it(launch, "arithmetic-2")
    assert launch.now < 60


def test_a_completed_job_with_a_living_model_is_reused(launch: LaunchWorld) -> None:
    launch.end(launch.launched(), "Completed")
    launch.ready("arithmetic-2")
    assert launch_it(launch, "arithmetic-2")["completed"] is True
    assert jobs(launch).count("a2") == 0
    job = launch.run("arithmetic-2").job
    assert job
    assert job.reused
    assert job.model_arn == launch.job().model_arn


def test_a_completed_job_whose_model_is_gone_is_followed_by_a_new_one(launch: LaunchWorld) -> None:
    job = launch.launched()
    launch.end(job, "Completed")
    assert job.model_arn
    del launch.bedrock.store.models[job.model_arn]
    launch.ready("arithmetic-2")
    assert launch_it(launch, "arithmetic-2")["completed"] is False
    assert launch.job("arithmetic-2").name.endswith("-a2")


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_failed_job_is_repeated_by_a_retry_only_and_by_it_once(launch: LaunchWorld, status: str) -> None:
    launch.end(launch.launched(), status, failure="out of luck")
    launch.ready("arithmetic-2")
    with pytest.raises(TrainingFailed, match=f"ended as {status}; `rft retry arithmetic-2`"):
        launch_it(launch, "arithmetic-2")
    assert jobs(launch) == ["a1"]
    launch.ready("arithmetic-2-r2", attempt=2)
    launch_it(launch, "arithmetic-2-r2")
    assert jobs(launch) == ["a1", "a2"]
    launch.end(launch.job("arithmetic-2-r2"), "Failed")
    launch.store.update("arithmetic-2-r2", job=None)  # the step died before it could write, and is repeated
    with pytest.raises(TrainingFailed):
        launch_it(launch, "arithmetic-2-r2")
    assert jobs(launch) == ["a1", "a2"]


def test_another_grader_trains_again(launch: LaunchWorld) -> None:
    launch.launched()
    launch.code = "d" * 43 + "="
    launch.ready("arithmetic-2")
    launch_it(launch, "arithmetic-2")
    assert len(launch.bedrock.store.jobs) == 2


def test_a_full_queue_has_its_own_name_and_loses_no_slot(launch: LaunchWorld) -> None:
    launch.ready()
    launch.invoke(Step.ACQUIRE_SLOT, **RUN)
    launch.bedrock.store.options.max_concurrent_jobs = 0
    for number in range(3):
        with pytest.raises(TrainingQueueFull, match="concurrent"):
            launch_it(launch)
        launch.ready(f"hopeful-{number}")
        launch.invoke(Step.ACQUIRE_SLOT, run_id=f"hopeful-{number}")
        assert launch.store.slot_owner(0) == "arithmetic-1"
    run = launch.run()
    assert (run.slot, run.status, run.job) == (0, RunStatus.RUNNING, None)
    launch.bedrock.store.options.max_concurrent_jobs = 1
    launch_it(launch)
    assert jobs(launch) == ["a1"]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("You have reached the maximum of 2 concurrent model customization jobs", TrainingQueueFull),
        ("Too many scheduled customization jobs in this account", TrainingQueueFull),
        ("You have reached the maximum number of custom models", TrainingFailed),
        ("The sum of training and validation records is above 20000", TrainingFailed),
    ],
)
def test_only_a_quota_of_jobs_is_worth_waiting_for(launch: LaunchWorld, message: str, error: type[Exception]) -> None:
    launch.ready()
    launch.refuse(CREATE, "ServiceQuotaExceededException", message)
    with pytest.raises(error, match=message):
        launch_it(launch)


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_a_refused_job_ends_the_run_with_bedrocks_words(launch: LaunchWorld, code: str) -> None:
    launch.ready()
    launch.refuse(CREATE, code, "Could not validate GetObject permissions")
    with pytest.raises(TrainingFailed, match=rf"Could not validate GetObject permissions \({code}\)"):
        launch_it(launch)
    assert not launch.bedrock.store.jobs
    assert launch.now == 0


VALIDATION = "Validation data is not supported for this model"


def test_where_no_validation_set_is_taken_the_job_goes_without(launch: LaunchWorld) -> None:
    launch.ready()
    launch.refuse(CREATE, "ValidationException", VALIDATION)
    launch_it(launch)
    refused, taken = launch.made(CREATE)
    assert "validationDataConfig" in refused
    assert "validationDataConfig" not in taken
    assert refused["clientRequestToken"] != taken["clientRequestToken"]
    forget(launch)
    launch.unlisted = 1
    launch.refuse(CREATE, "ValidationException", VALIDATION)
    launch_it(launch)
    assert jobs(launch) == ["a1"]


def test_a_job_that_is_refused_without_its_validation_set_as_well_ends_the_run(launch: LaunchWorld) -> None:
    launch.ready()
    launch.refuse(CREATE, "ValidationException", VALIDATION)
    launch.refuse(CREATE, "ValidationException", "no luck either")
    with pytest.raises(TrainingFailed, match="no luck either"):
        launch_it(launch)


def test_without_a_validation_set_there_is_nothing_to_leave_out(launch: LaunchWorld) -> None:
    launch.ready(validation=0)
    launch.refuse(CREATE, "ValidationException", VALIDATION)
    with pytest.raises(TrainingFailed, match="Validation data"):
        launch_it(launch)
    assert len(launch.made(CREATE)) == 1


NOT_YET = [
    ("ValidationException", "The provided role cannot be assumed by Bedrock"),
    ("ValidationException", "Could not assume provided IAM role"),
    ("AccessDeniedException", "bedrock is not authorized to perform: sts:AssumeRole on the role"),
]


@pytest.mark.parametrize(("code", "message"), NOT_YET)
def test_a_role_that_cannot_be_assumed_yet_is_waited_for(launch: LaunchWorld, code: str, message: str) -> None:
    launch.ready()
    launch.refuse(CREATE, code, message, times=4)
    launch_it(launch)
    assert jobs(launch) == ["a1"]
    assert len({json.dumps(call) for call in launch.made(CREATE)}) == 1
    assert launch.now > 0


def test_a_role_that_never_can_be_assumed_ends_the_run_within_the_functions_time(launch: LaunchWorld) -> None:
    launch.ready()
    launch.refuse(CREATE, *NOT_YET[0], times=999)
    with pytest.raises(TrainingFailed, match="cannot be assumed"):
        launch_it(launch)
    assert 60 < launch.now < 110


def test_a_launch_out_of_turn_says_what_is_missing(launch: LaunchWorld) -> None:
    launch.ready()
    launch.store.update("arithmetic-1", grader=None)
    with pytest.raises(ValueError, match="no dataset version or no grader yet"):
        launch_it(launch)


def test_no_request_but_the_graders_carries_a_reference(launch: LaunchWorld) -> None:
    """All steps from a drop to a trained model: references travel from S3 to the grader and nowhere else."""
    run_id = start(launch)
    launch.invoke(Step.PREFLIGHT, run_id=run_id)
    launch.store.update(run_id, dataset=launch.dataset())
    results = [
        launch.invoke(step, run_id=run_id)
        for step in (Step.PREPARE_GRADER, Step.CALIBRATE, Step.ESTIMATE_COST, Step.ACQUIRE_SLOT, Step.LAUNCH_TRAINING)
    ]
    results.append(launch.invoke(Step.WAIT_FOR_TRAINING, run_id=run_id, task_token="token"))
    job = launch.job(run_id)
    launch.end(job, "Completed")
    results.append(launch.invoke(Step.TRAINING_EVENT, **launch.event(job)))
    results.append(launch.invoke(Step.CHECK_TRAINING, run_id=run_id))
    carriers = {(call.service, call.operation) for call in launch.history if SECRET in repr(call.params)}
    assert carriers == {("lambda", "Invoke")}
    assert SECRET not in repr(results)
    assert SECRET not in repr(launch.items)
    assert SECRET not in repr(launch.started)
    assert {call.operation for call in launch.history} >= {"Converse", CREATE, "SendTaskSuccess", "StartExecution"}
