"""A sample that does not depend on who draws it: the records with the smallest hashes."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

MAX_SAMPLE: Final = 256 << 20  # bytes of all records of a sample together

Rank = tuple[bytes, bytes]  # hash, then the record itself, so that no two records tie


class Sample:
    """The longest beginning of all different records in the order of their ranks that fits.

    It fits while it has at most ``max_records`` records and ``max_bytes`` bytes. Because ranks depend on the records
    alone, any number of samples of any parts of the records, added to each other in any order, come to the same one
    (bottom-k sampling; Cohen and Kaplan 2007). Equal records count once. Memory: ``max_bytes`` and one record.
    """

    def __init__(self, *, max_records: int, max_bytes: int = MAX_SAMPLE) -> None:
        self.max_records = max_records
        self.max_bytes = max_bytes
        self.bytes = 0
        self._ranks: list[Rank] = []  # sorted
        self._beyond: Rank | None = None  # the first that does not fit

    def __len__(self) -> int:
        """Return how many records are kept."""
        return len(self._ranks)

    def add(self, record: bytes) -> bool:
        """Take a record in, unless it lies beyond what fits; return False if it and all of higher rank do so."""
        rank = (hashlib.blake2b(record, digest_size=16).digest(), record)
        if self._beyond is not None and rank >= self._beyond:
            return False
        place = bisect_left(self._ranks, rank)
        if place < len(self._ranks) and self._ranks[place] == rank:
            return True
        self._ranks.insert(place, rank)
        self.bytes += len(record)
        while len(self._ranks) > self.max_records or self.bytes > self.max_bytes:
            self._beyond = self._ranks.pop()
            self.bytes -= len(self._beyond[1])
        return place < len(self._ranks)

    def records(self) -> Iterator[bytes]:
        """Yield the records in the order of their ranks."""
        for _, record in self._ranks:
            yield record

    def passed_on(self) -> Iterator[bytes]:
        """Yield what another sample must add to include this one: the records, and the first that does not fit.

        In the order of their ranks, so that whoever adds them may stop at the first refusal. The last one says where
        this sample ends: without it, a smaller record of a higher rank could slip in behind it elsewhere.
        """
        yield from self.records()
        if self._beyond is not None:
            yield self._beyond[1]
