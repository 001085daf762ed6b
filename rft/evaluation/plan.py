"""Which records one child of the Distributed Map evaluates: a byte range of the held-out split."""

from collections.abc import Iterable, Iterator

from msgspec import Struct


class Batch(Struct, frozen=True, kw_only=True):
    """A line of the plan: the bytes from ``start`` up to, but without, ``end``; whole lines."""

    batch: int  # counted from 0
    start: int
    end: int
    records: int


def plan_batches(lengths: Iterable[int], *, size: int) -> Iterator[Batch]:
    r"""Yield batches of ``size`` records, the last one perhaps smaller.

    Args:
        lengths: bytes of each line of the split, its line feed included.
        size: records a batch, at least 1.

    """
    if size < 1:
        raise ValueError(f"a batch holds at least one record, not {size}")
    number = start = end = records = 0
    for length in lengths:
        end += length
        records += 1
        if records == size:
            yield Batch(batch=number, start=start, end=end, records=records)
            number, start, records = number + 1, end, 0
    if records:
        yield Batch(batch=number, start=start, end=end, records=records)
