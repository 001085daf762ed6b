"""Near duplicates among many texts: candidates by MinHash and locality-sensitive hashing, each verified exactly.

Two texts are near duplicates when the Jaccard similarity of their shingles (``rft.datasets.checks.shingles``) reaches
the threshold and their numbers are the same: a problem with other numbers is another problem, however alike the words.
Case, punctuation and white space make no difference. A text of few words is the near duplicate of the same words only;
at a threshold of 0.85 one changed word goes unnoticed in texts of about 21 words and more.

Method: MinHash signatures of up to 128 values in bands of r (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets,
3.3 and 3.4); r is the largest with which a pair at the threshold shares no band in at most 0.6 % of cases. Signatures
and the first look at the bands are rensa's. Texts that share a band are sorted by the values behind it and compared
with their ``REACH`` predecessors, so that thousands of texts of one template cost little more than others.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

from rft.datasets.checks.shingles import Hasher, numbers, shingles, spaced

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VALUES: Final = 128  # of a signature; rensa is fastest with a multiple of 64
MISSED: Final = 0.006  # of the pairs at the threshold
REACH: Final = 16  # predecessors in a band with which a text is compared
TRIALS: Final = 6  # comparisons of a text that may fail; then it is left alone
SORTED: Final = 4  # values behind a band that sort the texts in it
SEED: Final = 1
BATCH: Final = 1 << 17  # bytes hashed at once: what that needs stays in the processor's cache
COMPARED: Final = 1 << 14  # pairs of signatures compared at once
REMEMBERED: Final = 4096  # texts whose shingles are kept while candidates are verified


class NearDuplicates:
    """Texts by row; afterwards the clusters of near duplicates.

    The clusters depend on the texts and their rows alone. Memory: at most 2.8 kB a text, and the text itself unless
    ``text_of`` returns it; it is then called for candidates only, from ``clusters``.
    """

    def __init__(self, *, threshold: float = 0.85, text_of: Callable[[int], str] | None = None) -> None:
        from rensa import RMinHash, RMinHashLSH  # here, as numpy is: only a function that looks for them loads it

        self._threshold = threshold
        self._band = rows_of_a_band(threshold)
        bands = VALUES // self._band
        self._values = bands * self._band
        self._sign = RMinHash.digest_matrix_from_flat_token_hashes
        self._index = RMinHashLSH(threshold, self._values, bands)
        self._matrices: list[tuple[list[int], Any]] = []
        self._hasher = Hasher()
        self._pending: list[tuple[int, bytes]] = []
        self._pending_bytes = self._signed = 0
        self._texts: dict[int, str] = {}
        self._text_of = text_of

    def add(self, row: int, text: str) -> None:
        """Add a text. Rows are distinct and come in any order."""
        self.add_all(row, [text])

    def add_all(self, first: int, texts: Sequence[str]) -> None:
        """Add texts as the rows from ``first`` on."""
        self._take(enumerate(map(spaced, texts), first))
        if self._text_of is None:
            self._texts.update(enumerate(texts, first))

    def _take(self, rows: Iterable[tuple[int, bytes]]) -> None:
        before = len(self._pending)
        self._pending += rows
        self._pending_bytes += sum([len(data) for _, data in self._pending[before:]])
        if self._pending_bytes >= BATCH:
            self._flush()

    def clusters(self) -> list[list[int]]:
        """Return the rows of each cluster in ascending order, the clusters in the order of their first rows.

        A cluster holds all that a chain of near duplicates connects; what has none is in no cluster.
        """
        self._flush()
        rows, signatures = self._candidates()
        search = _Search(rows, signatures, self._text_of or self._texts.__getitem__, self._threshold)
        for start in range(0, self._values, self._band):
            search.band(start, self._band)
        return search.clusters()

    def _flush(self) -> None:
        if not self._pending:
            return
        hashes, offsets = self._hasher.hashes([data for _, data in self._pending])
        filled = offsets[1:] > offsets[:-1]  # a text without words is like no other
        rows = [row for (row, _), some in zip(self._pending, filled, strict=True) if some]
        self._pending, self._pending_bytes = [], 0
        if rows:
            offsets = offsets[[True, *filled]]
            matrix = self._sign(hashes, offsets, self._values, SEED)
            self._index.insert_matrix(matrix, self._signed)
            self._signed += len(rows)
            self._matrices.append((rows, matrix))

    def _candidates(self) -> "tuple[list[int], NDArray[np.uint32]]":
        """Return the texts that share a band with another, by row, and their signatures."""
        import numpy as np

        places: list[int] = []
        parts = [np.empty((0, self._values), np.uint32)]
        for rows, matrix in self._matrices:
            flags = self._index.query_duplicate_flags_matrix(matrix)
            if any(flags):
                places += [row for row, flag in zip(rows, flags, strict=True) if flag]
                parts.append(np.array(matrix.to_rows(), np.uint32)[np.array(flags)])
        order = np.argsort(np.array(places, np.int64))
        return [places[place] for place in order.tolist()], np.concatenate(parts)[order]


def rows_of_a_band(threshold: float) -> int:
    """Return the number of signature values in a band, so that less than ``MISSED`` is missed at the threshold."""
    fitting = [rows for rows in range(1, 10) if (1 - threshold**rows) ** (VALUES // rows) <= MISSED]
    return max(fitting, default=1)


class _Search:
    """The verified pairs among candidates, and the clusters that they make. Candidates are numbered by row."""

    def __init__(
        self, rows: list[int], signatures: "NDArray[np.uint32]", text_of: Callable[[int], str], threshold: float
    ) -> None:
        import numpy as np

        self._np = np
        self._rows = rows
        self._signatures = signatures
        self._text_of = text_of
        self._threshold = threshold
        values = signatures.shape[1]
        # Three standard errors of a signature's estimate below the threshold: what is less alike is not looked at.
        self._alike = (threshold - 3 * sqrt(threshold * (1 - threshold) / values)) * values
        known: dict[tuple[str, ...], int] = {}
        self._numbers = np.array(
            [known.setdefault(numbers(text_of(row)), len(known)) for row in rows], np.uint64
        )  # equal for texts with the same numbers
        self._parents = list(range(len(rows)))
        self._failed: set[tuple[int, int]] = set()
        self._trials = [0] * len(rows)
        self._shingles = lru_cache(REMEMBERED)(lambda place: shingles(text_of(rows[place])))

    def band(self, start: int, width: int) -> None:
        """Verify the pairs that share the band of ``width`` values from ``start`` on."""
        np = self._np
        signatures = self._signatures
        key = self._numbers
        for column in range(start, start + width):
            key = key * np.uint64(0x9E3779B97F4A7C15) + signatures[:, column]
            key = key ^ (key >> np.uint64(29))
        behind = [signatures[:, (start + width + step) % signatures.shape[1]] for step in range(SORTED)]
        order = np.lexsort((*reversed(behind), key))  # stable: equal signatures stay in the order of rows
        key = key[order]
        for step in range(1, REACH + 1):
            places = np.flatnonzero(key[step:] == key[:-step])
            if not len(places):
                break
            self._verify(order[places], order[places + step])

    def _verify(self, firsts: "NDArray[np.intp]", seconds: "NDArray[np.intp]") -> None:
        np = self._np
        roots = np.array(self._parents)
        while not np.array_equal(higher := roots[roots], roots):
            roots = higher
        apart = roots[firsts] != roots[seconds]
        firsts, seconds = firsts[apart], seconds[apart]
        for start in range(0, len(firsts), COMPARED):
            one, other = firsts[start : start + COMPARED], seconds[start : start + COMPARED]
            alike = (self._signatures[one] == self._signatures[other]).sum(axis=1) >= self._alike
            for first, second in zip(one[alike].tolist(), other[alike].tolist(), strict=True):
                self._join(min(first, second), max(first, second))

    def _join(self, first: int, second: int) -> None:
        root, other = self._root(first), self._root(second)
        if root == other or (first, second) in self._failed:
            return
        if max(self._trials[first], self._trials[second]) >= TRIALS:
            return
        if self._near(first, second):
            self._parents[max(root, other)] = min(root, other)
        else:
            self._failed.add((first, second))
            self._trials[first] += 1
            self._trials[second] += 1

    def _near(self, first: int, second: int) -> bool:
        one, other = self._shingles(first), self._shingles(second)
        shared = len(one & other)
        return self._numbers[first] == self._numbers[second] and shared >= self._threshold * (
            len(one) + len(other) - shared
        )

    def _root(self, place: int) -> int:
        while (parent := self._parents[place]) != place:
            self._parents[place] = self._parents[parent]
            place = parent
        return place

    def clusters(self) -> list[list[int]]:
        """Return the rows of each cluster of two and more."""
        members: dict[int, list[int]] = {}
        for place, row in enumerate(self._rows):
            members.setdefault(self._root(place), []).append(row)
        return [cluster for cluster in members.values() if len(cluster) > 1]
