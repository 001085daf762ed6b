import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from rft import names
from rft.cli import follow as follow_module
from rft.cli import target as target_module
from rft.interval import Interval
from rft.keys import RunStatus
from rft.schemas import Dataset, Decision, EvaluationResult, SplitFile
from tests.unit.cli.helpers import Outcome, make_run, stub_run, stub_runs

Rft = Callable[..., Outcome]
Aws = dict[str, Stubber]


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "1 + 1?"}], "reference_answer": "2"}\n')
    return path


def test_drop_uploads_with_a_checksum_and_prints_the_name_of_the_run(rft: Rft, aws: Aws, records: Path) -> None:
    expected = {
        "Bucket": "rft-local-intake-000000000000-us-east-1",
        "Key": "incoming/arithmetic/mine.jsonl",
        "Body": ANY,
        "ChecksumAlgorithm": "SHA256",
    }
    aws["s3"].add_response("put_object", {"VersionId": "v7"}, expected)
    outcome = rft("drop", str(records), "--task", "arithmetic")
    assert outcome == (0, names.run_name("arithmetic", "incoming/arithmetic/mine.jsonl", "v7") + "\n", "")


def test_drop_as_json(rft: Rft, aws: Aws, records: Path) -> None:
    aws["s3"].add_response("put_object", {"VersionId": "v7"})
    answer = json.loads(rft("drop", str(records), "--task", "arithmetic", "--json").out)
    assert answer == {
        "run_id": names.run_name("arithmetic", "incoming/arithmetic/mine.jsonl", "v7"),
        "task": "arithmetic",
        "bucket": "rft-local-intake-000000000000-us-east-1",
        "key": "incoming/arithmetic/mine.jsonl",
        "version_id": "v7",
    }


def test_drop_for_an_unknown_task_uploads_nothing_and_names_the_known_ones(rft: Rft, aws: Aws, records: Path) -> None:
    outcome = rft("drop", str(records), "--task", "arithmetics")
    assert outcome.code == 2
    assert "no task arithmetics; known tasks: arithmetic, " in outcome.err


def test_drop_of_a_missing_file_is_refused(rft: Rft, aws: Aws, tmp_path: Path) -> None:
    outcome = rft("drop", str(tmp_path / "none.jsonl"), "--task", "arithmetic")
    assert outcome.code == 2
    assert "no such file" in outcome.err


def test_drop_of_a_folder_says_that_it_is_no_file(rft: Rft, aws: Aws, tmp_path: Path) -> None:
    outcome = rft("drop", str(tmp_path), "--task", "arithmetic")
    assert outcome.code == 2
    assert "is a folder" in outcome.err
    assert "no such file" not in outcome.err


def test_a_drop_into_an_environment_that_is_not_deployed_names_the_fix(rft: Rft, aws: Aws, records: Path) -> None:
    aws["s3"].add_client_error("put_object", "NoSuchBucket", "The specified bucket does not exist")
    outcome = rft("drop", str(records), "--task", "arithmetic")
    assert outcome.code == 3
    assert "not deployed" in outcome.err
    assert "`rft local up`" in outcome.err
    assert "Traceback" not in outcome.err


def test_runs_lists_what_the_table_has(rft: Rft, aws: Aws) -> None:
    gain = Interval(mean=0.288, low=0.226, high=0.349)
    evaluation = EvaluationResult(records=96, confidence=0.95, models={}, gains={"baseline": gain})
    ended = make_run(
        status=RunStatus.PROMOTED, ended_at="2026-11-24T13:01:05+00:00", state="Report", evaluation=evaluation
    )
    stub_runs(aws["dynamodb"], [make_run("arithmetic-ba9876543210", state="Gate"), ended])
    outcome = rft("runs")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[1].split()[:4] == ["arithmetic-ba9876543210", "arithmetic", "RUNNING", "Gate"]
    assert "1 min 05 s" in lines[2]
    assert "0.288 [0.226, 0.349]" in lines[2]


