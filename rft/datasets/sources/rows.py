"""CSV with a header (RFC 4180): rows as bytes, and fields of a row by name.

A quote opens a field only where the field begins, so a stray one spoils its row and no other. Comma, semicolon and tab
are known; the header shows which.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from rft.datasets.codes import Code
from rft.datasets.items import Item, Refused
from rft.datasets.sources import window as windows
from rft.datasets.sources.window import Long, Window

MAX_HEADER: Final = 1 << 16  # bytes
DELIMITERS: Final = (",", "\t", ";")
_NAME: Final = re.compile(r"[\w .\-]{1,64}")
_EMPTY: Final = re.compile(rb"[ \t\r\n]*\n")
_INSIDE: Final = re.compile(rb'(?:[^"]++|"")*+')


class Dialect(Struct, frozen=True):
    """How the rows of one file are written, and the names of its fields."""

    delimiter: str
    names: tuple[str, ...]
    plain: re.Pattern[bytes]  # up to a line feed, or a delimiter before a quote
    field: re.Pattern[str]  # one field of a row, as text


def read_header(window: Window) -> Dialect:
    """Read the header at the window's place.

    Raises:
        DatasetUnreadable: the first line is no header: not UTF-8, too long, or its names are empty or repeated.

    """
    if blank := _EMPTY.match(window.data, window.place):
        window.skip(blank.end())
    while (end := window.data.find(b"\n", window.place)) < 0 and len(window.data) - window.place <= MAX_HEADER:
        if not window.more():
            break
    first = window.data[window.place : end if end >= 0 else len(window.data)]
    bare = re.sub(rb'"[^"]*+"?', b"", first).decode(errors="replace")
    delimiter = max(DELIMITERS, key=bare.count)
    unnamed = _dialect(delimiter, ())
    line, offset = window.line, window.offset
    item = _row(window, unnamed)
    if item is None or item.length > MAX_HEADER:
        what = f"the first line is no CSV header: it has over {MAX_HEADER:,} bytes"
        raise window.broken(what, line=line, offset=offset)
    try:
        names = [name.strip() for name in _fields(item.data, unnamed)]
    except Refused as refused:
        raise window.broken(f"the first line is no CSV header: {refused.reason}", line=line, offset=offset) from None
    if len(names) == 1 and not _NAME.fullmatch(names[0]):
        raise window.broken(
            f"the file is neither JSONL, nor a JSON array, nor CSV with a header: it begins with "
            f"{item.data[:40].decode(errors='replace')!r}",
            line=line,
            offset=offset,
        )
    for place, name in enumerate(names):
        if not name:
            raise window.broken(
                f"the CSV header has no name for field {place + 1}; give it one", line=line, offset=offset
            )
        if name in names[:place]:
            raise window.broken(f"the CSV header names {name[:60]!r} twice; rename one", line=line, offset=offset)
    return _dialect(delimiter, tuple(names))


def read_rows(window: Window, dialect: Dialect) -> Iterator[Item]:
    """Yield the rows behind the header, empty lines too.

    Raises:
        DatasetUnreadable: a quote is never closed; the message names the place where its row begins.

    """
    window.number = 0
    while item := _row(window, dialect):
        yield item


def record(data: bytes, dialect: Dialect) -> dict[str, Any]:
    """Return the fields of a row by name; all are strings.

    Raises:
        Refused: EMPTY_LINE, BAD_ENCODING, or BAD_CSV for a row that does not fit the header or quotes wrongly.

    """
    if not data.strip(b" \t\r"):
        raise Refused(Code.EMPTY_LINE, "the line is empty; remove it")
    fields = _fields(data, dialect)
    if len(fields) != len(dialect.names):
        raise Refused(
            Code.BAD_CSV,
            f"the row has {_count(len(fields))}, the header names {len(dialect.names)}; "
            f"enclose a field that holds {_shown(dialect.delimiter)} or a line feed in quotes",
        )
    return dict(zip(dialect.names, fields, strict=True))


def _dialect(delimiter: str, names: tuple[str, ...]) -> Dialect:
    return Dialect(
        delimiter,
        names,
        re.compile(rb'(?:[^\n%b]++|%b(?!")){0,256}' % (delimiter.encode(), delimiter.encode())),
        re.compile(rf'(?:"((?:[^"]++|"")*+)"|([^"\r{delimiter}]*+))({delimiter}|\Z)'),
    )


def _row(window: Window, dialect: Dialect) -> Item | None:
    """Return the next row without its line feed, None at the end of the text."""
    while (end := window.data.find(b"\n", window.place)) < 0:
        if len(window.data) - window.place > windows.MAX_ITEM or not window.more():
            return _measured(window, dialect) if window.place < len(window.data) else None
    if window.data.find(b'"', window.place, end) >= 0:
        return _measured(window, dialect)
    item = window.take(end, strip=b"")
    window.skip(end + 1)
    return item


def _measured(window: Window, dialect: Dialect) -> Item:
    """Return the row at the window's place, of any length, also without a line feed behind it."""
    long = Long(window, strip=b"")
    begins, quoted = True, False  # where the scan stands, from chunk to chunk
    while True:
        data, place = window.data, window.place
        while place < len(data):
            if quoted:
                found = _INSIDE.match(data, place)
                place = found.end() if found else place
                if place >= len(data) - 1:
                    break  # a quote at the end waits for its second
                place += 1
                quoted = False
            elif begins and data[place : place + 1] == b'"':
                place += 1
                begins, quoted = False, True
            else:
                found = dialect.plain.match(data, place)
                place = found.end() if found else place
                if data[place : place + 1] == b"\n":
                    long.skip(place)
                    window.skip(place + 1)
                    return long.item()
                begins = place < len(data) or data.endswith(dialect.delimiter.encode())
                place += begins and place < len(data)
        long.skip(place)
        if not window.more():
            break
    if window.place < len(window.data):  # a quote that closes the last field
        long.skip(len(window.data))
        quoted = False
    if quoted:
        raise window.broken(
            "a quote is never closed in the row that begins here; close it, or double it",
            line=long.line,
            offset=long.offset,
        )
    return long.item()


def _fields(data: bytes, dialect: Dialect) -> list[str]:
    try:
        text = data.removesuffix(b"\r").decode()
    except UnicodeDecodeError as error:
        raise Refused(Code.BAD_ENCODING, f"byte {error.start + 1} is not UTF-8; save the file as UTF-8") from None
    if "\0" in text:
        raise Refused(Code.BAD_CSV, f"a NUL stands at character {text.index(chr(0)) + 1}; remove it")
    if '"' not in text and "\r" not in text:
        return text.split(dialect.delimiter)
    fields: list[str] = []
    place = 0
    while found := dialect.field.match(text, place):
        quoted, plain, delimiter = found.groups()
        fields.append(plain if quoted is None else quoted.replace('""', '"'))
        place = found.end()
        if not delimiter:
            return fields
    return _refuse(text, place, len(fields) + 1)


def _refuse(text: str, place: int, number: int) -> list[str]:
    if re.compile(r'[^"\r]*\r').match(text, place):
        raise Refused(
            Code.BAD_CSV, f"field {number} holds a carriage return outside quotes; save the file with line feeds"
        )
    raise Refused(
        Code.BAD_CSV,
        f"field {number}, from character {place + 1}, has a quote in its middle; enclose the field in quotes and "
        f"double the quotes in it",
    )


def _count(number: int) -> str:
    return "1 field" if number == 1 else f"{number} fields"


def _shown(delimiter: str) -> str:
    return "a tab" if delimiter == "\t" else f"a {delimiter!r}"
