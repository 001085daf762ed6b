"""One row for each example that was admitted: what later checks compare, and where its bytes are.

Columns are arrays of machine numbers: 63 bytes a row, whatever the texts are.
"""

from array import array
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from rft.keys import Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPLITS: Final = tuple(Split)
NUMBER_OF: Final = {split: number for number, split in enumerate(SPLITS)}
CATEGORIES: Final = 10_000  # told apart; records of more are in one of their own
OTHER: Final = "(others)"
ALL: Final = "all"  # the one category where the task names no field
NONE: Final = "(none)"  # of records that do not have the field
_KINDS: Final = {"B": "u1", "H": "u2", "I": "u4", "Q": "u8"}
COLUMNS: Final = (
    "split", "item", "line", "offset", "original", "same", "prompt", "folded", "reference", "identity", "category",
    "size",
)  # fmt: skip


class Table:
    """The rows, numbered from 0 in the order of the file."""

    def __init__(self) -> None:
        self.split = array("B")  # number in SPLITS
        self.item = array("I")  # number of the record in the file
        self.line = array("I")  # in which it begins
        self.offset = array("Q")  # of its line in the split's file
        self.original = array("Q")  # where its bytes are; see rft.datasets.writing
        self.same = array("Q")  # key of all that it says, without its id
        self.prompt = array("Q")  # key of system and user text
        self.folded = array("Q")  # folded key of the user's text
        self.reference = array("Q")  # key of its reference; 0 without one, 1 where it is the answer
        self.identity = array("Q")  # key of its own id; 0 if it has none
        self.category = array("H")
        self.size = array("I")  # bytes of the user's text
        self._names: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.split)

    def extend(self, columns: "Mapping[str, NDArray[np.integer[Any]]]") -> None:
        """Add rows: the values of every column by its name."""
        for name in COLUMNS:
            mine = getattr(self, name)
            mine.frombytes(columns[name].astype(_KINDS[mine.typecode], copy=False).tobytes())

    def category_number(self, name: str) -> int:
        """Return the number of a category's name."""
        number = self._names.get(name)
        if number is None:
            if len(self._names) >= CATEGORIES:
                name = OTHER
            number = self._names.setdefault(name, len(self._names))
        return number

    @property
    def categories(self) -> list[str]:
        """The categories' names by number."""
        return list(self._names)

    def split_of(self, row: int) -> Split:
        """Return the split of a row."""
        return SPLITS[self.split[row]]

    def line_of(self, row: int) -> int:
        """Return the line of a row in the dropped file."""
        return self.line[row]


def category_of(value: Any) -> str:
    """Return the name of a category from the value of its field."""
    return NONE if value is None else str(value)[:80]


def column(values: "array[int]") -> "NDArray[np.uint64]":
    """Return a column as numpy's array, without a copy."""
    import numpy as np

    return np.frombuffer(values, np.dtype(f"u{values.itemsize}"))


def groups(keys: "NDArray[np.uint64]", rows: "NDArray[np.int64]") -> "Iterator[NDArray[np.int64]]":
    """Yield the rows that share a key with another of ``rows``: each group ascending, in the order of their keys."""
    import numpy as np

    mine = keys[rows]
    ordered = np.sort(mine)  # takes a fraction of the time of what follows
    if not (ordered[1:] == ordered[:-1]).any():
        return
    order = np.argsort(mine, kind="stable")
    ordered = mine[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ends = np.concatenate((starts[1:], [len(ordered)]))
    several = ends - starts > 1
    for start, end in zip(starts[several].tolist(), ends[several].tolist(), strict=True):
        yield rows[order[start:end]]
