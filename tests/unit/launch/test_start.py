"""From an object event to a decision: foreign keys pass through untouched and never break a name."""

import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from rft.errors import RetryRefused
from rft.keys import RunStatus
from rft.schemas import Run, Source
from rft.start import Ignored, Refusal, Start, decide, decide_retry

TASKS = ("arithmetic", "summaries")
NAME = r"[A-Za-z0-9_-]{1,80}"  # of an execution (Step Functions)
# S3 keys are any Unicode without surrogates; these are the ones that trip URL decoders, shells and path libraries.
CHARACTERS = st.characters(exclude_categories=["Cs"])
PIECES = st.sampled_from([" ", "+", "%20", "%2F", "..", ".", "//", "é", "日本", "\n", '"', "{}", "a"])
PARTS = st.one_of(st.text(CHARACTERS, max_size=20), st.lists(PIECES, max_size=4).map("".join))
INNER = st.lists(PARTS, min_size=1, max_size=5).map("/".join)


def event(key: str, *, version: str | None = "v1", etag: str = "0cc1", size: int = 10) -> dict[str, Any]:
    item: dict[str, Any] = {"key": key, "etag": etag, "size": size}
    if version is not None:
        item["version-id"] = version
    return {"detail-type": "Object Created", "detail": {"bucket": {"name": "intake"}, "object": item}}


def run(**changes: Any) -> Run:
    base = Run(
        run_id="arithmetic-0123456789ab",
        task="arithmetic",
        environment="local",
        attempt=1,
        source=Source(bucket="intake", key="incoming/arithmetic/a.jsonl", version_id="v1", size=1),
        status=RunStatus.FAILED,
        started_at="2026-01-01T00:00:00+00:00",
        updated_at="2026-01-01T00:00:00+00:00",
    )
    return replace(base, **changes)


TYPES = [kind + packing for kind in (".jsonl", ".json", ".csv") for packing in ("", ".gz", ".zst")]


@given(inner=INNER, suffix=st.sampled_from([*TYPES, ".CSV", ".logs.json"]), version=st.text(CHARACTERS, min_size=1))
def test_any_file_below_a_tasks_folder_starts_one_run_with_its_key_untouched(inner, suffix, version):
    key = f"incoming/arithmetic/{inner}{suffix}"
    start = decide(event(key, version=version), TASKS)
    assert isinstance(start, Start)
    assert (start.task, start.source.key, start.source.version_id) == ("arithmetic", key, version)
    assert re.fullmatch(NAME, start.run_id)
    assert decide(event(key, version=version), TASKS) == start
    other = decide(event(key, version=version + "x"), TASKS)
    assert isinstance(other, Start)
    assert other.run_id != start.run_id


@given(key=st.one_of(st.text(CHARACTERS), INNER.map("incoming/{}".format)))
def test_no_key_whatsoever_breaks_the_decision_or_a_name(key):
    decided = decide(event(key), TASKS)
    if isinstance(decided, Ignored):
        assert key in decided.why
        return
    assert decided.source.key == key
    assert re.fullmatch(NAME, decided.run_id)
    if isinstance(decided, Refusal):
        assert key in decided.message
    else:
        assert key.startswith(f"incoming/{decided.task}/")


@given(folder=PARTS.filter(lambda part: "/" not in part), inner=INNER)
def test_a_folder_of_no_task_is_refused_with_the_tasks_that_there_are(folder, inner):
    assume(folder not in TASKS)
    refusal = decide(event(f"incoming/{folder}/{inner}.jsonl"), TASKS)
    assert isinstance(refusal, Refusal)
    assert "arithmetic, summaries" in refusal.message
    assert refusal.run_id.startswith("unknown-")


@pytest.mark.parametrize("key", ["incoming/a.jsonl", "incoming//a.jsonl", "incoming/./arithmetic/a.jsonl"])
def test_the_folder_right_below_incoming_names_the_task(key):
    assert isinstance(decide(event(key), TASKS), Refusal)


def test_without_any_task_the_refusal_says_none():
    refusal = decide(event("incoming/x/a.jsonl"), ())
    assert isinstance(refusal, Refusal)
    assert refusal.message.endswith("one of: none")