def test_runs_of_one_task_are_counted_after_the_choice(rft: Rft, aws: Aws) -> None:
    stub_runs(aws["dynamodb"], [make_run("t-1", task="tickets"), make_run("a-1"), make_run("a-2")])
    answer = json.loads(rft("runs", "--task", "arithmetic", "--limit", "1", "--json").out)
    assert [run["run_id"] for run in answer["runs"]] == ["a-1"]


def test_runs_of_an_unknown_task_names_the_known_ones(rft: Rft, aws: Aws) -> None:
    stub_runs(aws["dynamodb"], [make_run()])
    outcome = rft("runs", "--task", "poetry")
    assert outcome.code == 2
    assert "no task poetry; known tasks: arithmetic, " in outcome.err


def test_runs_of_a_task_that_is_no_more_are_still_listed(rft: Rft, aws: Aws) -> None:
    stub_runs(aws["dynamodb"], [make_run("poetry-1", task="poetry")])
    outcome = rft("runs", "--task", "poetry")
    assert outcome.code == 0
    assert "poetry-1" in outcome.out


def test_a_task_without_runs_is_named(rft: Rft, aws: Aws) -> None:
    stub_runs(aws["dynamodb"], [make_run()])
    outcome = rft("runs", "--task", "tickets")
    assert outcome.code == 0
    assert "no runs of task tickets" in outcome.err
    assert not outcome.out


def test_watching_a_run_that_is_not_there_says_that_it_waits_and_gives_up_soon(
    rft: Rft, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_module, "APPEAR_SECONDS", 0.0)
    stub_run(aws["dynamodb"], None)
    outcome = rft("watch", "arithmetic-typo")
    assert outcome.code == 2
    assert outcome.err.splitlines() == [
        "waiting for arithmetic-typo to appear",
        "rft: no run arithmetic-typo in rft-local-runs; `rft runs` lists them",
    ]


def test_a_file_that_was_just_dropped_is_given_time_to_become_a_run(
    rft: Rft, aws: Aws, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_module, "APPEAR_SECONDS", -1.0)
    aws["s3"].add_response("put_object", {"VersionId": "v7"})
    stub_run(aws["dynamodb"], None)
    stub_run(aws["dynamodb"], make_run(status=RunStatus.DATA_REJECTED, message="Too few records."))
    outcome = rft("drop", str(records), "--task", "arithmetic", "--watch")
    assert outcome.code == 1
    assert "Too few records." in outcome.out
    assert "waiting" not in outcome.err


def test_no_runs_is_an_empty_list(rft: Rft, aws: Aws) -> None:
    stub_runs(aws["dynamodb"], [])
    assert json.loads(rft("runs", "--json").out) == {"runs": []}


def test_a_run_record_is_printed_without_its_task_token(rft: Rft, aws: Aws) -> None:
    stub_runs(aws["dynamodb"], [make_run(task_token="may end the wait of a workflow")])
    [printed] = json.loads(rft("runs", "--json").out)["runs"]
    assert "task_token" not in printed
    assert printed["source"]["key"] == "incoming/arithmetic/a.jsonl"


def test_show_prints_data_rewards_and_decision(rft: Rft, aws: Aws) -> None:
    files = {"train": SplitFile(key="k", records=420, bytes=1, sha256="x")}
    run = make_run(
        status=RunStatus.GATE_REJECTED,
        dataset=Dataset(bucket="d", version="9f", manifest_key="m", splits=files, quarantined=3, quarantine_key="q"),
        decision=Decision(promote=False, reasons=["no gain"]),
        cleaned=["alias removed"],
    )
    stub_run(aws["dynamodb"], run)
    outcome = rft("show", run.run_id)
    assert outcome.code == 0
    for expected in (
        "GATE_REJECTED",
        "train 420",
        "3 lines in quarantine",
        "s3://d/q",
        "reject: no gain",
        "alias removed",
    ):
        assert expected in outcome.out


def test_show_as_json_has_the_four_parts(rft: Rft, aws: Aws) -> None:
    stub_run(aws["dynamodb"], make_run())
    answer = json.loads(rft("show", "arithmetic-0123456789ab", "--json").out)
    assert set(answer) == {"run", "states", "phases", "curve"}


