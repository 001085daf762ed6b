"""Invocation logs in S3: list them, draw from their objects, and bring all that was drawn together as one file."""

import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final

from botocore.exceptions import ClientError

from rft.aws import objects
from rft.aws.refusals import access_denied, code, not_found, reason
from rft.datasets.logs.bodies import BodyUnusable, bodies_apart, put_in, read_body
from rft.datasets.logs.entries import Sampler
from rft.datasets.logs.listing import LogObject, is_log
from rft.datasets.logs.parts import merge, none_left, sampling
from rft.datasets.logs.sample import MAX_SAMPLE
from rft.datasets.logs.source import LogSource
from rft.datasets.sampling import Sampling
from rft.errors import DatasetUnreadable, LogsUnreadable
from rft.keys import sampled_key
from rft.schemas import LogPlan, Run
from rft.settings import Settings

LISTING: Final = "logs/objects.jsonl"
PLAN: Final = "logs/plan.jsonl"
MOST_LISTED: Final = 1_000_000  # keys; S3 lists 1,000 in about 100 ms
AT_ONCE: Final = 16  # bodies that are fetched at a time


def check_bucket(source: LogSource, settings: Settings) -> None:
    """Check that the environment may read logs from a source's bucket.

    Raises:
        DatasetUnreadable: it may not; the message names the setting.

    """
    if source.bucket not in settings.log_buckets:
        known = ", ".join(settings.log_buckets) or "none"
        raise DatasetUnreadable(
            f"s3_uri: logs are read from the buckets in log_buckets of environments/{settings.name}.toml ({known}); "
            f'add "{source.bucket}" there, deploy, and start the run again'
        )


def list_logs(source: LogSource) -> list[LogObject]:
    """Return the objects that may hold entries that a source asks for, in the order of their keys.

    Raises:
        DatasetUnreadable: no such bucket, no permission, no such objects, or too many to look through.

    """
    found = []
    listed = 0
    try:
        for listed, (key, size) in enumerate(objects.list_sizes(source.bucket, source.prefix), 1):
            if listed > MOST_LISTED:
                raise DatasetUnreadable(
                    f"s3_uri: more than {MOST_LISTED:,} objects lie below {source.s3_uri}; name a longer prefix, e.g. "
                    "down to the year and the month"
                )
            if is_log(key, source):
                found.append(LogObject(key=key, size=size))
    except ClientError as error:
        if not (not_found(error) or access_denied(error)):
            raise
        raise DatasetUnreadable(f"s3_uri: {_denied(source.bucket, error)}") from None
    if not found:
        days = " of those days" if source.first_day or source.last_day else ""
        raise DatasetUnreadable(
            f"s3_uri: no logs{days} lie below {source.s3_uri} ({listed:,} objects do); logs are .json or .jsonl files, "
            "packed or not"
        )
    return found


def draw(source: LogSource, listed: Iterable[LogObject]) -> Sampler:
    """Return what is drawn from some objects of the logs. An object that is gone meanwhile is counted as unreadable.

    Raises:
        LogsUnreadable: the bucket or its key refuses.

    """
    sampler = Sampler(source)
    for one in listed:
        try:
            with objects.open_object(source.bucket, one.key) as stream:
                sampler.read(stream, name=one.key, size=one.size)
        except ClientError as error:
            if access_denied(error):
                raise LogsUnreadable(_denied(source.bucket, error)) from error
            if not not_found(error):
                raise
            sampler.broken(one.key, "it was deleted while the logs were read")
    return sampler


def merged_source(run: Run, plan: LogPlan, settings: Settings) -> tuple[io.RawIOBase, Sampling]:
    """Return what all workers of a run drew, as one JSONL file, and how it was drawn.

    Bodies that stand apart are fetched here, for the entries that were drawn alone: hardly one in a hundred is, where
    logs are large. With them, the file ends at ``MAX_SAMPLE`` as well.

    Raises:
        DatasetUnreadable: nothing was drawn; the message says what became of the entries.
        LogsUnreadable: a log bucket or its key refuses.

    """
    parts = (
        objects.read_lines(run.source.bucket, sampled_key(run.task, run.run_id, batch)) for batch in range(plan.batches)
    )
    sample, counts = merge(parts, plan.source)
    records: list[bytes] = []
    total = 0
    for record in _whole(sample.records(), lambda uri: _body(uri, settings)):
        total += len(record)
        if total > MAX_SAMPLE:
            break
        records.append(record)
    if not records:
        raise DatasetUnreadable(none_left(plan.source, counts))
    return _Lines(records), sampling(plan.source, counts, kept=len(records))


def _whole(records: Iterator[bytes], fetch: Callable[[str], bytes | BodyUnusable]) -> Iterator[bytes]:
    """Yield records in their order, with the bodies that stand apart."""

    def complete(record: bytes) -> bytes:
        apart = bodies_apart(record)
        return put_in(record, {side: fetch(uri) for side, uri in apart.items()}) if apart else record

    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(records, 4 * AT_ONCE)):
            yield from pool.map(complete, some)


def _body(uri: str, settings: Settings) -> bytes | BodyUnusable:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or bucket not in settings.log_buckets or not key:
        return BodyUnusable(f"{uri[:200]} lies in no bucket of log_buckets")
    try:
        with objects.open_object(bucket, key) as stream:
            return read_body(stream)
    except BodyUnusable as error:
        return BodyUnusable(f"{uri}: {error}")
    except ClientError as error:
        if access_denied(error):
            raise LogsUnreadable(_denied(bucket, error)) from error
        if not not_found(error):
            raise
        return BodyUnusable(f"{uri} is gone")


def _denied(bucket: str, error: ClientError) -> str:
    if not_found(error):
        return f"there is no bucket {bucket} ({code(error)}); correct the name"
    return (
        f"the bucket {bucket} may not be read: {reason(error)}; its policy, and that of its key, must let the roles of "
        "this environment in, and log_key_arns must name the key (docs/aws.md, Invocation logs)"
    )


class _Lines(io.RawIOBase):
    """Records as a file with a line each."""

    def __init__(self, records: list[bytes]) -> None:
        self._records = iter(records)
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._held:
            self._held = memoryview(b"".join(record + b"\n" for record in islice(self._records, 64)))
        size = min(len(buffer), len(self._held))
        buffer[:size] = self._held[:size]
        self._held = self._held[size:]
        return size
