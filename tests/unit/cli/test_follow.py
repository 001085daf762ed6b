import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from rich.console import Console

from rft.aws.store import RunStore
from rft.cli import follow as module
from rft.cli.exits import Exit, UnusableCall, exit_of
from rft.cli.follow import watch
from rft.errors import RunUnknown
from rft.keys import JobStatus, RunStatus
from rft.schemas import Job, Run
from tests.unit.cli.helpers import make_run, stub_run

Aws = dict[str, Stubber]
START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:000000000000:execution:rft-local-training:arithmetic-0123456789ab"
STORE = RunStore("rft-local-runs", run_days=7)
JOB = Job(
    name="j", arn="a", content_hash="h", status=JobStatus.COMPLETED, submitted_at="2026-11-24T13:00:00+00:00",
    ended_at="2026-11-24T13:00:05+00:00",
)  # fmt: skip


def stub_history(aws: Aws, *states: str, ended: bool = False) -> None:
    events = [
        {
            "id": number,
            "timestamp": START + timedelta(seconds=number),
            "type": "TaskStateEntered",
            "stateEnteredEventDetails": {"name": state},
        }
        for number, state in enumerate(states, 1)
    ]
    if ended:
        last = START + timedelta(seconds=len(states) + 1)
        events.append({"id": len(states) + 1, "timestamp": last, "type": "ExecutionFailed"})
    aws["stepfunctions"].add_response(
        "get_execution_history", {"events": events}, {"executionArn": ARN, "includeExecutionData": False}
    )


def stub_curve(aws: Aws, *means: float) -> None:
    at = [START + timedelta(seconds=number) for number in range(len(means))]
    results = [
        {"Id": "mean", "Timestamps": at, "Values": list(means)},
        {"Id": "rollouts", "Timestamps": at, "Values": [64.0] * len(means)},
    ]
    aws["cloudwatch"].add_response("get_metric_data", {"MetricDataResults": results}, ANY_CURVE)


ANY_CURVE = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "ScanBy": "TimestampAscending"}


def run_at(state: str, status: RunStatus = RunStatus.RUNNING, **fields: Any) -> Run:
    return make_run(state=state, status=status, execution_arn=ARN, **fields)


def lines_of(aws: Aws, *, as_json: bool) -> list[str]:
    out = io.StringIO()
    watch(
        STORE, "arithmetic-0123456789ab", every=0.001, json=as_json, console=Console(file=out, width=160), dropped=True
    )
    return out.getvalue().splitlines()


def stub_whole_run(aws: Aws) -> None:
    stub_run(aws["dynamodb"], None)  # the starter has not been there yet
    stub_run(aws["dynamodb"], run_at("Preflight"))
    stub_history(aws, "Start", "Preflight")
    stub_run(aws["dynamodb"], run_at("Preflight"))
    stub_history(aws, "Start", "Preflight")
    stub_run(aws["dynamodb"], run_at("WaitForTraining", job=JOB))
    stub_history(aws, "Start", "Preflight", "WaitForTraining")
    stub_curve(aws, 0.3, 0.5)
    ended = run_at("Report", RunStatus.PROMOTED, job=JOB, message="Promoted.", task_token="secret")
    stub_run(aws["dynamodb"], ended)
    stub_history(aws, "Start", "Preflight", "WaitForTraining", "Report")


def test_without_a_terminal_there_is_one_line_a_change(aws: Aws) -> None:
    stub_whole_run(aws)
    lines = lines_of(aws, as_json=False)
    assert [line.split()[1:] for line in lines[:3]] == [
        ["0%", "RUNNING", "Preflight"],
        ["33%", "RUNNING", "WaitForTraining"],
        ["100%", "PROMOTED", "Report"],
    ]
    assert lines[3] == "reward ▁█  0.300 → 0.500 over 128 rollouts"
    assert lines[4] == "Promoted."


def test_as_json_there_is_one_line_a_change_and_the_whole_run_at_the_end(aws: Aws) -> None:
    stub_whole_run(aws)
    first, second, last = [json.loads(line) for line in lines_of(aws, as_json=True)]
    assert (first["state"], first["reward"]) == ("Preflight", None)
    assert (second["state"], second["reward"], second["progress"]) == ("WaitForTraining", 0.5, 0.333)
    assert last["run"]["status"] == "PROMOTED"
    assert last["phases"]["training"] == 1.0
    assert "task_token" not in last["run"]


def test_a_live_picture_is_drawn_in_a_terminal(aws: Aws) -> None:
    stub_run(aws["dynamodb"], run_at("Report", RunStatus.GATE_REJECTED, message="No gain."))
    stub_history(aws, "Start", "Preflight", "Gate", "Report")
    out = io.StringIO()
    watch(STORE, "x", every=0.001, json=False, console=Console(file=out, force_terminal=True, width=100), dropped=True)
    text = out.getvalue()
    assert "GATE_REJECTED" in text
    assert "No gain." in text
    assert "━" in text


def test_a_run_that_never_appears_is_unknown(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DROPPED_SECONDS", 0.0)
    stub_run(aws["dynamodb"], None)
    with pytest.raises(RunUnknown):
        lines_of(aws, as_json=False)


def test_an_execution_that_died_without_closing_its_record_ends_the_watch(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLOSE_SECONDS", -1.0)
    stub_run(aws["dynamodb"], run_at("Gate"))
    stub_history(aws, "Start", "Gate", ended=True)
    aws["stepfunctions"].add_response(
        "describe_execution",
        {"executionArn": ARN, "stateMachineArn": ARN, "status": "FAILED", "startDate": START},
        {"executionArn": ARN},
    )
    with pytest.raises(UnusableCall, match="is FAILED, but the record of arithmetic-0123456789ab is still open"):
        lines_of(aws, as_json=False)


@pytest.mark.parametrize("status", list(RunStatus))
def test_only_a_promotion_is_a_success(status: RunStatus) -> None:
    assert exit_of(status) == (Exit.OK if status == "PROMOTED" else Exit.NOT_PROMOTED)