@pytest.mark.parametrize("name", ["a.xlsx", "a.jsonl.zip", "a.jsonl ", "jsonl", "a.gz", "deep/er/a.parquet"])
def test_an_unknown_type_is_refused_with_the_known_ones(name):
    refusal = decide(event(f"incoming/arithmetic/{name}"), TASKS)
    assert isinstance(refusal, Refusal)
    for known in (".jsonl", ".json", ".csv", ".gz", ".zst", ".logs.json"):
        assert f" {known}" in refusal.message
    assert refusal.task == "arithmetic"


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_the_place_of_logs_is_not_packed(packing):
    refusal = decide(event(f"incoming/arithmetic/a.logs.json{packing}"), TASKS)
    assert isinstance(refusal, Refusal)
    assert refusal.message.endswith("drop it unpacked")


@pytest.mark.parametrize("key", ["incoming/", "incoming/arithmetic/", "incoming/arithmetic/2026/"])
def test_folder_markers_are_ignored(key):
    assert isinstance(decide(event(key, size=0), TASKS), Ignored)


@pytest.mark.parametrize("key", ["arithmetic/a.jsonl", "exports/arithmetic/a.jsonl", "a.jsonl"])
def test_what_lies_outside_incoming_is_no_drop(key):
    assert isinstance(decide(event(key), TASKS), Ignored)


def test_a_bucket_without_versions_pins_none_and_tells_uploads_apart_by_their_etag():
    first, second = (decide(event("incoming/arithmetic/a.jsonl", version=None, etag=tag), TASKS) for tag in "ab")
    assert isinstance(first, Start)
    assert isinstance(second, Start)
    assert first.source.version_id == ""  # an etag is no version: reading it as one fails
    assert first.run_id != second.run_id


def test_what_is_no_s3_event_raises():
    with pytest.raises(KeyError):
        decide({"detail": {}}, TASKS)


# Retries


def test_a_retry_takes_the_next_attempt():
    start = decide_retry(run(), [run()], TASKS)
    assert (start.attempt, start.retry_of, start.source) == (2, run().run_id, run().source)
    assert start.run_id.endswith("-r2")


def test_a_retry_of_a_retry_counts_on_and_skips_attempts_that_were_made():
    second = replace(run(), run_id=decide_retry(run(), [], TASKS).run_id, attempt=2, retry_of=run().run_id)
    assert decide_retry(second, [run(), second], TASKS).attempt == 3
    assert decide_retry(run(), [run(), second], TASKS).attempt == 3


def test_a_retry_that_runs_is_given_back_instead_of_a_second_one():
    first = decide_retry(run(), [run()], TASKS)
    living = replace(run(), run_id=first.run_id, attempt=2, retry_of=run().run_id, status=RunStatus.RUNNING)
    assert decide_retry(run(), [run(), living], TASKS) == first


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.PROMOTED, RunStatus.GATE_REJECTED])
def test_a_run_that_goes_on_or_ended_well_is_not_retried(status):
    with pytest.raises(RetryRefused, match="nothing to retry"):
        decide_retry(run(status=status), [], TASKS)


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.ABORTED, RunStatus.TIMED_OUT, RunStatus.DATA_REJECTED])
def test_every_other_end_may_be_retried(status):
    assert decide_retry(run(status=status), [], TASKS).attempt == 2


@given(task=st.text(CHARACTERS, min_size=1).filter(lambda text: text not in TASKS))
def test_a_drop_that_was_refused_for_its_folder_stays_refused_until_the_task_is_there(task):
    source = Source(bucket="intake", key=f"incoming/{task}/a.jsonl", version_id="v1", size=1)
    refused = run(run_id="unknown-0123456789ab", task=task, source=source, status=RunStatus.DATA_REJECTED)
    with pytest.raises(RetryRefused, match="no task"):
        decide_retry(refused, [refused], TASKS)


def test_a_drop_that_was_refused_for_its_type_stays_refused():
    source = Source(bucket="intake", key="incoming/arithmetic/a.xlsx", version_id="v1", size=1)
    with pytest.raises(RetryRefused, match=r"\.jsonl"):
        decide_retry(run(source=source, status=RunStatus.DATA_REJECTED), [], TASKS)
