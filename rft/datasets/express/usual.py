"""Which records are usual in what they say: in standard form already, and with nothing that a check would tell."""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import compress, pairwise
from typing import Any, Final

from msgspec import UNSET, Struct

from rft.datasets.checks.answer_leak import answer_leak, surely_no_leak
from rft.datasets.checks.characters import CONTROL, possible
from rft.datasets.checks.scanning import Detectors
from rft.datasets.checks.tokens import Fit, PromptLength
from rft.datasets.express.records import Record, Records, Texts, texts_of
from rft.datasets.sources import window as windows
from rft.datasets.sources.blocks import Block
from rft.datasets.sources.strict_json import escaped_colon
from rft.datasets.standard import evened

_BACKSLASH: Final = ord("\\")
_OPENING, _CLOSING = ord("{"), ord("}")
_SPECIAL: Final = (b"\\", b"\x7f", b"\r", b"\n")
_HARMLESS: Final = frozenset(b'nt"')  # behind a backslash


class Found(Struct, frozen=True):
    """Usual items of a block: their places in it, their bytes and records, and what these say."""

    block: Block
    places: Sequence[int]
    lines: list[memoryview]
    records: list[Any]
    texts: Texts
    joined: bytes  # the lines as one; of a whole block as they are in it

    @property
    def whole(self) -> bool:
        """Whether all items of the block are usual."""
        return len(self.places) == len(self.block)


class Usual:
    """Looks at the records of a file. ``ids`` says that a record without an id is not usual."""

    def __init__(self, records: Records, length: PromptLength, detectors: Detectors | None, *, ids: bool) -> None:
        self._records, self._length, self._detectors = records, length, detectors
        self._ids = ids

    def among(self, block: Block) -> Found:
        """Return the usual items of a block.

        Each thing is asked of all at once; only where it is not surely so of all, of each record.
        """
        found = self._quiet(self._formed(self._read(block)))
        if self._detectors is None:
            return found
        return _narrowed(found, [map(partial(self._clean, self._detectors), map(bytes, found.lines), found.records)])

    def _read(self, block: Block) -> Found:
        """Return those that are records."""
        lines = block.views()
        records = self._records.read(lines)
        places: Sequence[int] = range(len(block))
        if None in records:
            places = [place for place in places if records[place] is not None]
            lines, records = [lines[place] for place in places], [records[place] for place in places]
        return _found(block, places, lines, records)

    def _formed(self, found: Found) -> Found:
        """Return those that have the usual form."""
        texts, doubts = found.texts, list[Iterable[bool]]()
        if not _surely_formed(found):
            doubts.append(map(_formed, found.lines, found.records))
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
        if found.block.has_feeds or not _surely_fine(found):
            doubts.append(map(_fine, map(bytes, found.lines), found.records))
        if not self._surely_fit(texts):
            doubts.append(map(self._fits, found.records))
        return _narrowed(found, doubts)

    def _surely_fit(self, texts: Texts) -> bool:
        """Return whether no prompt has as many bytes as could be too many tokens."""
        longest = max(map(len, texts.users), default=0) + 1 + max(map(len, texts.distinct), default=0)
        if longest * 4 <= self._length.room:
            return True
        return longest <= self._length.room and all(map(str.isascii, (*texts.users, *texts.distinct)))

    def _fits(self, record: Record) -> bool:
        return self._length.verdict("\n".join([message.content for message in record.messages])) is Fit.WITHIN

    def _clean(self, detectors: Detectors, line: bytes, record: Record) -> bool:
        """Return whether nothing personal or secret is in a record: escapes alone may make its JSON look so."""
        return detectors.clean(line) or detectors.clean(self._records.text(record).encode())


def _found(block: Block, places: Sequence[int], lines: list[memoryview], records: list[Any]) -> Found:
    joined = block.data if len(places) == len(block) else b"".join(lines)
    return Found(block, places, lines, records, texts_of(records), joined)


def _narrowed(found: Found, doubts: list[Iterable[bool]]) -> Found:
    """Return those of which no doubt is False."""
    if not doubts:
        return found
    usual = [all(answers) for answers in zip(*doubts, strict=True)]
    if all(usual):
        return found
    left = ([*compress(column, usual)] for column in (found.places, found.lines, found.records))
    return _found(found.block, *left)


def _surely_formed(found: Found) -> bool:
    """Return whether ``_formed`` surely holds for all."""
    lines = found.lines
    if {line[0] for line in lines} != {_OPENING} or {line[-1] for line in lines} != {_CLOSING}:
        return False
    if max(map(len, lines)) >= windows.MAX_ITEM:
        return False
    messages = [record.messages for record in found.records]
    last, first = {one[-1].role for one in messages}, {one[0].role for one in messages if len(one) > 1}
    return last == {"user"} and "user" not in first


def _formed(line: memoryview, record: Record) -> bool:
    """Return whether a line is one object and no more, not cut off, with a user's message behind one that is none."""
    messages = record.messages
    roles = messages[-1].role == "user" and (len(messages) == 1 or messages[0].role != "user")
    return roles and line[0] == _OPENING and line[-1] == _CLOSING and len(line) < windows.MAX_ITEM


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


def _surely_fine(found: Found) -> bool:
    """Return whether ``_fine`` surely holds for all records; no line feed is in one of them."""
    import numpy as np  # a function that has no such file to read does not load it

    if not found.joined.isascii() or b"\x7f" in found.joined or b"\r" in found.joined:
        return False
    find, bounds = found.block.data.find, found.block.bounds
    spans = pairwise(bounds) if found.whole else ((bounds[place], bounds[place + 1]) for place in found.places)
    escaped = [line for line, (begin, end) in zip(found.lines, spans, strict=True) if find(b"\\", begin, end) >= 0]
    codes = np.frombuffer(b"".join(escaped), np.uint8)
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
