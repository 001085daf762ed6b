"""WaitForTraining, the job's event and CheckTraining: woken once, never twice, never for nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rft import clock
from rft.errors import Throttled, TrainingFailed, TrainingStopped, TrainingTooLong
from rft.keys import JobStatus, Metric, RunStatus, Step
from rft.training.curve import Point
from tests.contract.launching import LaunchWorld

RUN = {"run_id": "arithmetic-1"}
STALE = ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"]


def wait(launch: LaunchWorld, token: str = "token", run_id: str = "arithmetic-1") -> dict[str, Any]:
    return launch.invoke(Step.WAIT_FOR_TRAINING, run_id=run_id, task_token=token)


def tell(launch: LaunchWorld, job: Any, status: str | None = None) -> list[str]:
    return list(launch.invoke(Step.TRAINING_EVENT, **launch.event(job, status))["woken"])


def check(launch: LaunchWorld, run_id: str = "arithmetic-1") -> dict[str, Any]:
    return launch.invoke(Step.CHECK_TRAINING, run_id=run_id)


# WaitForTraining


def test_the_token_of_a_running_job_is_kept(launch: LaunchWorld) -> None:
    launch.launched()
    assert wait(launch) == {"status": JobStatus.IN_PROGRESS}
    assert launch.run().task_token == "token"
    assert not launch.tokens


def test_a_new_wait_replaces_the_token(launch: LaunchWorld) -> None:
    launch.launched()
    wait(launch, "first")
    wait(launch, "second")
    assert launch.run().task_token == "second"


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_the_token_goes_back_at_once_if_the_job_has_ended(launch: LaunchWorld, status: str) -> None:
    launch.end(launch.launched(), status)
    assert wait(launch) == {"status": status}
    assert {token: json.loads(output) for token, output in launch.tokens.items()} == {"token": {"status": status}}


def test_a_job_that_is_stopping_is_waited_for(launch: LaunchWorld) -> None:
    launch.launched().status = "Stopping"
    wait(launch)
    assert not launch.tokens


def test_the_token_is_written_before_the_job_is_looked_at(launch: LaunchWorld) -> None:
    launch.launched()
    launch.calls.clear()
    wait(launch)
    order = [call.operation for call in launch.calls]
    last_write = len(order) - 1 - order[::-1].index("UpdateItem")
    assert last_write < order.index("GetModelCustomizationJob")


@pytest.mark.parametrize("code", STALE)
def test_a_token_that_the_event_gave_back_first_is_no_trouble(launch: LaunchWorld, code: str) -> None:
    launch.end(launch.launched(), "Completed")
    launch.refuse("SendTaskSuccess", code)
    assert wait(launch) == {"status": "Completed"}


# The event


def test_the_event_wakes_the_run(launch: LaunchWorld) -> None:
    job = launch.launched()
    wait(launch)
    launch.end(job, "Completed")
    assert tell(launch, job) == ["arithmetic-1"]
    assert json.loads(launch.tokens["token"]) == {"status": "Completed"}


def test_a_doubled_event_wakes_once(launch: LaunchWorld) -> None:
    job = launch.launched()
    wait(launch)
    launch.end(job, "Completed")
    assert tell(launch, job) == ["arithmetic-1"]
    assert tell(launch, job) == []


def test_one_event_wakes_all_runs_that_share_the_job_and_a_stale_token_keeps_none_asleep(launch: LaunchWorld) -> None:
    job = launch.launched()
    for number in (2, 3):
        launch.ready(f"arithmetic-{number}")
        launch.invoke(Step.LAUNCH_TRAINING, run_id=f"arithmetic-{number}")
    for number in (1, 2, 3):
        wait(launch, f"token-{number}", f"arithmetic-{number}")
    launch.tokens["token-2"] = "given back before"
    launch.end(job, "Failed")
    assert sorted(tell(launch, job)) == ["arithmetic-1", "arithmetic-3"]


@pytest.mark.parametrize("code", STALE)
def test_stale_tokens_are_no_trouble(launch: LaunchWorld, code: str) -> None:
    job = launch.launched()
    wait(launch)
    launch.refuse("SendTaskSuccess", code)
    assert tell(launch, job, "Completed") == []


def test_an_event_that_cannot_be_passed_on_is_repeated_by_lambda(launch: LaunchWorld) -> None:
    job = launch.launched()
    wait(launch)
    launch.refuse("SendTaskSuccess", "AccessDeniedException")
    with pytest.raises(ClientError):
        tell(launch, job, "Completed")
    assert tell(launch, job, "Completed") == ["arithmetic-1"]


@pytest.mark.parametrize("status", ["InProgress", "Stopping", "SomethingNew"])
def test_a_state_that_ends_nothing_wakes_nobody(launch: LaunchWorld, status: str) -> None:
    job = launch.launched()
    wait(launch)
    assert tell(launch, job, status) == []
    assert not launch.tokens


def test_an_event_of_somebody_elses_job_is_fine(launch: LaunchWorld) -> None:
    launch.model("somebody-elses")
    (job,) = launch.bedrock.store.jobs.values()
    assert tell(launch, job) == []


def test_an_event_before_the_run_waits_is_fine(launch: LaunchWorld) -> None:
    job = launch.launched()
    launch.end(job, "Completed")
    assert tell(launch, job) == []
    wait(launch)
    assert "token" in launch.tokens


# CheckTraining


def test_a_completed_job_is_written_down_and_its_slot_given_back(launch: LaunchWorld) -> None:
    job = launch.launched()
    wait(launch)
    launch.end(job, "Completed")
    first = check(launch)
    assert first == {"completed": True, "status": "Completed", "model_arn": job.model_arn}
    assert check(launch) == first
    run = launch.run()
    assert run.job
    assert (run.job.status, run.job.model_arn, run.task_token) == (JobStatus.COMPLETED, job.model_arn, None)
    assert launch.store.slot_owner(0) is None


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_a_job_that_goes_on_keeps_its_slot(launch: LaunchWorld, status: str) -> None:
    launch.launched().status = status
    assert check(launch) == {"completed": False, "status": status}
    assert launch.store.slot_owner(0) == "arithmetic-1"
    assert not launch.made("StopModelCustomizationJob")


def test_a_slot_that_has_gone_to_another_run_is_not_taken_from_it(launch: LaunchWorld) -> None:
    launch.end(launch.launched(), "Completed")
    assert launch.store.take_slot(0, "another", from_owner="arithmetic-1")
    check(launch)
    assert launch.store.slot_owner(0) == "another"


@pytest.mark.parametrize(("failure", "said"), [("The grader failed 3 times", "The grader failed"), (None, "no reason")])
def test_a_failed_job_ends_the_run_with_bedrocks_reason(launch: LaunchWorld, failure: str | None, said: str) -> None:
    launch.end(launch.launched(), "Failed", failure=failure)
    with pytest.raises(TrainingFailed, match=said):
        check(launch)
    assert launch.store.slot_owner(0) is None
    job = launch.run().job
    assert job
    assert job.status is JobStatus.FAILED


def test_a_job_that_was_stopped_by_hand_says_how_to_train_again(launch: LaunchWorld) -> None:
    launch.end(launch.launched(), "Stopped", hours=0.1)
    with pytest.raises(TrainingStopped, match="rft retry arithmetic-1"):
        check(launch)
    assert launch.store.slot_owner(0) is None


def long_ago(launch: LaunchWorld, job: Any) -> None:
    job.created -= timedelta(hours=launch.settings.workflow.max_training_hours + 1)


def test_a_job_that_takes_too_long_is_stopped_once_and_then_named_so(launch: LaunchWorld) -> None:
    job = launch.launched()
    long_ago(launch, job)
    assert check(launch) == {"completed": False, "status": "InProgress"}
    assert check(launch) == {"completed": False, "status": "Stopping"}
    assert len(launch.made("StopModelCustomizationJob")) == 1
    assert launch.store.slot_owner(0) == "arithmetic-1"
    launch.end(job, "Stopped", hours=launch.settings.workflow.max_training_hours + 1)
    with pytest.raises(TrainingTooLong, match="max_training_hours"):
        check(launch)
    assert launch.store.slot_owner(0) is None


def test_a_job_stopped_by_hand_long_before_it_is_looked_at_was_not_too_long(launch: LaunchWorld) -> None:
    job = launch.launched()
    long_ago(launch, job)
    launch.end(job, "Stopped", hours=0.05)
    with pytest.raises(TrainingStopped):
        check(launch)


def test_a_job_that_completed_at_the_last_moment_counts(launch: LaunchWorld) -> None:
    job = launch.launched()
    long_ago(launch, job)
    launch.end(job, "Completed", hours=launch.settings.workflow.max_training_hours + 0.5)
    assert check(launch)["completed"]


def test_a_job_that_ended_while_it_was_being_stopped_is_no_trouble(launch: LaunchWorld) -> None:
    long_ago(launch, launch.launched())
    launch.refuse("StopModelCustomizationJob", "ConflictException")
    assert check(launch)["completed"] is False


def test_training_time_is_counted_by_the_run_that_launched_it(
    launch: LaunchWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    job = launch.launched()
    launch.end(job, "Completed", hours=0.5)
    launch.ready("arithmetic-2")
    launch.invoke(Step.LAUNCH_TRAINING, run_id="arithmetic-2")
    check(launch, "arithmetic-2")
    check(launch)
    lines = [line for line in capsys.readouterr().out.splitlines() if f'"{Metric.TRAINING_SECONDS}":' in line]
    assert [json.loads(line)[Metric.TRAINING_SECONDS] for line in lines] == [[1800.0]]
    run = launch.run("arithmetic-2")
    assert run.job
    assert run.job.reused
    assert run.status is RunStatus.RUNNING


# Stop-loss


def curve(*rewards: float) -> list[Point]:
    began = clock.now()
    return [
        Point(at=began + timedelta(minutes=number), mean=reward, rollouts=2000, spread=0.4, length=300, calls=20)
        for number, reward in enumerate(rewards)
    ]


def test_a_training_whose_reward_collapsed_is_stopped_once_and_named_so(launch: LaunchWorld) -> None:
    job = launch.launched()
    launch.curve = curve(0.5, 0.7, 0.1, 0.05)
    assert check(launch) == {"completed": False, "status": "InProgress"}
    launch.curve = []  # metrics may be gone when it is looked at again
    assert check(launch) == {"completed": False, "status": "Stopping"}
    assert len(launch.made("StopModelCustomizationJob")) == 1
    launch.end(job, "Stopped", hours=0.1)
    words = r"collapsed: 0.100 after 0.700.*reward_fall \(0.5\); lower .*\[stop_loss\].*rft retry arithmetic-1"
    with pytest.raises(TrainingStopped, match=words):
        check(launch)
    assert launch.store.slot_owner(0) is None


def test_a_stop_that_aws_throttled_is_repeated(launch: LaunchWorld) -> None:
    launch.launched()
    launch.curve = curve(0.5, 0.7, 0.1, 0.05)
    launch.refuse("StopModelCustomizationJob", "ThrottlingException")
    with pytest.raises(Throttled):
        check(launch)
    launch.curve = []
    check(launch)
    assert len(launch.made("StopModelCustomizationJob")) == 2


def test_a_training_that_learns_goes_on(launch: LaunchWorld) -> None:
    launch.launched()
    launch.curve = curve(0.3, 0.25, 0.4, 0.35, 0.5)
    assert check(launch) == {"completed": False, "status": "InProgress"}
    assert not launch.made("StopModelCustomizationJob")


def test_a_busy_cloudwatch_stops_no_training(launch: LaunchWorld) -> None:
    launch.launched()
    launch.curve = curve(0.5, 0.7, 0.1, 0.05)
    launch.refuse("GetMetricData", "ThrottlingException")
    assert check(launch) == {"completed": False, "status": "InProgress"}
    assert not launch.made("StopModelCustomizationJob")
    launch.refuse("GetMetricData", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        check(launch)


def test_a_job_that_completed_before_the_stop_reached_it_counts(launch: LaunchWorld) -> None:
    job = launch.launched()
    launch.curve = curve(0.5, 0.7, 0.1, 0.05)
    check(launch)
    launch.end(job, "Completed")
    assert check(launch)["completed"]


def test_who_joined_a_job_leaves_the_stop_to_its_launcher(launch: LaunchWorld) -> None:
    launch.launched()
    launch.ready("arithmetic-2")
    launch.invoke(Step.LAUNCH_TRAINING, run_id="arithmetic-2")
    launch.curve = curve(0.5, 0.7, 0.1, 0.05)
    assert not check(launch, "arithmetic-2")["completed"]
    assert not launch.made("GetMetricData", "StopModelCustomizationJob")


@pytest.mark.parametrize("step", [Step.WAIT_FOR_TRAINING, Step.CHECK_TRAINING])
def test_without_a_job_there_is_nothing_to_wait_for(launch: LaunchWorld, step: Step) -> None:
    launch.ready()
    with pytest.raises(ValueError, match="has no job yet"):
        launch.invoke(step, **RUN, task_token="token")


@pytest.mark.parametrize("step", [Step.WAIT_FOR_TRAINING, Step.CHECK_TRAINING])
def test_throttled_looks_are_repeated(launch: LaunchWorld, step: Step) -> None:
    launch.launched()
    launch.refuse("GetModelCustomizationJob", "ThrottlingException")
    with pytest.raises(Throttled):
        launch.invoke(step, **RUN, task_token="token")
    launch.invoke(step, **RUN, task_token="token")
