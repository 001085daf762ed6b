"""The starter: one run for one object version, whatever is repeated, late or refused."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rft.errors import RetryRefused, RunUnknown
from rft.keys import Metric, RunStatus, Step
from tests.contract.account import MACHINE
from tests.contract.launching import LaunchWorld

KEY = "incoming/arithmetic/2026 Q1/aufgaben + lösungen.jsonl"


def event(key: str = KEY, version: str = "v1") -> dict[str, Any]:
    item = {"key": key, "size": 10, "etag": "0cc1", "version-id": version}
    return {"detail-type": "Object Created", "detail": {"bucket": {"name": "intake-bucket"}, "object": item}}


def start(launch: LaunchWorld, **details: str) -> str:
    return str(launch.invoke(Step.STARTER, **event(**details))["run_id"])


def execution(launch: LaunchWorld, run_id: str) -> dict[str, Any]:
    return launch.executions[launch.run(run_id).execution_arn]


def test_a_drop_becomes_a_record_and_an_execution_of_the_same_name(launch: LaunchWorld) -> None:
    run_id = start(launch)
    run = launch.run(run_id)
    assert (run.status, run.source.key, run.source.version_id, run.attempt) == (RunStatus.RUNNING, KEY, "v1", 1)
    assert launch.started == [
        {"stateMachineArn": MACHINE, "name": run_id, "input": json.dumps({"run_id": run_id}, separators=(",", ":"))}
    ]
    assert execution(launch, run_id)["status"] == "RUNNING"


def test_the_same_event_twice_starts_one_run_and_another_version_another(launch: LaunchWorld) -> None:
    assert start(launch) == start(launch)
    assert len(launch.started) == 1
    assert start(launch, version="v2") != start(launch)
    assert len(launch.started) == 2


def test_an_event_that_comes_again_after_the_run_ended_changes_nothing(launch: LaunchWorld) -> None:
    run_id = start(launch)
    execution(launch, run_id)["status"] = "SUCCEEDED"
    launch.store.update(run_id, status=RunStatus.PROMOTED)
    assert start(launch) == run_id
    assert len(launch.started) == 1
    assert launch.run(run_id).status is RunStatus.PROMOTED


@pytest.mark.parametrize("code", ["ThrottlingException", "StateMachineDeleting"])
def test_a_crash_between_record_and_execution_is_made_good(launch: LaunchWorld, code: str) -> None:
    launch.refuse("StartExecution", code)
    with pytest.raises(ClientError, match=code):
        start(launch)
    assert len(launch.items) == 1
    run_id = start(launch)
    assert [one["name"] for one in launch.started] == [run_id]
    assert execution(launch, run_id)


def test_runs_are_counted_once(launch: LaunchWorld, capsys: pytest.CaptureFixture[str]) -> None:
    start(launch)
    start(launch)
    lines = [line for line in capsys.readouterr().out.splitlines() if f'"{Metric.RUNS_STARTED}":' in line]
    assert len(lines) == 1


def test_what_is_no_drop_leaves_no_trace(launch: LaunchWorld) -> None:
    assert "ignored" in launch.invoke(Step.STARTER, **event("incoming/arithmetic/"))
    assert "ignored" in launch.invoke(Step.STARTER, **event("elsewhere/arithmetic/a.jsonl"))
    assert not launch.items
    assert not launch.calls


def test_a_refusal_is_told_once_and_starts_nothing(launch: LaunchWorld) -> None:
    for _ in range(3):
        answer = launch.invoke(Step.STARTER, **event("incoming/arithmetik/a.jsonl"))
    assert len(launch.messages) == 1
    assert "arithmetic" in launch.messages[0]["Message"]
    run = launch.run(answer["run_id"])
    assert (run.status, run.notified, run.message) == (RunStatus.DATA_REJECTED, True, answer["refused"])
    assert run.ended_at
    assert run.ended_at >= run.started_at
    assert not launch.started


def test_a_refusal_that_could_not_be_told_is_told_the_next_time(launch: LaunchWorld) -> None:
    launch.refuse("Publish", "InternalErrorException")
    with pytest.raises(ClientError):
        launch.invoke(Step.STARTER, **event("incoming/arithmetic/a.xlsx"))
    for _ in range(2):
        launch.invoke(Step.STARTER, **event("incoming/arithmetic/a.xlsx"))
    assert len(launch.messages) == 1


@pytest.mark.parametrize("folder", ["é" * 200, "a\nb", "tab\tbell\x07\x7f", "日本語", "\r\n"])
def test_a_refusals_subject_is_what_sns_takes(launch: LaunchWorld, folder: str) -> None:
    launch.invoke(Step.STARTER, **event(f"incoming/{folder}/a.jsonl"))
    subject = launch.messages[0]["Subject"]
    assert subject.startswith("rft-local: ")
    assert subject.isascii()
    assert subject.isprintable()
    assert len(subject) <= 100


# Retries


def test_a_retry_is_a_new_run_of_the_same_object(launch: LaunchWorld) -> None:
    first = start(launch)
    launch.store.update(first, status=RunStatus.FAILED)
    again = launch.invoke(Step.STARTER, retry_of=first)["run_id"]
    run = launch.run(again)
    assert (run.retry_of, run.attempt, run.source) == (first, 2, launch.run(first).source)
    assert len(launch.started) == 2


def test_a_retry_that_is_asked_for_twice_starts_once_and_again_after_it_failed(launch: LaunchWorld) -> None:
    first = start(launch)
    launch.store.update(first, status=RunStatus.TIMED_OUT)
    second = launch.invoke(Step.STARTER, retry_of=first)["run_id"]
    assert launch.invoke(Step.STARTER, retry_of=first)["run_id"] == second
    assert len(launch.started) == 2
    launch.store.update(second, status=RunStatus.FAILED)
    assert launch.run(launch.invoke(Step.STARTER, retry_of=first)["run_id"]).attempt == 3


def test_a_living_or_unknown_run_is_not_retried(launch: LaunchWorld) -> None:
    run_id = start(launch)
    with pytest.raises(RetryRefused, match="still running"):
        launch.invoke(Step.STARTER, retry_of=run_id)
    with pytest.raises(RunUnknown):
        launch.invoke(Step.STARTER, retry_of="arithmetic-none")
    assert len(launch.started) == 1


def test_a_drop_into_no_tasks_folder_is_not_retried_either(launch: LaunchWorld) -> None:
    refused = launch.invoke(Step.STARTER, **event("incoming/no such task/a.jsonl"))["run_id"]
    with pytest.raises(RetryRefused, match="no task"):
        launch.invoke(Step.STARTER, retry_of=refused)
    assert not launch.started
