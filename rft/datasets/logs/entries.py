"""From the objects of a log to a sample of the entries that are wanted and can be used, with counts of all others."""

import re
from bisect import bisect_left
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, field

from rft.datasets.codes import Code
from rft.datasets.items import Container, Item, Refused
from rft.datasets.logs.bodies import SIDES, is_apart
from rft.datasets.logs.sample import Sample
from rft.datasets.logs.source import LogSource
from rft.datasets.metadata_filter import matches
from rft.datasets.rules import DataRules
from rft.datasets.shapes import logs as shape
from rft.datasets.sources.compression import Source
from rft.datasets.sources.containers import Reading, open_reading
from rft.datasets.sources.text import SPACE
from rft.errors import DatasetUnreadable

SHOWN: Final = 3  # examples of each kind
_NO_LINE_FEEDS: Final = bytes.maketrans(b"\r\n", b"  ")
_RULES: Final = DataRules()
_day = re.compile(r"\d{4}-\d{2}-\d{2}(?=T)").match


class Outcome(StrEnum):
    """Why an entry, or an object, is not in the sample; the keys of the notes."""

    FILTERED = "filtered"
    UNUSABLE = "unusable"
    UNREADABLE = "unreadable"
    BROKEN = "unreadable object"


class Counts(Struct, kw_only=True):
    """What was read, and what became of it. Counts of parts add up to those of the whole."""

    objects: int = 0
    bytes: int = 0  # of the objects, as they are stored
    broken: int = 0  # objects whose end could not be read
    seen: int = 0
    filtered: int = 0
    unusable: int = 0
    unreadable: int = 0
    notes: dict[str, list[str]] = field(default_factory=dict)  # the first few by name, for each outcome

    def note(self, outcome: Outcome, text: str) -> None:
        """Keep an example, if it is one of the first in the order of their texts."""
        kept = self.notes.setdefault(outcome.value, [])
        place = bisect_left(kept, text)
        if place < SHOWN and text not in kept[place : place + 1]:
            kept.insert(place, text)
            del kept[SHOWN:]

    def add(self, other: "Counts") -> None:
        """Add the counts of another part."""
        self.objects += other.objects
        self.bytes += other.bytes
        self.broken += other.broken
        self.seen += other.seen
        self.filtered += other.filtered
        self.unusable += other.unusable
        self.unreadable += other.unreadable
        for outcome, texts in other.notes.items():
            for text in texts:
                self.note(Outcome(outcome), text)


class Sampler:
    """Draws a sample from some of the objects of a log."""

    def __init__(self, source: LogSource, sample: Sample | None = None) -> None:
        self._source = source
        self._first_day = str(source.first_day or "0")
        self._last_day = str(source.last_day or "9999-12-31")
        self.sample = sample or Sample(max_records=source.max_records)
        self.counts = Counts()

    def read(self, stream: Source, *, name: str, size: int) -> None:
        """Look at all entries of an object of ``size`` bytes, plain or packed; of one that breaks off, at those before.

        Memory: what ``open_reading`` takes, and the sample.
        """
        self.counts.objects += 1
        self.counts.bytes += size
        try:
            reading = open_reading(stream)
            for item in reading:
                if item.data:
                    self._look(reading, item, name)
        except DatasetUnreadable as error:
            self.broken(name, str(error))

    def broken(self, name: str, why: str) -> None:
        """Note that an object cannot be read, or not to its end."""
        self.counts.broken += 1
        self.counts.note(Outcome.BROKEN, f"{name}: {why}")

    def _look(self, reading: Reading, item: Item, name: str) -> None:
        counts = self.counts
        counts.seen += 1
        try:
            value = reading.decode(item)
        except Refused as refused:
            counts.unreadable += 1
            counts.note(Outcome.UNREADABLE, f"{name}, line {item.line}: {refused.reason}")
            return
        try:
            wanted = self._wanted(value)
            if wanted:
                _use(value, reading.container)
        except Refused as refused:
            counts.unusable += 1
            counts.note(Outcome.UNUSABLE, f"{name}, line {item.line}: {refused.reason}")
            return
        if wanted:
            self.sample.add(item.data.strip(SPACE).translate(_NO_LINE_FEEDS))  # JSON has them between values alone
        else:
            counts.filtered += 1

    def _wanted(self, value: dict[str, Any]) -> bool:
        source = self._source
        if source.first_day or source.last_day:
            day = _day(str(value.get("timestamp")))
            if not day or not self._first_day <= day[0] <= self._last_day:
                return False
        metadata = value.get("requestMetadata")
        return source.metadata_filter is None or matches(
            source.metadata_filter, metadata if isinstance(metadata, Mapping) else None
        )


def _use(value: dict[str, Any], container: Container) -> None:
    """Raise what the converter would say of an entry. Of one whose bodies stand apart it says nothing yet."""
    if container is Container.CSV:
        raise Refused(Code.OTHER_SHAPE, "a row of a table is no entry of an invocation log")
    apart = any(is_apart(value.get(side), side) for side in SIDES)
    if not apart or not shape.fits(value, _RULES) or value.get("errorCode"):
        shape.convert(value, None, _RULES)
