"""Files far larger than memory may be: read as they come, with a bound that does not grow."""

import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest

from rft.datasets.items import Container
from rft.datasets.sources.containers import open_reading
from rft.datasets.sources.window import MAX_ITEM
from rft.errors import DatasetUnreadable

MIB = 1 << 20
RECORD = b'{"id": "x", "messages": [{"role": "user", "content": "' + b"6 x 12? " * 180 + b'"}]}'
ROW = b'x,"' + b"6 x 12? " * 180 + b'"'


class Made:
    """A stream that is made as it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        data = self._rest or next(filter(None, self._pieces), b"")
        self._rest = data[size:]
        return data[:size]


def repeated(begin: bytes, record: bytes, between: bytes, end: bytes, times: int) -> Iterator[bytes]:
    block = (record + between) * 100
    yield begin
    for _ in range(times // 100 - 1):
        yield block
    yield (record + between) * 99 + record + end


def gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


@pytest.mark.parametrize(
    ("container", "begin", "record", "between", "end"),
    [
        (Container.JSONL, b"", RECORD, b"\n", b"\n"),
        (Container.JSON, b"[", RECORD, b",\n", b"]"),
        (Container.CSV, b"id,prompt\n", ROW, b"\n", b""),
    ],
)
def test_a_large_file_needs_little_memory(container, begin, record, between, end) -> None:
    times = 140_000  # over 200 MB
    reading = open_reading(Made(repeated(begin, record, between, end, times)))
    assert reading.container is container
    tracemalloc.start()
    count = total = 0
    for item in reading:
        count += 1
        total += item.length
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (count, total) == (times, times * len(record))
    assert total > 200_000_000
    assert peak < 4 * MIB


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (b'{"a": "', b'"}\n{}'),
        (b'[{"a": "', b'"}, {}]'),
        (b"[[[[[[[", b"]]]]]]], {}]"),
        (b'a,b\n1,"', b'"\n1,2'),
        (b"a,b\n1,", b"\n1,2"),
    ],
    ids=["line", "string", "brackets", "quoted field", "field"],
)
@pytest.mark.parametrize("filling", [b"x" * 64, b'\\"' * 32, b'""' * 32, b"[]" * 32, b",]" * 32, b" " * 64])
def test_an_endless_record_needs_little_memory(begin: bytes, end: bytes, filling: bytes) -> None:
    pieces = (piece for part in ([begin], [filling * 4096] * 120, [end]) for piece in part)
    tracemalloc.start()
    with suppress(DatasetUnreadable):
        for item in open_reading(Made(gzipped(pieces))):
            assert len(item.data) <= MAX_ITEM
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * MIB


def test_a_record_over_the_limit_is_cut_and_the_next_one_whole() -> None:
    for begin, fill, end in (
        (b'{"a": "', b"x", b"\n{}"),
        (b'[{"a": "', b"x", b'"} ,{}]'),
        (b'a,b\n1,"', b"\n", b'"\n1,2'),
    ):
        pieces = iter([begin, *[fill * 65_536] * 640, end])
        long, last = open_reading(Made(pieces))
        assert long.length >= 40 * MIB
        assert len(long.data) == MAX_ITEM
        assert last.number == 2
        assert last.data in (b"{}", b"1,2")
        assert last.line == (1 if begin.startswith(b"[") else 2 if begin.startswith(b"{") else 40 * MIB + 3)
