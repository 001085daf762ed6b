"""The elements of one JSON array, found without parsing: commas outside brackets and strings part them.

What is between the commas may be no JSON; then its item says so when it is decoded. A string ends at its quote, or at a
line feed, which no JSON string may hold: so a lost quote spoils one line, not the file.
"""

import re
from collections.abc import Iterator
from typing import Final

from rft.datasets.items import Item
from rft.datasets.sources.window import Long, Window

_INSIDE: Final = rb'(?:[^"\\\n]++|\\[^\n])*+'
_STRING: Final = rb'"' + _INSIDE + rb'(?:"|\\?(?=\n))'
# What leaves the depth as it is. The groups are greedy, not possessive, since Python before 3.11.5 goes wrong where the
# last turn of a possessive group fails midway; and they are bounded, since a greedy group remembers each of its turns.
_FLAT: Final = rb'[^"\[\]{}]++|' + _STRING
_CLOSED: Final = rb"[\[{](?:" + _FLAT + rb"){0,32}[\]}]"
_INNER: Final = re.compile(rb"(?:" + _FLAT + rb"|" + _CLOSED + rb"){0,256}")
_TOKEN: Final = re.compile(_STRING + rb'|[\[\]{},"]')
_REST: Final = re.compile(_INSIDE)
_BLANK: Final = re.compile(rb"[ \t\r\n]*+")
LINE_FEED: Final = 10


def read_array(window: Window) -> Iterator[Item]:
    """Yield the elements of the array at the window's place.

    Raises:
        DatasetUnreadable: an element or the array has no end, or text follows the array; the message names the place.

    """
    _blank(window)
    window.skip(window.place + 1)  # the bracket
    first = True
    while True:
        item = _element(window)
        closing = window.data[window.place : window.place + 1] == b"]"
        if not (first and closing and not item.length):
            yield item
        first = False
        window.skip(window.place + 1)
        if closing:
            break
    if _blank(window):
        raise window.broken(
            "text follows the end of the array; drop one array, or JSONL with one object a line, and look for a "
            "surplus ] before this place"
        )


def _end(pattern: re.Pattern[bytes], data: bytes, place: int) -> int:
    """Return where the match of a pattern that always matches ends."""
    found = pattern.match(data, place)
    return found.end() if found else place


def _blank(window: Window) -> bool:
    """Read over white space; whether something follows it."""
    while True:
        window.skip(_end(_BLANK, window.data, window.place))
        if window.place < len(window.data):
            return True
        if not window.more():
            return False


def _element(window: Window) -> Item:
    """Return the next element, of any depth and length."""
    _blank(window)
    long = Long(window)
    depth, quoted = 0, False  # where the scan stands, from chunk to chunk
    while True:
        data, place = window.data, window.place
        while place < len(data):
            if quoted:
                place = _end(_REST, data, place)
                if data[place:] in (b"", b"\\"):
                    break  # a backslash at the end waits for what it escapes
                place += data[place] != LINE_FEED
                quoted = False
            if depth:
                place = _end(_INNER, data, place)
            if not (found := _TOKEN.search(data, place)):
                place = len(data)
                break
            token, place = found[0], found.end()
            if depth == 0 and token in (b",", b"]"):
                long.skip(found.start())
                return long.item()
            if token in (b"[", b"{"):
                depth += 1
            elif token in (b"]", b"}"):
                depth = max(depth - 1, 0)
            quoted = token == b'"'
        long.skip(place)
        if not window.more():
            raise window.broken(
                f"the array's element {window.number + 1:,} has no end: a bracket or a quote is missing in it, or the "
                f"file is cut off",
                line=long.line,
                offset=long.offset,
            )
