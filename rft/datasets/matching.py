"""Which records of two dataset versions are the same: by keys of 64 bits, so that large splits fit into memory."""

from array import array
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from rft.datasets.keys import text_key, value_key
from rft.datasets.table import SPLITS, column
from rft.errors import DatasetUnreadable
from rft.schemas import Quarantined

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHOWN: Final = 5
ODD: Final = 0x9E3779B97F4A7C15  # spreads keys, so that adding the split's number makes another
Lines = Callable[[str], Iterable[bytes]]  # from the stem of a file (``train``, ``quarantine``) to its lines


class Spot(Struct, frozen=True, kw_only=True):
    """Where a record stands: the file's stem, and its line there, counted from 1."""

    split: str
    line: int


class Pairing(Struct, frozen=True, kw_only=True):
    """What became of the records of one version in another. Records are the same if all but their ids is.

    ``moved`` ones stand in another split; ``changed`` ones have a prompt or an id in common and differ in the rest. The
    spots are the first ones: of ``removed`` in the version before, of the others in the version after.
    """

    kept: int
    moved: int
    changed: int
    added: int
    removed: int
    spots: dict[str, list[Spot]]  # moved, changed, added, removed -> at most SHOWN


class Keys:
    """The keys of a version's records, in the order of its splits. Memory: 29 bytes a record."""

    def __init__(self, lines: Lines) -> None:
        """Read the splits.

        Raises:
            DatasetUnreadable: a line is no record; the message names file and line.

        """
        self.content = array("Q")  # all but the id
        self.prompt = array("Q")
        self.identity = array("Q")
        self.split = array("B")
        self.line = array("I")
        decode = msgspec.json.Decoder(dict[str, Any]).decode
        for place, split in enumerate(SPLITS):
            for number, line in enumerate(lines(split), 1):
                try:
                    record = decode(line)
                    self.identity.append(text_key(record.pop("id")))
                    self.prompt.append(value_key(record["messages"]))
                except (msgspec.DecodeError, KeyError, AttributeError, TypeError) as error:
                    raise _broken(split, number, error) from None
                self.content.append(value_key(record))
                self.split.append(place)
                self.line.append(number)

    def spots(self, rows: "NDArray[np.int64]") -> list[Spot]:
        """Return where the first of these rows stand."""
        return [Spot(split=SPLITS[self.split[row]], line=self.line[row]) for row in rows[:SHOWN].tolist()]


def pair(before: Keys, after: Keys) -> Pairing:
    """Return what became of the records: each is paired with one other at most, with its like in its split first."""
    import numpy as np

    left = [np.arange(len(keys.split)) for keys in (before, after)]
    found = []
    for key in (_in_split, _content, _prompt, _identity):
        places = _equals(key(before)[left[0]], key(after)[left[1]])
        found.append(left[1][places[1]])
        left = [np.delete(rows, mine) for rows, mine in zip(left, places, strict=True)]
    kept, moved, *changed = found
    altered = np.concatenate(changed)
    rows = {
        "moved": (after, moved),
        "changed": (after, altered),
        "added": (after, left[1]),
        "removed": (before, left[0]),
    }
    return Pairing(
        kept=len(kept),
        moved=len(moved),
        changed=len(altered),
        added=len(left[1]),
        removed=len(left[0]),
        spots={name: keys.spots(np.sort(mine)) for name, (keys, mine) in rows.items()},
    )


class Exchange(Struct, frozen=True, kw_only=True):
    """What entered and what left the quarantine; refused records are the same if code and bytes are."""

    kept: int
    entered: int
    left: int


def exchange(before: Iterable[bytes], after: Iterable[bytes]) -> Exchange:
    """Return what became of a quarantine, from the lines of its file. Memory: 8 bytes a record.

    Raises:
        DatasetUnreadable: a line is no refused record; the message names it.

    """
    old, new = (_refused_keys(lines) for lines in (before, after))
    kept = len(_equals(column(old), column(new))[0])
    return Exchange(kept=kept, entered=len(new) - kept, left=len(old) - kept)


def _refused_keys(lines: Iterable[bytes]) -> "array[int]":
    keys = array("Q")
    decode = msgspec.json.Decoder(Quarantined).decode
    for number, line in enumerate(lines, 1):
        try:
            one = decode(line)
        except msgspec.DecodeError as error:
            raise _broken("quarantine", number, error) from None
        keys.append(text_key(one.original, text_key(one.code)))
    return keys


def _content(keys: Keys) -> "NDArray[np.uint64]":
    return column(keys.content)


def _prompt(keys: Keys) -> "NDArray[np.uint64]":
    return column(keys.prompt)


def _identity(keys: Keys) -> "NDArray[np.uint64]":
    return column(keys.identity)


def _in_split(keys: Keys) -> "NDArray[np.uint64]":
    import numpy as np

    return column(keys.content) * np.uint64(ODD) + column(keys.split)


def _equals(old: "NDArray[np.uint64]", new: "NDArray[np.uint64]") -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """Return the places of equal keys in both, one to one: of repeated keys the first with the first, and so on."""
    import numpy as np

    _, numbers = np.unique(np.concatenate((old, new)), return_inverse=True)
    mine, theirs = numbers[: len(old)], numbers[len(old) :]
    nth = [_nth(of) for of in (mine, theirs)]
    times = 1 + max((int(of.max()) for of in nth if len(of)), default=0)
    _, first, second = np.intersect1d(
        mine * times + nth[0], theirs * times + nth[1], assume_unique=True, return_indices=True
    )
    return first, second


def _nth(numbers: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Return for each number how many equal ones stand before it."""
    import numpy as np

    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    places = np.arange(len(numbers))
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))[: len(numbers)])
    starts = np.repeat(begins, np.diff(np.concatenate((begins, [len(numbers)]))))
    nth = np.empty(len(numbers), np.int64)
    nth[order] = places - starts
    return nth


def _broken(stem: str, number: int, error: Exception) -> DatasetUnreadable:
    return DatasetUnreadable(f"line {number} of {stem}.jsonl is none that `rft validate` wrote: {error}")
