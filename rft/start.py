"""From an object event to the decision whether a run starts. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import Struct

from rft import names
from rft.errors import RetryRefused
from rft.keys import INCOMING, RunStatus
from rft.schemas import Run, Source

RECORDS = (".jsonl", ".json", ".csv")
PACKED = (".gz", ".zst")
LOG_SOURCE = ".logs.json"  # no records, but the place of invocation logs: rft.datasets.logs
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


def names_logs(name: str) -> bool:
    """Return whether a file of this name, or an object of this key, holds no records but the place of logs."""
    return name.lower().endswith(LOG_SOURCE)


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
        version_id=item.get("version-id", ""),
        size=int(item.get("size", 0)),
    )
    if not key.startswith(INCOMING):
        return Ignored(why=f"{key} lies outside {INCOMING}; drop files below incoming/<task>/")
    if key.endswith("/"):
        return Ignored(why=f"{key} is a folder marker; drop files below incoming/<task>/")
    folder, slash, _ = key.removeprefix(INCOMING).partition("/")
    task = folder if slash else ""
    # without versions, the content's hash still tells two uploads under one key apart
    run_id = names.run_name(task if task in tasks else "unknown", key, source.version_id or item.get("etag", ""))
    objection = _objection(key, task, tasks)
    if objection:
        return Refusal(run_id=run_id, task=task or "unknown", source=source, message=objection)
    return Start(run_id=run_id, task=task, source=source)


def decide_retry(run: Run, runs: Iterable[Run], tasks: Collection[str]) -> Start:
    """Return the retry of a run, given all runs: the one that goes on already, or the next free attempt.

    Raises:
        RetryRefused: the run goes on, it ended well, or its drop would be refused again.

    """
    if run.status not in RETRYABLE:
        how = "is still running; stop it first" if run.status is RunStatus.RUNNING else f"ended as {run.status}"
        raise RetryRefused(f"{run.run_id} {how}: there is nothing to retry")
    objection = _objection(run.source.key, run.task, tasks)
    if objection:
        raise RetryRefused(f"{run.run_id} cannot be retried: {objection}")
    taken = set()
    for other in runs:
        if other.retry_of == run.run_id and not other.final:
            return _retry(run, other.run_id, other.attempt)
        taken.add(other.run_id)
    attempt = run.attempt + 1
    while (name := names.run_name(run.task, run.source.key, run.source.version_id, attempt=attempt)) in taken:
        attempt += 1
    return _retry(run, name, attempt)


def _retry(run: Run, name: str, attempt: int) -> Start:
    return Start(run_id=name, task=run.task, source=run.source, attempt=attempt, retry_of=run.run_id)


def _objection(key: str, task: str, tasks: Collection[str]) -> str | None:
    """Return why a drop is refused, with the fix, or None."""
    if task not in tasks:
        wrong = f"{task!r} is no task" if task else "the file lies outside any task's folder"
        known = ", ".join(sorted(tasks)) or "none"
        return f"{key}: {wrong}; drop files below incoming/<task>/ with one of: {known}"
    name = key.lower()
    if name.endswith(tuple(LOG_SOURCE + packing for packing in PACKED)):
        return f"{key}: a {LOG_SOURCE} file names the place of logs and is read as it is; drop it unpacked"
    if not name.endswith(tuple(kind + packing for kind in RECORDS for packing in ("", *PACKED))):
        return (
            f"{key}: unknown file type; drop {', '.join(RECORDS)}, each as it is or packed with {' or '.join(PACKED)} "
            f"behind it, or {LOG_SOURCE}, which names the place of invocation logs (docs/data.md)"
        )
    return None
