"""Records beside each other: exact duplicates, ids that stand twice, contradictory references, too large categories."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from rft.datasets.codes import Code
from rft.datasets.keys import mixed
from rft.datasets.table import Table, column, groups

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Beside(Struct, frozen=True):
    """What another record says against a row."""

    row: int
    code: Code
    reason: str


def exact_duplicates(table: Table, rows: "NDArray[np.int64]") -> Iterator[Beside]:
    """Yield the rows that say all that an earlier one says; ids do not count."""
    for group in groups(column(table.same), rows):
        first = table.line[int(group[0])]
        for row in group[1:].tolist():
            yield Beside(row, Code.EXACT_DUPLICATE, f"the record says what line {first} says; keep one of the two")


def duplicate_ids(table: Table, rows: "NDArray[np.int64]") -> Iterator[Beside]:
    """Yield the rows whose id an earlier one has."""
    identities = column(table.identity)
    for group in groups(identities, rows[identities[rows] != 0]):
        first = table.line[int(group[0])]
        for row in group[1:].tolist():
            yield Beside(row, Code.DUPLICATE_ID, f"the id stands on line {first} already; make ids unique")


def contradictions(table: Table, rows: "NDArray[np.int64]") -> Iterator[Beside]:
    """Yield all rows of a prompt that has several references: nobody here knows which one is right."""
    references = column(table.reference)
    for group in groups(column(table.prompt), rows[references[rows] > 1]):
        mine = references[group]
        if (mine == mine[0]).all():
            continue
        lines = [table.line[row] for row in group.tolist()]
        for row in group.tolist():
            others = [line for line in lines if line != table.line[row]][:3] or lines[:1]
            said = " and ".join(f"line {line}" for line in others)
            yield Beside(
                row,
                Code.CONTRADICTORY_REFERENCE,
                f"the same prompt has another reference_answer on {said}; decide on one",
            )


def surplus(table: Table, rows: "NDArray[np.int64]", *, share: float) -> Iterator[Beside]:
    """Yield rows to leave out so that no category has more than ``share`` of the rest.

    Within a category those with the largest keys go, so that what stays is the same whatever the order, and mostly the
    same when records come. Where there are too few categories for the share, all become as small as the smallest.
    """
    import numpy as np

    if not len(rows):
        return
    numbers = column(table.category)[rows]
    sizes = np.bincount(numbers)
    most = _cap(sizes[sizes > 0], share)
    names = table.categories
    keys = column(table.prompt)
    for number in np.flatnonzero(sizes > most).tolist():
        mine = rows[numbers == number]
        spread = np.array([mixed(int(key), 1) for key in keys[mine]], np.uint64)
        for row in sorted(mine[np.argsort(spread, kind="stable")][most:].tolist()):
            yield Beside(
                row,
                Code.REBALANCED,
                f"category {names[number]!r} has {sizes[number]:,} records, and {most:,} keep it within "
                f"{share:.0%}; set curation.max_category_share to 1 to keep all",
            )


def _cap(sizes: "NDArray[np.int64]", share: float) -> int:
    """Return the largest size to which categories may be cut so that none has more than ``share`` of the rest."""
    import numpy as np

    low, high = int(sizes.min()), int(sizes.max())
    while low < high:
        middle = (low + high + 1) // 2
        if middle <= share * np.minimum(sizes, middle).sum():
            low = middle
        else:
            high = middle - 1
    return low
