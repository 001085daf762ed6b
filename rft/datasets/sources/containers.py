"""A dropped file as items: JSONL, one JSON array or CSV, told apart by what is in the file."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from rft.datasets.codes import Code
from rft.datasets.items import Container, Item, Refused
from rft.datasets.sources import rows, strict_json
from rft.datasets.sources import window as windows
from rft.datasets.sources.arrays import read_array
from rft.datasets.sources.blocks import Block, blocks_of
from rft.datasets.sources.compression import Broken, Source
from rft.datasets.sources.lines import read_lines
from rft.datasets.sources.text import BOM, SPACE, Limits, chunks_of, unreadable
from rft.datasets.sources.window import Window
from rft.errors import DatasetUnreadable

# In a row, the quote would be doubled or end its field; so no CSV holds this.
_OBJECT_LINE: Final = re.compile(rb'\n[ \t]*+\{ *+"[^",;\t\r\n]')
_WRAPPED: Final = re.compile(rb'\{\s*+"(data|records|rows|items)"\s*+:\s*+\[\s*+[{\]]')
_NEXT_RECORD: Final = re.compile(rb"\}[ \t\r]*+\n\s*+\{")
_DEFAULT: Final = Limits()


class Reading:
    """The items of one dropped file, once."""

    def __init__(self, container: Container, blocks: Iterator[Block], dialect: rows.Dialect | None = None) -> None:
        self.name = ""
        self.container = container
        self._blocks = blocks
        self._dialect = dialect

    def blocks(self) -> Iterator[Block]:
        """Yield the items in the order of the file, many at a time.

        Raises:
            DatasetUnreadable: the file cannot be read on; the message names the place and the fix.

        """
        try:
            yield from self._blocks
        except DatasetUnreadable as error:
            raise _named(self.name, error) from None

    def __iter__(self) -> Iterator[Item]:
        """Yield the items of ``blocks``, one by one."""
        return chain.from_iterable(self.blocks())

    def decode(self, item: Item) -> dict[str, Any]:
        """Return the fields of an item.

        Raises:
            Refused: LINE_TOO_LONG, EMPTY_LINE, BAD_CSV, NOT_AN_OBJECT, or a code of ``strict_json.decode``.

        """
        if item.length > len(item.data):
            raise Refused(
                Code.LINE_TOO_LONG,
                f"the record has {item.length:,} bytes, {windows.MAX_ITEM:,} are allowed; shorten it. It is kept whole "
                f"in the dropped file, from byte {item.start}; the quarantine holds its beginning",
            )
        if self._dialect is not None:
            return rows.record(item.data, self._dialect)
        if not item.data.strip(SPACE):
            raise self._nothing()
        value = strict_json.decode(item.data)
        if type(value) is dict:
            return value
        raise Refused(Code.NOT_AN_OBJECT, f"the record is {_kind(value)}; write an object with named fields")

    def _nothing(self) -> Refused:
        if self.container is Container.JSON:
            return Refused(Code.BAD_JSON, "nothing stands before or behind a comma of the array; remove the comma")
        return Refused(Code.EMPTY_LINE, "the line is empty; remove it")


def open_reading(stream: Source, *, name: str = "", limits: Limits = _DEFAULT) -> Reading:
    """Look at the beginning of a dropped file, plain or packed, and return the reading of its items.

    An array begins with ``[`` and JSONL with ``{``; all else is CSV, unless lines that begin an object follow. ``name``
    is for messages alone. A byte order mark belongs to no item. The items are the same however ``stream`` hands out its
    bytes. Memory: at most 16 MiB whatever is dropped, and the window of a zstd file.

    Raises:
        DatasetUnreadable: binary, another encoding, a damaged archive, no container that we know, beyond ``limits``.

    """
    try:
        reading = _open(chunks_of(stream, limits), limits.max_items)
    except DatasetUnreadable as error:
        raise _named(name, error) from None
    reading.name = name
    return reading


def _named(name: str, error: DatasetUnreadable) -> DatasetUnreadable:
    return DatasetUnreadable(f"{name}: {error}" if name else str(error))


def _open(chunks: Iterator[bytes], max_items: int) -> Reading:
    first = b""
    try:
        while not first.removeprefix(BOM).strip(SPACE) and len(first) <= windows.MAX_ITEM:
            if not (more := next(chunks, b"")):
                break
            first += more
    except Broken as broken:
        raise unreadable(broken, line=first.count(b"\n"), offset=len(first)) from None
    start = len(BOM) if first.startswith(BOM) else 0
    first = first[start:]
    chunks = chain([first], chunks) if first else chunks
    container = _container(first)
    if container is Container.JSONL:
        return Reading(container, read_lines(chunks, start, max_items))
    window = Window(chunks, start, max_items)
    window.more()
    if container is Container.JSON:
        return Reading(container, blocks_of(read_array(window)))
    dialect = rows.read_header(window)
    return Reading(container, blocks_of(rows.read_rows(window, dialect)), dialect)


def _container(first: bytes) -> Container:
    text = first.lstrip(SPACE)
    line, _, rest = text.partition(b"\n")
    if not text:
        return Container.JSONL
    if text.startswith(b"["):
        return Container.JSONL if rest.lstrip(SPACE).startswith(b"{") and _complete(line) else Container.JSON
    if not text.startswith(b"{"):
        return Container.JSONL if _OBJECT_LINE.search(text) else Container.CSV
    if (found := _WRAPPED.match(text)) and not _NEXT_RECORD.search(text):
        raise DatasetUnreadable(
            f"the file is one object with the records in {found[1].decode()!r} (line 1); drop that array itself"
        )
    if line.strip(SPACE) == b"{":
        raise DatasetUnreadable(
            "the records stand over several lines (line 1 is a { alone); write one whole object a line, or one array"
        )
    return Container.JSONL


def _complete(line: bytes) -> bool:
    try:
        strict_json.decode(line)
    except Refused:
        return False
    return True


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array"
