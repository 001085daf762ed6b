"""From an object event to the decision whether a run starts. Pure."""

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct

from rft import names
from rft.errors import RetryRefused
from rft.keys import INCOMING, RunStatus
from rft.schemas import Run, Source

SUFFIXES = (".jsonl", ".jsonl.gz")
RETRYABLE = (RunStatus.FAILED, RunStatus.ABORTED, RunStatus.TIMED_OUT, RunStatus.DATA_REJECTED)


class Start(Struct, frozen=True, kw_only=True):
    """A run to start."""

    run_id: str
    task: str
    source: Source
    attempt: int = 1
    retry_of: str | None = None


class Refusal(Struct, frozen=True, kw_only=True):
    """A drop that cannot start a run; the message names the fix."""

    run_id: str
    task: str
    source: Source
    message: str


class Ignored(Struct, frozen=True, kw_only=True):
    """An object that is no drop."""

    why: str


def decide(event: Mapping[str, Any], tasks: Collection[str]) -> Start | Refusal | Ignored:
    """Return what an "Object Created" event leads to. Keys in EventBridge events are not URL-encoded.

    Raises:
        KeyError: the event is no S3 event.

    """
    detail = event["detail"]
    item = detail["object"]
    key: str = item["key"]
    source = Source(
        bucket=detail["bucket"]["name"],
        key=key,
        version_id=item.get("version-id") or item.get("etag", ""),
        size=int(item.get("size", 0)),
    )
    if key.endswith("/"):
        return Ignored(why=f"{key} is a folder marker; drop files below incoming/<task>/")
    parts = PurePosixPath(key.removeprefix(INCOMING)).parts
    known = ", ".join(sorted(tasks)) or "none"
    task = parts[0] if len(parts) > 1 else ""
    run_id = names.run_name(task if task in tasks else "unknown", key, source.version_id)
    if task not in tasks:
        wrong = f"{task!r} is no task" if task else "the file lies outside any task's folder"
        message = f"{key}: {wrong}; drop files below incoming/<task>/ with one of: {known}"
        return Refusal(run_id=run_id, task=task or "unknown", source=source, message=message)
    if not key.endswith(SUFFIXES):
        message = f"{key}: unknown file type; drop a {' or '.join(SUFFIXES)} file with one record a line"
        return Refusal(run_id=run_id, task=task, source=source, message=message)
    return Start(run_id=run_id, task=task, source=source)


def decide_retry(run: Run, later: Collection[str]) -> Start:
    """Return the retry of a run; ``later`` holds the names of all runs, to find the next free attempt.

    Raises:
        RetryRefused: the run goes on, or it ended well.

    """
    if run.status not in RETRYABLE:
        how = "is still running; stop it first" if run.status is RunStatus.RUNNING else f"ended as {run.status}"
        raise RetryRefused(f"{run.run_id} {how}: there is nothing to retry")
    attempt = run.attempt + 1
    while (name := names.run_name(run.task, run.source.key, run.source.version_id, attempt=attempt)) in later:
        attempt += 1
    return Start(run_id=name, task=run.task, source=run.source, attempt=attempt, retry_of=run.run_id)
