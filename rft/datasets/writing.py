"""The files of a dataset version while they are made: splits, quarantine, and the bytes of what may yet be refused.

Every line is written once while the file streams by; where a comparison takes records out afterwards, their splits are
copied without them. An original is not kept twice: mostly it is the line itself.
"""

import base64
import hashlib
import heapq
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

import msgspec

from rft.datasets.codes import Code
from rft.datasets.hashing import Hashing
from rft.datasets.items import Item
from rft.datasets.table import NUMBER_OF, SPLITS, Table
from rft.keys import Split
from rft.schemas import Quarantined

QUARANTINE: Final = "quarantine.jsonl"
BUFFER: Final = 1 << 18  # bytes
LINE: Final = 0  # the original is the line
PREFIXED: Final = 1  # the original is the line behind the id that was put before it
KEPT: Final = 2  # from here on: its offset in the file of originals, plus this
_encode = msgspec.json.Encoder().encode


def prefix(identity: str) -> bytes:
    """Return what is put before a record without an id, in the place of its opening brace."""
    return b'{"id":"' + identity.encode() + b'",'


PREFIX_LENGTH: Final = len(prefix("r-0123456789abcdef"))


class Files:
    """The open files of a version below ``work``."""

    def __init__(self, work: Path, table: Table, hashing: Hashing) -> None:
        self.table = table
        self._work = work
        self._splits = {split: (work / f"{split}.jsonl").open("w+b", BUFFER) for split in Split}
        self._by_number = [hashing.sha256(self._splits[split]) for split in Split]
        self._ends = [0 for _ in Split]
        self._whole: dict[Path, str] = {}  # hashes of the files that hold all that was written to them
        self._originals = (work / "originals").open("w+b", BUFFER)
        self._originals_end = 0
        self._last: tuple[int, int] = (-1, 0)  # item and place of what was kept last
        self._refused = (work / "refused").open("w+b", BUFFER)
        self._refused_items = array("I")
        self.refused: Counter[Code] = Counter()
        self._mark = 0

    def write(self, split: int, line: bytes) -> int:
        """Append a line (with its line feed) to a split, by number; return where it begins."""
        offset = self._ends[split]
        self._by_number[split].update(line)
        self._ends[split] = offset + len(line)
        return offset

    def write_all(self, splits: Sequence[int], lines: Sequence[bytes | memoryview]) -> list[int]:
        """Append lines, which have no line feed, to their splits; return where they begin."""
        ends = self._ends
        offsets = []
        parts: list[list[bytes | memoryview]] = [[] for _ in ends]
        for split, line in zip(splits, lines, strict=True):
            offsets.append(ends[split])
            ends[split] += len(line) + 1
            parts[split].append(line)
        for mine, part in zip(self._by_number, parts, strict=True):
            if part:
                part.append(b"")  # for the last line feed
                mine.update(b"\n".join(part))
        return offsets

    def keep(self, item: Item) -> int:
        """Keep the bytes of an item that its line does not hold; return the table's value of them."""
        if self._last[0] != item.number:
            self._last = (item.number, self._originals_end + KEPT)
            self._originals.write(len(item.data).to_bytes(4) + item.data)
            self._originals_end += 4 + len(item.data)
        return self._last[1]

    def refuse(self, item: Item, code: Code, reason: str) -> None:
        """Put an item into quarantine."""
        self._refused.write(_quarantined(item.number, item.line, code, reason, item.data))
        self._refused_items.append(item.number)
        self.refused[code] += 1

    def mark(self) -> None:
        """Remember how the quarantine stands."""
        self._mark = self._refused.tell()

    def rewind(self, code: Code, count: int) -> None:
        """Forget what was refused since the mark: ``count`` times ``code``."""
        self._refused.seek(self._mark)
        self._refused.truncate()
        del self._refused_items[-count:]
        self.refused[code] -= count

    def line(self, row: int) -> bytes:
        """Return a row's line, without its line feed; after it, no line is written any more."""
        split = self.table.split[row]
        self._by_number[split].settle()
        stream = self._splits[SPLITS[split]]
        stream.seek(self.table.offset[row])
        return stream.readline()[:-1]

    def finish(self, gone: Mapping[int, tuple[Code, str]]) -> dict[Path, int]:
        """Close the files without the rows in ``gone`` (code and reason by row), which go to quarantine.

        Returns:
            The files of the version with their numbers of lines; the quarantine is in the order of the dropped file.

        """
        for written in self._by_number:
            written.settle()
        late = sorted(gone)
        made = {}
        with (self._work / QUARANTINE).open("wb", BUFFER) as quarantine:
            removed = ((self.table.item[row], self._late(row, *gone[row])) for row in late)
            self._refused.seek(0)
            refused = zip(self._refused_items, self._refused, strict=True)
            for _, line in heapq.merge(refused, removed, key=lambda pair: pair[0]):
                quarantine.write(line)
        made[self._work / QUARANTINE] = len(self._refused_items) + len(late)
        for split, stream in self._splits.items():
            rows = [row for row in late if self.table.split[row] == NUMBER_OF[split]]
            self._copy_without(stream, Path(stream.name), [self.table.offset[row] for row in rows])
            made[Path(stream.name)] = self.table.split.count(NUMBER_OF[split]) - len(rows)
            if not rows:
                self._whole[Path(stream.name)] = self._by_number[NUMBER_OF[split]].hexdigest()
        self.close()
        return made

    def sha256(self, path: Path) -> str:
        """Return the SHA-256 of a finished file, in hexadecimal digits."""
        if path in self._whole:
            return self._whole[path]
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def close(self) -> None:
        """Close all and remove what is no part of the version, whatever fails at it."""
        with ExitStack() as stack:
            for name in ("originals", "refused"):
                stack.callback((self._work / name).unlink, missing_ok=True)
            for stream in (*self._splits.values(), self._originals, self._refused):
                stack.callback(stream.close)

    def _late(self, row: int, code: str, reason: str) -> bytes:
        table = self.table
        return _quarantined(table.item[row], table.line[row], code, reason, self._original(row))

    def _original(self, row: int) -> bytes:
        place = self.table.original[row]
        if place == LINE:
            return self.line(row)
        if place == PREFIXED:
            return b"{" + self.line(row)[PREFIX_LENGTH:]
        self._originals.seek(place - KEPT)
        return self._originals.read(int.from_bytes(self._originals.read(4)))

    def _copy_without(self, stream: IO[bytes], path: Path, offsets: list[int]) -> None:
        if not offsets:
            return
        without = path.with_suffix(".without")
        with without.open("wb", BUFFER) as target:
            place = 0
            for offset in offsets:
                stream.seek(place)
                _copy(stream, target, offset - place)
                stream.readline()
                place = stream.tell()
            stream.seek(place)
            _copy(stream, target, None)
        without.replace(path)


def _copy(source: IO[bytes], target: IO[bytes], size: int | None) -> None:
    while piece := source.read(BUFFER if size is None else min(BUFFER, size)):
        target.write(piece)
        if size is not None:
            size -= len(piece)


def _quarantined(number: int, line: int, code: str, reason: str, data: bytes) -> bytes:
    original = base64.b64encode(data).decode()
    return _encode(Quarantined(record=number, line=line, code=code, reason=reason, original=original)) + b"\n"
