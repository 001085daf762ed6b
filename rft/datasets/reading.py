"""A dropped file, plain or gzip, as numbered lines of bounded length. Never more than a line and a chunk in memory."""

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

from msgspec import Struct

from rft.errors import DatasetUnreadable

CHUNK: Final = 1 << 18
MAX_LINE: Final = 1 << 20  # bytes; a longer line is handed out cut off
# Splits and quarantine file are built in a function's 512 MB of local disk; the latter takes 4/3 of what it keeps.
MAX_BYTES: Final = 256 << 20
MAX_LINES: Final = 500_000
HEAD: Final = 1 << 12  # bytes that show what kind of file it is
GZIP: Final = b"\x1f\x8b"
BOM: Final = b"\xef\xbb\xbf"
FOREIGN: Final = {
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
    b"PK\x03\x04": "a zip archive or an office file; drop the JSONL file itself, plain or as gzip",
    b"%PDF": "a PDF; drop a JSONL file",
    b"PAR1": "a Parquet file; convert it to JSONL",
    b"\x28\xb5\x2f\xfd": "compressed by zstd; drop it plain or as gzip",
    b"BZh": "compressed by bzip2; drop it plain or as gzip",
    b"\xfd7zXZ\x00": "compressed by xz; drop it plain or as gzip",
    b"7z\xbc\xaf": "a 7z archive; drop the JSONL file itself, plain or as gzip",
    b"\x89PNG": "an image; drop a JSONL file",
    b"\xff\xd8\xff": "an image; drop a JSONL file",
    b"\x1f\x8b": "compressed twice; compress it once",
}


class Source(Protocol):
    """Bytes to read: at most ``size`` at a time, none at the end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""


class Line(Struct, frozen=True):
    """One line without its line feed. Of a line over ``MAX_LINE`` bytes ``data`` holds the first ``MAX_LINE``."""

    number: int  # counted from 1
    start: int  # byte offset in the (unpacked) file
    length: int  # bytes, before cutting
    data: bytes

    @property
    def cut(self) -> bool:
        """Whether ``data`` is only the beginning of the line."""
        return self.length > len(self.data)


class _Broken(Exception):
    """The file cannot be read on; where that happened is added by the reader of lines."""


def read_lines(stream: Source) -> Iterator[Line]:
    """Yield the lines of a file; what follows the last line feed is a line only if it is not empty.

    A byte order mark is taken off the first line.

    Raises:
        DatasetUnreadable: the file is binary, in another encoding, a broken gzip, or beyond ``MAX_BYTES`` unpacked or
            ``MAX_LINES``; the message names the place and the fix.

    """
    number = start = length = 0
    kept = bytearray()

    def finish(tail: bytes) -> Line:
        nonlocal number, start, length
        _keep(kept, tail)
        length += len(tail)
        if number == MAX_LINES:
            raise _Broken(f"the file has more than {MAX_LINES:,} lines; Bedrock takes 20,000 records, so drop a sample")
        number += 1
        line = Line(number, start, length, bytes(kept))
        start += length + 1
        length = 0
        kept.clear()
        return line

    try:
        for chunk in _text(stream):
            *ended, rest = chunk.split(b"\n")
            for tail in ended:
                yield finish(tail)
            _keep(kept, rest)
            length += len(rest)
        if length:
            yield finish(b"")
    except _Broken as broken:
        raise DatasetUnreadable(f"{broken} (behind line {number}, at byte {start + length} of the text)") from None


def _keep(kept: bytearray, data: bytes) -> None:
    kept += data[: MAX_LINE - len(kept)]


def _text(stream: Source) -> Iterator[bytes]:
    """Yield the unpacked bytes, after a look at the first ones."""
    chunks = _unpacked(stream)
    head = b""
    while len(head) < HEAD and (more := next(chunks, b"")):
        head += more
    _look(head)
    yield head.removeprefix(BOM)
    total = len(head)
    for chunk in chunks:
        total += len(chunk)
        if total > MAX_BYTES:
            raise _Broken(
                f"the file has more than {MAX_BYTES >> 20} MiB unpacked; Bedrock takes 20,000 records, so drop a sample"
            )
        yield chunk


def _look(head: bytes) -> None:
    for magic, what in FOREIGN.items():
        if head.startswith(magic):
            raise _Broken(f"the file is {what}")
    if (place := head.find(b"\0")) >= 0:
        raise _Broken(f"the file is binary or not UTF-8 (a NUL at byte {place}); drop JSONL in UTF-8")


def _unpacked(stream: Source) -> Iterator[bytes]:
    head = _fill(stream, 16)
    if not head.startswith(GZIP):
        yield from _whole(head, stream)
        return
    unpacker = zlib.decompressobj(wbits=31)
    data = head
    while data:
        if unpacker.eof:  # another member follows, or zeros that some tapes and tools append
            if not data.strip(b"\0"):
                data = stream.read(CHUNK)
                continue
            unpacker = zlib.decompressobj(wbits=31)
        try:
            piece = unpacker.decompress(data, CHUNK)
        except zlib.error as error:
            raise _Broken(f"the gzip file is damaged ({error}); drop it again") from None
        if piece:
            yield piece
        data = unpacker.unconsumed_tail or unpacker.unused_data or stream.read(CHUNK)
    if not unpacker.eof:
        raise _Broken("the gzip file ends too early; its upload was probably cut off, so drop it again")


def _whole(head: bytes, stream: Source) -> Iterator[bytes]:
    """Yield ``head`` together with what follows, so that the first chunk shows enough of the file."""
    data = head + stream.read(CHUNK)
    while data:
        yield data
        data = stream.read(CHUNK)


def _fill(stream: Source, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data
