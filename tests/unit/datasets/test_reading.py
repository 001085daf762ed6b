"""A dropped file as lines: plain or gzip, any chunking, and whole-file faults with their place."""

import gzip
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets import reading
from rft.datasets.reading import MAX_LINE, Line, read_lines
from rft.errors import DatasetUnreadable


class Slow:
    """A stream that hands out a few bytes at a time, as networks do."""

    def __init__(self, data: bytes, size: int) -> None:
        self._inner = io.BytesIO(data)
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._inner.read(min(size, self._size))


def lines_of(data: bytes, size: int = 1 << 20) -> list[Line]:
    return list(read_lines(Slow(data, size)))


@given(
    st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\0", b"").replace(b"\n", b""))),
    st.integers(1, 50),
    st.booleans(),
    st.booleans(),
)
def test_lines_do_not_depend_on_chunks_or_packing(parts: list[bytes], size: int, end: bool, packed: bool) -> None:
    data = b"{}\n" + b"\n".join(parts) + (b"\n" if end else b"")
    found = lines_of(gzip.compress(data, mtime=0) if packed else data, size)
    wanted = data.split(b"\n")
    if wanted[-1] == b"":
        wanted.pop()
    assert [line.data for line in found] == wanted
    assert [line.number for line in found] == list(range(1, len(wanted) + 1))
    for line in found:
        assert data[line.start : line.start + line.length] == line.data


def test_a_byte_order_mark_is_taken_off() -> None:
    assert [line.data for line in lines_of(b"\xef\xbb\xbfa\nb")] == [b"a", b"b"]
    assert lines_of(b"\xef\xbb\xbf") == []


def test_gzip_of_several_members_and_padding_is_read() -> None:
    data = gzip.compress(b"a\nb", mtime=0) + gzip.compress(b"c\n", mtime=0) + b"\0" * 700
    for size in (1, 7, 4096):
        assert [line.data for line in lines_of(data, size)] == [b"a", b"bc"]


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (gzip.compress(b"a\n" * 5000, mtime=0)[:-9], "ends too early"),
        (gzip.compress(b"a\n" * 5000, mtime=0)[:12], "ends too early"),
        (gzip.compress(b"", mtime=0)[:5], "ends too early"),
        (b"\x1f\x8b" + b"nonsense" * 9, "damaged"),
        (gzip.compress(b"a\n", mtime=0) + b"trailing rubbish", "damaged"),
        (gzip.compress(gzip.compress(b"a\n", mtime=0), mtime=0), "compressed twice"),
        ("a\n".encode("utf-16"), "UTF-16"),
        ("a\n".encode("utf-16-be"), "NUL"),
        (b"a\n\0\n", "NUL at byte 2"),
        (b"PK\x03\x04rest", "zip"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1....", "Parquet"),
        (b"\x28\xb5\x2f\xfdxxxx", "zstd"),
        (b"BZh91AY", "bzip2"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"\x89PNG\r\n", "image"),
    ],
)
def test_files_that_cannot_be_read_say_why(data: bytes, hint: str) -> None:
    for size in (3, 1 << 20):
        with pytest.raises(DatasetUnreadable, match=hint):
            lines_of(data, size)


def test_a_truncated_archive_names_the_place() -> None:
    data = gzip.compress(b"0123456789\n" * 50_000, 0, mtime=0)
    with pytest.raises(DatasetUnreadable, match=r"behind line \d{4,}, at byte \d{5,}"):
        lines_of(data[: len(data) // 2])


def test_too_large_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 1 << 20)
    with pytest.raises(DatasetUnreadable, match="more than 1 MiB unpacked"):
        lines_of(gzip.compress(b"x" * 200 + b"\n", mtime=0) * 6000)
    monkeypatch.setattr(reading, "MAX_LINES", 10)
    assert len(lines_of(b"x\n" * 10)) == 10
    with pytest.raises(DatasetUnreadable, match="more than 10 lines"):
        lines_of(b"x\n" * 11)


def test_an_endless_line_costs_no_memory() -> None:
    data = gzip.compress(b"x" * (40 << 20) + b"\nlast\n", mtime=0)
    tracemalloc.start()
    first, last = lines_of(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (first.length, len(first.data), first.cut) == (40 << 20, MAX_LINE, True)
    assert (last.number, last.start, last.data, last.cut) == (2, (40 << 20) + 1, b"last", False)
    assert peak < 8 << 20