def test_an_unknown_run_is_an_unusable_call(rft: Rft, aws: Aws) -> None:
    stub_run(aws["dynamodb"], None)
    outcome = rft("show", "arithmetic-x")
    assert outcome.code == 2
    assert outcome.err == "rft: no run arithmetic-x in rft-local-runs; `rft runs` lists them\n"


def test_retry_prints_the_name_of_the_new_run(rft: Rft, aws: Aws) -> None:
    stub_starter(aws, {"run_id": "arithmetic-0123456789ab-r2"})
    outcome = rft("retry", "arithmetic-0123456789ab", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out) == {"run_id": "arithmetic-0123456789ab-r2", "retry_of": "arithmetic-0123456789ab"}


def test_a_refused_retry_says_why(rft: Rft, aws: Aws) -> None:
    stub_starter(aws, {"errorType": "RetryRefused", "errorMessage": "the run still runs"}, error="Unhandled")
    outcome = rft("retry", "arithmetic-0123456789ab")
    assert outcome.code == 2
    assert outcome.err == "rft: the run still runs\n"


def test_a_retry_that_the_starter_ignores_is_no_success(rft: Rft, aws: Aws) -> None:
    stub_starter(aws, {"ignored": "no such run"})
    assert rft("retry", "arithmetic-0123456789ab").code == 2


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AccessDeniedException", "not permitted"),
        ("ExpiredTokenException", "sign in again"),
        ("ResourceNotFoundException", "not deployed"),
        ("InternalServerError", "Query failed: InternalServerError"),
    ],
)
def test_what_aws_refuses_ends_in_one_line(rft: Rft, aws: Aws, code: str, expected: str) -> None:
    aws["dynamodb"].add_client_error("query", code, "because")
    outcome = rft("runs")
    assert outcome.code == 3
    assert expected in outcome.err
    assert outcome.err.count("\n") == 1


def test_debug_shows_the_traceback(rft: Rft, aws: Aws) -> None:
    aws["dynamodb"].add_client_error("query", "AccessDeniedException", "because")
    with pytest.raises(Exception, match="because"):
        rft("--debug", "runs")


@pytest.mark.parametrize("command", [["runs"], ["show", "x"], ["watch"], ["retry", "x"]])
def test_without_an_embedded_aws_every_command_says_how_to_start_it(rft: Rft, command: list[str]) -> None:
    outcome = rft(*command, "--env", "local", up=False)
    assert outcome.code == 3
    assert outcome.err == "rft: no embedded AWS is up; start it with `rft local up`\n"


@pytest.mark.parametrize(
    ("arguments", "variable", "told"),
    [([], None, True), (["--env", "dev"], None, False), ([], "dev", False)],
)
def test_who_named_no_environment_is_told_which_one_was_taken_and_how_to_start_a_local_one(
    rft: Rft, monkeypatch: pytest.MonkeyPatch, arguments: list[str], variable: str | None, told: bool
) -> None:
    def nobody() -> str:
        raise NoCredentialsError

    monkeypatch.setattr(target_module, "caller_account", nobody)
    monkeypatch.delenv("RFT_ENVIRONMENT", raising=False)
    if variable:
        monkeypatch.setenv("RFT_ENVIRONMENT", variable)
    outcome = rft("runs", *arguments, up=False)
    assert outcome.code == 3
    assert "no usable AWS credentials" in outcome.err
    assert ("(environment dev; no embedded AWS is up: `rft local up`)" in outcome.err) is told


def test_a_wrong_option_is_an_unusable_call(rft: Rft) -> None:
    assert rft("runs", "--everything").code == 2


def stub_starter(aws: Aws, answer: object, *, error: str | None = None) -> None:
    body = json.dumps(answer).encode()
    response = {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body))}
    if error:
        response["FunctionError"] = error
    expected = {"FunctionName": "rft-local-starter", "Payload": b'{"retry_of": "arithmetic-0123456789ab"}'}
    aws["functions"].add_response("invoke", response, expected)
