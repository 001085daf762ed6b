"""Streams as networks hand them out, and a short way to read a whole file."""

import gzip
import io

import zstandard

from rft.datasets.items import Container, Item, Refused
from rft.datasets.sources.containers import open_reading
from rft.datasets.sources.text import Limits


class Slow:
    """A stream that hands out a few bytes at a time."""

    def __init__(self, data: bytes, size: int = 1 << 20) -> None:
        self._inner = io.BytesIO(data)
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._inner.read(min(size, self._size))


def zstd(data: bytes, level: int = 3) -> bytes:
    return zstandard.ZstdCompressor(level=level, write_checksum=True).compress(data)


def packed(data: bytes, how: str) -> bytes:
    return {"plain": lambda d: d, "gzip": lambda d: gzip.compress(d, mtime=0), "zstd": zstd}[how](data)


def items_of(data: bytes, size: int = 1 << 20, limits: Limits | None = None) -> tuple[Container, list[Item]]:
    reading = open_reading(Slow(data, size), limits=limits or Limits())
    return reading.container, list(reading)


def judged(data: bytes, size: int = 1 << 20) -> list[object]:
    """The value of each item, or the code with which it was refused."""
    reading = open_reading(Slow(data, size))
    found: list[object] = []
    for item in reading:
        try:
            found.append(reading.decode(item))
        except Refused as refused:
            found.append(refused.code if len(refused.reason) > 15 else refused.reason)
    return found
