"""The part of a text that a scanner looks at, and the items cut out of it."""

from collections.abc import Iterator
from typing import Final

from rft.datasets.items import Item
from rft.datasets.sources.compression import Broken
from rft.datasets.sources.text import SPACE, unreadable
from rft.errors import DatasetUnreadable

MAX_ITEM: Final = 1 << 20  # bytes; a longer item is handed out cut off


def too_many(max_items: int) -> str:
    """Return what to say of a file with more than ``max_items`` records."""
    return f"the file has more than {max_items:,} records; Bedrock takes 20,000, so drop a sample"


class Window:
    """Bytes from ``place`` on are still to be read; those before it are forgotten when more are asked for."""

    def __init__(self, chunks: Iterator[bytes], start: int, max_items: int) -> None:
        self._chunks = chunks
        self._start = start  # of the first byte of ``data``, in the text
        self._max_items = max_items
        self.data = b""
        self.place = 0
        self.line = 1  # in which ``place`` lies
        self.number = 0  # items taken

    @property
    def offset(self) -> int:
        """The byte of the text at ``place``."""
        return self._start + self.place

    def more(self) -> bool:
        """Append the next chunk; False at the end of the text.

        Raises:
            DatasetUnreadable: the chunks break off.

        """
        try:
            chunk = next(self._chunks, b"")
        except Broken as broken:
            lines = self.line - 1 + self.data.count(b"\n", self.place)
            raise unreadable(broken, line=lines, offset=self._start + len(self.data)) from None
        if not chunk:
            return False
        self._start += self.place
        self.data = self.data[self.place :] + chunk
        self.place = 0
        return True

    def skip(self, end: int) -> None:
        """Read on to ``end``, a place in ``data``."""
        if self.data.find(b"\n", self.place, end) >= 0:  # far faster than counting where there is none
            self.line += self.data.count(b"\n", self.place, end)
        self.place = end

    def take(self, end: int, *, strip: bytes = SPACE) -> Item:
        """Read on to ``end`` and return what lies before it as an item, without the bytes of ``strip`` at its end."""
        data = self.data[self.place : end].rstrip(strip)
        item = Item(self.count(), self.line, self.offset, len(data), data[:MAX_ITEM])
        self.skip(end)
        return item

    def count(self) -> int:
        """Return the number of the next item.

        Raises:
            DatasetUnreadable: there are too many.

        """
        if self.number == self._max_items:
            raise self.broken(too_many(self._max_items))
        self.number += 1
        return self.number

    def broken(self, what: str, *, line: int | None = None, offset: int | None = None) -> DatasetUnreadable:
        """Return the error that names ``what`` and the place: the present one unless given."""
        line = self.line if line is None else line
        offset = self.offset if offset is None else offset
        return DatasetUnreadable(f"{what} (line {line}, byte {offset} of the text)")


class Long:
    """An item that is read in parts: its place, its length and its first ``MAX_ITEM`` bytes."""

    def __init__(self, window: Window, *, strip: bytes = SPACE) -> None:
        self._window = window
        self._strip = strip
        self.line = window.line
        self.offset = window.offset
        self._end = self.offset  # behind its last byte that is none of ``strip``
        self._kept = bytearray()

    def skip(self, end: int) -> None:
        """Read on to ``end``, a place in the window's data; that part belongs to the item."""
        part = self._window.data[self._window.place : end]
        self._kept += part[: MAX_ITEM - len(self._kept)]
        if bare := part.rstrip(self._strip):
            self._end = self._window.offset + len(bare)
        self._window.skip(end)

    def item(self) -> Item:
        """Return the item, all of whose parts were read."""
        length = self._end - self.offset
        return Item(self._window.count(), self.line, self.offset, length, bytes(self._kept[:length]))
