"""Which records are usual in what they say: in standard form already, and with nothing that a check would tell."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from rft.datasets.checks.answer_leak import answer_leak
from rft.datasets.checks.characters import CONTROL, possible
from rft.datasets.checks.scanning import Detectors
from rft.datasets.checks.tokens import Fit, PromptLength
from rft.datasets.express.records import Message, Record, Records
from rft.datasets.items import Item
from rft.datasets.sources.strict_json import escaped_colon
from rft.datasets.standard import evened


class Usual:
    """Looks at the records of a file. ``ids`` says that a record without an id is not usual."""

    def __init__(self, records: Records, length: PromptLength, detectors: Detectors | None, *, ids: bool) -> None:
        self._records, self._length, self._detectors = records, length, detectors
        self._ids = ids

    def among(self, items: Sequence[Item]) -> tuple[list[Item], list[Any]]:
        """Return the usual items, and their records.

        One loop, since calls would take longer than what is asked.
        """
        read, detectors, enough = self._records.read, self._detectors, self._length.enough
        joined = b"".join([item.data for item in items])
        plain = joined.isascii() and b"\x7f" not in joined and b"\r" not in joined and b"\n" not in joined
        escapes = b"\\" in joined
        usual: tuple[list[Item], list[Any]] = ([], [])
        take, keep = usual[0].append, usual[1].append
        for item in items:
            if (record := read(item)) is None or (self._ids and record.id is UNSET):
                continue
            messages = record.messages
            user = messages[-1].content
            size = len(user)
            if not user or user.strip() != user:
                continue
            if len(messages) > 1:
                system = messages[0].content
                size += len(system) + 1
                if not system or system.strip() != system:
                    continue
            if (reference := record.reference_answer) is not UNSET and _remarkable(reference, user):
                continue
            if (not plain or (escapes and b"\\" in item.data)) and not _fine(item.data, record):
                continue
            if size > enough and not self._fits(messages):
                continue
            if detectors is None or detectors.clean(item.data) or detectors.clean(self._text(record)):
                take(item)
                keep(record)
        return usual

    def _text(self, record: Record) -> bytes:
        """Return the texts of a record whose JSON may hold something: escapes alone make it look so."""
        return self._records.text(record).encode()

    def _fits(self, messages: Sequence[Message]) -> bool:
        return self._length.verdict("\n".join([message.content for message in messages])) is Fit.WITHIN


def _remarkable(reference: str | dict[str, Any], user: str) -> bool:
    """Return whether a reference is no answer, or leaks into the prompt."""
    if not reference or (type(reference) is str and reference.isspace()):
        return True
    return answer_leak(reference, user) is not None


def _fine(data: bytes, record: Record) -> bool:
    """Return whether a record has one Unicode form, no control characters, and no escape that hides a colon."""
    # White space that would end the line; and what would spoil the count of colons.
    if b"\r" in data or b"\n" in data or escaped_colon(data):
        return False
    texts = [message.content for message in record.messages]
    if type(record.reference_answer) is str:
        texts.append(record.reference_answer)
    if any(evened(text) != text for text in texts):
        return False
    return not possible(data) or not any(map(CONTROL.search, texts))
