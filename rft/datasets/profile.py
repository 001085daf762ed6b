"""What a dataset version looks like: the numbers behind the report's pictures."""

from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from rft.datasets.checks.balance import Lengths, SliceRow, Slices, lengths_of
from rft.datasets.checks.language import LanguageSample
from rft.datasets.checks.preferences import PreferenceProfile
from rft.datasets.items import Container, Shape
from rft.datasets.table import SPLITS, Table, column

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Profile(Struct, frozen=True, kw_only=True):
    """The admitted examples, as they stand in the splits; of a rejected version too."""

    container: Container
    shape: Shape
    lengths: Lengths | None  # of the users' texts; None without examples
    slices: list[SliceRow]  # by curation.category; one row where the task names none
    languages: dict[str, float]  # shares of a sample, the largest first; empty where the check is off
    language_sample: int  # texts in it
    preferences: PreferenceProfile | None  # None without pairs
    clusters: dict[int, int]  # size of a cluster of near duplicates -> clusters of that size


def profile_of(
    table: Table,
    rows: "NDArray[np.int64]",
    *,
    container: Container,
    shape: Shape,
    sample: LanguageSample | None,
    preferences: PreferenceProfile | None,
    clusters: Mapping[int, int],
) -> Profile:
    """Return the profile of the rows that stay."""
    return Profile(
        container=container,
        shape=shape,
        lengths=lengths_of(array("I", column(table.size)[rows].tobytes())),
        slices=_slices(table, rows),
        languages=sample.shares() if sample is not None else {},
        language_sample=len(sample) if sample is not None else 0,
        preferences=preferences,
        clusters=dict(sorted(clusters.items())),
    )


def _slices(table: Table, rows: "NDArray[np.int64]") -> list[SliceRow]:
    import numpy as np

    kinds = column(table.category)[rows].astype(np.int64) * len(SPLITS) + column(table.split)[rows]
    records = np.bincount(kinds)
    sizes = np.bincount(kinds, column(table.size)[rows])
    references = np.bincount(kinds, column(table.reference)[rows] > 0)
    slices, names = Slices(), table.categories
    for kind in np.flatnonzero(records).tolist():
        category, split = divmod(kind, len(SPLITS))
        slices.add(
            names[category],
            SPLITS[split],
            records=int(records[kind]),
            prompt_bytes=int(sizes[kind]),
            references=int(references[kind]),
        )
    return slices.rows()
