"""Whatever people drop: a clear message on the run record and in the notification, the file kept, nothing launched."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from rft import names
from rft.keys import RunStatus
from tests.pipeline.pipeline import PREFIX, SAMPLE, Pipeline, records

pytestmark = pytest.mark.xdist_group("drops")


def record(number: int) -> bytes:
    """Return a record of our own making."""
    message = {"role": "user", "content": f"What is {number} plus {number % 7}? End with #### and the number."}
    return json.dumps({"messages": [message], "reference_answer": str(number + number % 7)}).encode() + b"\n"


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("empty.jsonl", b"", ["no records"]),
        ("prose.jsonl", b"This is a letter.\nIt has two lines.\n", ["line 1", "JSON"]),
        ("binary.jsonl", bytes(range(256)) * 40, ["NUL"]),
        ("truncated.jsonl.gz", gzip.compress(records(), mtime=0)[:-200], ["ends too early"]),
        ("few.jsonl", b"".join(SAMPLE[:50]), ["100"]),
        ("many.jsonl", b"".join(map(record, range(26_000))), ["20,000"]),
    ],
    ids=["empty", "prose", "binary", "truncated", "few", "many"],
)
def test_a_file_that_cannot_train_is_rejected_with_reason_and_fix(pipeline: Pipeline, name, body, words):
    run = pipeline.drop_and_finish(body, name=name)
    assert run.status is RunStatus.DATA_REJECTED, run.message
    told = pipeline.message_about(run.run_id)
    for word in words:
        assert word.lower() in run.message.lower(), run.message
        assert word.lower() in told.lower(), told
    assert run.job is None
    kept = pipeline.aws.client("s3").get_object(
        Bucket=run.source.bucket, Key=run.source.key, VersionId=run.source.version_id
    )
    assert kept["Body"].read() == body
    assert pipeline.left_of(run) == []


@pytest.mark.parametrize(
    ("task", "name", "words"),
    [
        ("poetry", "rhymes.jsonl", ["'poetry' is no task", "arithmetic", "tickets"]),
        ("arithmetic", "table.xlsx", ["unknown file type", ".jsonl"]),
    ],
)
def test_a_drop_that_cannot_start_is_answered(pipeline: Pipeline, task, name, words):
    key = f"incoming/{task}/{name}"
    version = pipeline.aws.client("s3").put_object(Bucket=pipeline.bucket("intake"), Key=key, Body=b"x")["VersionId"]
    run_id = names.run_name(task if task == "arithmetic" else "unknown", key, version)
    run = pipeline.finish(run_id)
    assert run.status is RunStatus.DATA_REJECTED
    told = pipeline.message_about(run_id)
    for word in words:
        assert word in run.message
        assert word in told
    assert run.job is None
    kept = pipeline.aws.client("s3").get_object(Bucket=run.source.bucket, Key=run.source.key, VersionId=version)
    assert (run.source.key, run.source.version_id, kept["Body"].read()) == (key, version, b"x")
    assert pipeline.left_of(run) == []


def test_a_folder_marker_starts_nothing_and_says_why(pipeline: Pipeline):
    before = {run.run_id for run in pipeline.store.newest(200)}
    detail = {
        "bucket": {"name": pipeline.bucket("intake")},
        "object": {"key": "incoming/arithmetic/", "version-id": "v"},
    }
    answer = pipeline.aws.client("lambda").invoke(
        FunctionName=names.function_name(PREFIX, "starter"), Payload=json.dumps({"detail": detail}).encode()
    )
    assert "folder marker" in json.loads(answer["Payload"].read())["ignored"]
    assert {run.run_id for run in pipeline.store.newest(200)} == before


def test_one_bad_line_is_quarantined_and_the_run_goes_on(pipeline: Pipeline):
    lines = SAMPLE[:360]
    body = b"".join([*lines[:41], b'{"messages": oops}\n', *lines[41:]])
    run = pipeline.drop_and_finish(body, name="one-bad-line.jsonl")
    assert run.status in (RunStatus.PROMOTED, RunStatus.GATE_REJECTED), run.message
    assert run.dataset.quarantined == 1
    assert sum(split.records for split in run.dataset.splits.values()) == 360
    kept = (
        pipeline.aws.client("s3").get_object(Bucket=run.dataset.bucket, Key=run.dataset.quarantine_key)["Body"].read()
    )
    entry = json.loads(kept)
    assert entry["line"] == 42
    assert "line 42" in pipeline.message_about(run.run_id).lower()


def test_two_drops_at_once_are_two_runs_that_wait_for_each_other(pipeline: Pipeline):
    pipeline.change_settings(lambda settings: settings["workflow"].update(training_slots=1))
    pipeline.options(training_seconds=4.0)
    try:
        with ThreadPoolExecutor(2) as pool:
            bodies = [records(100), records(200)]
            run_ids = list(
                pool.map(lambda pair: pipeline.drop(pair[1], name=f"at-once-{pair[0]}.jsonl"), enumerate(bodies))
            )
        runs = [pipeline.finish(run_id) for run_id in run_ids]
    finally:
        pipeline.change_settings(lambda settings: settings["workflow"].update(training_slots=2))
        pipeline.options(training_seconds=0.5)
    assert len({run.run_id for run in runs}) == 2
    for run in runs:
        assert run.status in (RunStatus.PROMOTED, RunStatus.GATE_REJECTED), run.message
    first, second = sorted(runs, key=lambda run: run.job.submitted_at)
    assert first.job.ended_at <= second.job.submitted_at, "one slot: the second job waits for the first"
    assert any("WaitForSlot" in pipeline.history(run) for run in runs)
