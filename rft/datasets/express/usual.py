"""Which records are usual in what they say: in standard form already, and with nothing that a check would tell."""

from collections.abc import Iterable
from functools import partial
from itertools import compress
from operator import attrgetter
from typing import Any, Final

from msgspec import UNSET, Struct

from rft.datasets.checks.answer_leak import answer_leak, surely_no_leak
from rft.datasets.checks.characters import CONTROL, possible
from rft.datasets.checks.scanning import Detectors
from rft.datasets.checks.tokens import Fit, PromptLength
from rft.datasets.express.records import Record, Records, Texts, texts_of
from rft.datasets.items import Item
from rft.datasets.sources import window as windows
from rft.datasets.sources.strict_json import escaped_colon
from rft.datasets.standard import evened

_DATA: Final = attrgetter("data")
_BACKSLASH: Final = ord("\\")
_CONTROLS: Final = (b"\x7f", b"\r", b"\n")
_SPECIAL: Final = (b"\\", *_CONTROLS)
_HARMLESS: Final = frozenset(b'nt"')  # behind a backslash


class Found(Struct, frozen=True):
    """Usual items: their records, what these say, their lines, and the lines as one."""

    items: list[Item]
    records: list[Any]
    texts: Texts
    lines: list[bytes]
    joined: bytes


class Usual:
    """Looks at the records of a file. ``ids`` says that a record without an id is not usual."""

    def __init__(self, records: Records, length: PromptLength, detectors: Detectors | None, *, ids: bool) -> None:
        self._records, self._length, self._detectors = records, length, detectors
        self._ids = ids

    def among(self, items: list[Item]) -> Found:
        """Return the usual ones of items.

        Each thing is asked of all at once; only where it is not surely so of all, of each record.
        """
        found = self._quiet(self._formed(_found(*self._records.read(items))))
        if self._detectors is None:
            return found
        return _narrowed(found, [map(partial(self._clean, self._detectors), found.lines, found.records)])

    def _formed(self, found: Found) -> Found:
        """Return those that have the usual form."""
        texts, doubts = found.texts, list[Iterable[bool]]()
        if not _surely_formed(found):
            doubts.append(map(_formed, found.items, found.records))
        if self._ids and UNSET in texts.own:
            doubts.append([one is not UNSET for one in texts.own])
        if not all(texts.users) or list(map(str.strip, texts.users)) != texts.users:
            doubts.append(map(_bare, texts.users))
        if not all(map(_bare, texts.distinct)):
            doubts.append([one is None or _bare(one) for one in texts.systems])
        return _narrowed(found, doubts)

    def _quiet(self, found: Found) -> Found:
        """Return those that say nothing to be told."""
        texts, doubts = found.texts, list[Iterable[bool]]()
        if not (set(map(type, texts.references)) == {str} and surely_no_leak(texts.references, texts.users)):
            doubts.append(map(_unremarkable, texts.references, texts.users))
        if not _surely_fine(found.joined):
            doubts.append(map(_fine, found.lines, found.records))
        if not self._surely_fit(texts):
            doubts.append(map(self._fits, found.records))
        return _narrowed(found, doubts)

    def _surely_fit(self, texts: Texts) -> bool:
        """Return whether no prompt has as many bytes as could be too many tokens."""
        longest = max(map(len, texts.users), default=0) + 1 + max(map(len, texts.distinct), default=0)
        bytes_each = 1 if all(map(str.isascii, texts.users)) and all(map(str.isascii, texts.distinct)) else 4
        return longest * bytes_each <= self._length.room

    def _fits(self, record: Record) -> bool:
        return self._length.verdict("\n".join([message.content for message in record.messages])) is Fit.WITHIN

    def _clean(self, detectors: Detectors, line: bytes, record: Record) -> bool:
        """Return whether nothing personal or secret is in a record: escapes alone may make its JSON look so."""
        return detectors.clean(line) or detectors.clean(self._records.text(record).encode())


def _found(items: list[Item], records: list[Any]) -> Found:
    lines = list(map(_DATA, items))
    return Found(items, records, texts_of(records), lines, b"".join(lines))


def _narrowed(found: Found, doubts: list[Iterable[bool]]) -> Found:
    """Return those of which no doubt is False."""
    if not doubts:
        return found
    usual = [all(answers) for answers in zip(*doubts, strict=True)]
    return found if all(usual) else _found([*compress(found.items, usual)], [*compress(found.records, usual)])


def _surely_formed(found: Found) -> bool:
    """Return whether ``_formed`` surely holds for all: what was decoded is an object, with white space at most."""
    if list(map(bytes.strip, found.lines)) != found.lines or max(map(len, found.lines), default=0) >= windows.MAX_ITEM:
        return False
    messages = [record.messages for record in found.records]
    last, first = {one[-1].role for one in messages}, {one[0].role for one in messages if len(one) > 1}
    return last == {"user"} and "user" not in first


def _formed(item: Item, record: Record) -> bool:
    """Return whether an item is one whole object and no more, with a user's message behind one that is none."""
    messages = record.messages
    roles = messages[-1].role == "user" and (len(messages) == 1 or messages[0].role != "user")
    return roles and item.data[:1] == b"{" and item.data[-1:] == b"}" and not item.cut


def _bare(text: str) -> bool:
    """Return whether there is a text, without white space around it."""
    return bool(text) and text.strip() == text


def _unremarkable(reference: Any, user: str) -> bool:
    """Return whether there is no reference, or one that is an answer and does not leak into the prompt."""
    if reference is UNSET:
        return True
    if not reference or (type(reference) is str and reference.isspace()):
        return False
    return answer_leak(reference, user) is None


def _surely_fine(joined: bytes) -> bool:
    """Return whether ``_fine`` surely holds for all records, from their joined bytes."""
    import numpy as np  # a function that has no such file to read does not load it

    if not joined.isascii() or any(byte in joined for byte in _CONTROLS):
        return False
    codes = np.frombuffer(joined, np.uint8)
    return {*codes[np.flatnonzero(codes == _BACKSLASH) + 1].tolist()} <= _HARMLESS


def _fine(data: bytes, record: Record) -> bool:
    """Return whether a record has one Unicode form, no control characters, and no escape that hides a colon."""
    if data.isascii() and not any(byte in data for byte in _SPECIAL):
        return True
    # White space that would end the line; and what would spoil the count of colons.
    if b"\r" in data or b"\n" in data or escaped_colon(data):
        return False
    texts = [message.content for message in record.messages]
    if type(record.reference_answer) is str:
        texts.append(record.reference_answer)
    if any(evened(text) != text for text in texts):
        return False
    return not possible(data) or not any(map(CONTROL.search, texts))
