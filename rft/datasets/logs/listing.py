"""Which objects below a prefix are read, and how the work is shared out."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from rft.datasets.logs.source import LogSource
from rft.errors import DatasetUnreadable

ENDINGS: Final = tuple(kind + packing for kind in (".json", ".jsonl") for packing in ("", ".gz", ".zst"))
BATCHES: Final = 64  # wanted, where there is enough to do
FEWEST_OBJECTS: Final = 20  # in a batch: reading one takes about 50 ms, starting a child a second
MOST_OBJECTS: Final = 1_000
FEWEST_BYTES: Final = 8 << 20
MOST_BYTES: Final = 256 << 20  # packed
MOST_BATCHES: Final = 400
_DAY: Final = re.compile(r"/(\d{4})/(\d{2})/(\d{2})/")
_LATE: Final = timedelta(days=1)  # how much later than its entries an object may be filed


class LogObject(Struct, frozen=True, kw_only=True):
    """An object of a log; a line of the listing."""

    key: str
    size: int


class LogBatch(Struct, frozen=True, kw_only=True):
    """A line of the plan: whole lines of the listing, from byte ``start`` up to, but without, ``end``."""

    batch: int  # counted from 0
    start: int
    end: int
    objects: int


def is_log(key: str, source: LogSource) -> bool:
    """Return whether an object may hold entries that a source asks for.

    Bedrock files entries under ``.../<Region>/YYYY/MM/DD/HH/``, bodies that stand apart in a folder ``data`` below, and
    once a file ``amazon-bedrock-logs-permission-check``. Days are those of the path, with a day's grace on either side.
    """
    prefix = source.prefix
    if prefix and not prefix.endswith("/") and key != prefix and not key.startswith(f"{prefix}/"):
        return False
    below = f"/{key.removeprefix(prefix)}"
    if not key.endswith(ENDINGS) or "/data/" in below or "permission-check" in below:
        return False
    return _may_be_of(key, source)


def _may_be_of(key: str, source: LogSource) -> bool:
    found = _DAY.search(key)
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:  # a path of digits that is no day
        day = None
    if day is None:
        return True
    early = source.first_day is not None and day < source.first_day
    late = source.last_day is not None and day - _LATE > source.last_day
    return not early and not late


def plan_logs(objects: Sequence[LogObject]) -> tuple[list[bytes], list[LogBatch]]:
    """Return the lines of the listing, and the batches of it that one worker reads.

    Raises:
        DatasetUnreadable: there is more than all workers together may read.

    """
    total = sum(one.size for one in objects)
    most_objects = min(max(len(objects) // BATCHES, FEWEST_OBJECTS), MOST_OBJECTS)
    most_bytes = min(max(total // BATCHES, FEWEST_BYTES), MOST_BYTES)
    lines = [msgspec.json.encode(one) + b"\n" for one in objects]
    batches: list[LogBatch] = []
    start = end = count = size = 0
    for one, line in zip(objects, lines, strict=True):
        if count and (count == most_objects or size + one.size > most_bytes):
            batches.append(LogBatch(batch=len(batches), start=start, end=end, objects=count))
            start, count, size = end, 0, 0
        end += len(line)
        count += 1
        size += one.size
    if count:
        batches.append(LogBatch(batch=len(batches), start=start, end=end, objects=count))
    if len(batches) > MOST_BATCHES:
        raise DatasetUnreadable(
            f"there are {len(objects):,} objects with {total / (1 << 30):,.1f} GiB, more than one run reads (about "
            f"{MOST_BATCHES * MOST_OBJECTS:,} objects or {MOST_BATCHES * MOST_BYTES >> 30} GiB); name a longer prefix, "
            "or days with `from` and `to`"
        )
    return lines, batches


def read_listing(data: bytes) -> Iterable[LogObject]:
    """Return the objects of some lines of a listing."""
    return msgspec.json.Decoder(LogObject).decode_lines(data)
