"""The text of a dropped file in chunks of one size, after a look at its beginning, and its limits."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rft.datasets.sources.compression import CHUNK, GZIP, ZSTD, Broken, Source, unpacked
from rft.errors import DatasetUnreadable

HEAD: Final = 1 << 12  # bytes that show what kind of file it is
BOM: Final = b"\xef\xbb\xbf"
SPACE: Final = b" \t\r\n"  # the white space of JSON
FOREIGN: Final = {
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
    b"PK\x03\x04": "a zip archive or an office file; drop the JSONL, JSON or CSV file itself, plain or as gzip",
    b"%PDF": "a PDF; drop a JSONL, JSON or CSV file",
    b"PAR1": "a Parquet file; convert it to JSONL",
    b"Obj\x01": "an Avro file; convert it to JSONL",
    b"BZh": "compressed by bzip2; drop it plain, or as gzip or zstd",
    b"\xfd7zXZ\x00": "compressed by xz; drop it plain, or as gzip or zstd",
    b"7z\xbc\xaf": "a 7z archive; drop the JSONL, JSON or CSV file itself, plain or as gzip",
    b"\x89PNG": "an image; drop a JSONL, JSON or CSV file",
    b"\xff\xd8\xff": "an image; drop a JSONL, JSON or CSV file",
    GZIP: "compressed twice; compress it once",
    ZSTD: "compressed twice; compress it once",
}


class Limits(Struct, frozen=True, kw_only=True):
    """What a dropped file may have at most."""

    max_bytes: int = 4 << 30  # unpacked
    max_items: int = 5_000_000


def chunks_of(stream: Source, limits: Limits, size: int = CHUNK) -> Iterator[bytes]:
    """Yield the unpacked bytes in chunks of ``size`` or a little more, the last one of any size.

    However the stream hands out its bytes, and however they were packed, short reads never become short chunks.

    Raises:
        Broken: the file is binary, in another encoding, a broken archive, or beyond ``limits.max_bytes``. What was read
            before is yielded first, so that the place of the fault does not depend on the chunks.

    """
    total = 0
    for chunk in _gathered(_looked(unpacked(stream)), size):
        total += len(chunk)
        if total > limits.max_bytes:
            raise Broken(
                f"the file has more than {limits.max_bytes >> 20:,} MiB unpacked; "
                f"Bedrock takes 20,000 records, so drop a sample"
            )
        yield chunk


def unreadable(broken: Broken, *, line: int, offset: int) -> DatasetUnreadable:
    """Return the error that says how many lines and bytes of the text were read before it broke."""
    return DatasetUnreadable(f"{broken} (behind line {line}, at byte {offset} of the text)")


def _looked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    head = b""
    while len(head) < HEAD and (more := next(pieces, b"")):
        head += more
    for magic, what in FOREIGN.items():
        if head.startswith(magic):
            raise Broken(f"the file is {what}")
    if (place := head[:HEAD].find(b"\0")) >= 0:
        raise Broken(f"the file is binary or not UTF-8 (a NUL at byte {place}); drop JSONL, JSON or CSV in UTF-8")
    yield head
    yield from pieces


def _gathered(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    held: list[bytes] = []
    total = 0
    try:
        for piece in pieces:
            held.append(piece)
            total += len(piece)
            if total >= size:
                yield b"".join(held)
                held, total = [], 0
    except Broken:
        if held:
            yield b"".join(held)
        raise
    if held:
        yield b"".join(held)
