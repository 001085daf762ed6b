"""A dropped file as it was before it was packed: plain, gzip or zstd, in pieces of bounded size."""

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

CHUNK: Final = 1 << 18  # bytes that one step reads, and at most unpacks
MAX_WINDOW: Final = 128 << 20  # bytes that a zstd frame may make us remember; what the zstd command takes by default
GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"


class Source(Protocol):
    """Bytes to read: at most ``size`` at a time, none at the end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""


class Broken(Exception):
    """The bytes cannot be read on, and why; where that happened is known one room further."""


def unpacked(stream: Source) -> Iterator[bytes]:
    """Yield the bytes of a file without its packing, never more than ``CHUNK`` at a time.

    Gzip may have several members and zeros at its end; zstd several frames, skippable ones too. Memory: two chunks, and
    for zstd the window of a frame.

    Raises:
        Broken: the archive is damaged, cut off, or of a zstd window over ``MAX_WINDOW``.

    """
    feed = _Feed(stream)
    magic = feed.peek(4)
    if magic.startswith(GZIP):
        yield from _gzip(feed)
    elif magic == ZSTD or _skippable(magic):
        yield from _zstd(feed)
    else:
        while data := feed.next():
            yield data


def _gzip(feed: "_Feed") -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=31)
    data = feed.next()
    while data:
        if unpacker.eof:  # another member follows, or zeros that some tapes and tools append
            if not data.strip(b"\0"):
                data = feed.next()
                continue
            unpacker = zlib.decompressobj(wbits=31)
        try:
            piece = unpacker.decompress(data, CHUNK)
        except zlib.error as error:
            raise Broken(f"the gzip file is damaged ({error}); drop it again") from None
        if piece:
            yield piece
        data = unpacker.unconsumed_tail or unpacker.unused_data or feed.next()
    if not unpacker.eof:
        raise Broken("the gzip file ends too early; its upload was probably cut off, so drop it again")


def _zstd(feed: "_Feed") -> Iterator[bytes]:
    """Unpack block by block (RFC 8878, 3.1.1): no block is over 128 KiB, so no step is, whatever the ratio.

    The library alone does not bound what one call unpacks, nor does it tell a file cut off from one that ended.
    """
    import zstandard  # a heavy import that few files need

    library = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    try:
        while magic := feed.peek(4):
            if _skippable(magic):
                feed.skip(int.from_bytes(feed.take(8)[4:], "little"))
                continue
            unpacker = library.decompressobj()
            for part in _frame(feed):
                if piece := unpacker.decompress(part):
                    yield piece
            if not unpacker.eof:
                raise Broken("the zstd file is damaged (a frame does not end); drop it again")
    except zstandard.ZstdError as error:
        if "too much memory" in str(error):
            raise Broken(
                f"the zstd file needs a window over {MAX_WINDOW >> 20} MiB; pack it with --long=27 or less"
            ) from None
        raise Broken(f"the zstd file is damaged ({error}); drop it again") from None


def _frame(feed: "_Feed") -> Iterator[bytes]:
    """Yield the parts of one frame: header, blocks, checksum."""
    start = feed.take(5)
    descriptor = start[4]
    single = descriptor >> 5 & 1
    size_bytes = (single, 2, 4, 8)[descriptor >> 6]
    yield start + feed.take(1 - single + (0, 1, 2, 4)[descriptor & 3] + size_bytes)
    last = 0
    while not last:
        head = feed.take(3)
        word = int.from_bytes(head, "little")
        last, kind, size = word & 1, word >> 1 & 3, word >> 3
        if size > 1 << 17:
            raise Broken(f"the zstd file is damaged (a block of {size:,} bytes); drop it again")
        yield head + feed.take(1 if kind == 1 else size)
    if descriptor & 4:
        yield feed.take(4)


def _skippable(magic: bytes) -> bool:
    return magic[1:] == b"\x2a\x4d\x18" and magic[0] >> 4 == 5


class _Feed:
    """A stream from which exact numbers of bytes can be taken."""

    def __init__(self, stream: Source) -> None:
        self._stream = stream
        self._held = b""
        self._place = 0

    def peek(self, size: int) -> bytes:
        """Return the next ``size`` bytes, fewer at the end, and leave them."""
        while len(self._held) - self._place < size:
            if not (more := self._stream.read(CHUNK)):
                break
            self._held = self._held[self._place :] + more
            self._place = 0
        return self._held[self._place : self._place + size]

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes of a zstd file."""
        data = self.peek(size)
        if len(data) < size:
            raise Broken("the zstd file ends too early; its upload was probably cut off, so drop it again")
        self._place += size
        return data

    def skip(self, size: int) -> None:
        while size:
            step = min(size, CHUNK)
            self.take(step)
            size -= step

    def next(self) -> bytes:
        """Return whatever is at hand; nothing at the end."""
        self.peek(1)
        data, self._held, self._place = self._held[self._place :], b"", 0
        return data
