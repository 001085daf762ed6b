"""Balance: how long prompts are and how records spread over categories, splits and languages."""

from array import array
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from rft.datasets.checks.language import UNKNOWN
from rft.datasets.codes import Code, Severity
from rft.datasets.findings import SHOWN, Finding, finding
from rft.datasets.rules import DataRules
from rft.keys import Split

BARS: Final = 24  # of a histogram, at most, without the last
SLICES: Final = 50  # categories that are listed; the rest become one row
REST: Final = "(others)"
ENOUGH: Final = 20  # records from which on shares and percentiles say something
EXPECTED: Final = 5  # held-out records that a category should have before its absence is told
MINOR: Final = 0.02  # share of a language below which it may be an error of the detector


class Lengths(Struct, frozen=True, kw_only=True):
    """Prompt lengths in bytes of UTF-8: percentiles by nearest rank, and a histogram.

    Bar i counts the lengths from ``edges[i]`` up to, without, ``edges[i + 1]``. All bars are of one width but the last,
    which reaches from the 99th percentile to the end.
    """

    median: int
    p90: int
    p99: int
    max: int
    edges: list[int]
    counts: list[int]


class SliceRow(Struct, frozen=True, kw_only=True):
    """One category in the table by slice."""

    name: str
    records: int
    train: int
    validation: int
    test: int
    share: float  # of all records
    mean_prompt_bytes: float
    with_reference: int


def lengths_of(values: "array[int]") -> Lengths | None:
    """Return the measures of prompt lengths (``array('I')``); None where there are none. Memory: 12 bytes a length."""
    import numpy as np

    if not values:
        return None
    ordered = np.sort(np.frombuffer(values, np.dtype(f"u{values.itemsize}")))
    median, p90, p99 = (int(ordered[-(-len(ordered) * percent // 100) - 1]) for percent in (50, 90, 99))
    most = int(ordered[-1])
    width = _width(p99)
    edges = list(range(0, p99 + width + 1, width))
    if most >= edges[-1]:
        edges.append(most + 1)
    places = np.searchsorted(ordered, np.array(edges))
    counts = np.diff(places).tolist()
    return Lengths(median=median, p90=p90, p99=p99, max=most, edges=edges, counts=counts)


def _width(most: int) -> int:
    """Return the least of 1, 2, 5, 10, 20, ... with which ``BARS`` bars hold 0 to ``most``."""
    unit = 1
    while True:
        for width in (unit, 2 * unit, 5 * unit):
            if width * BARS > most:
                return width
        unit *= 10


class Slices:
    """Counts of records by category and split."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Split], list[int]] = {}

    def add(self, category: str, split: Split, *, records: int, prompt_bytes: int, references: int) -> None:
        """Count records: how many, the bytes of their prompts, how many have a reference."""
        counts = self._counts.setdefault((category, split), [0, 0, 0])
        for place, more in enumerate((records, prompt_bytes, references)):
            counts[place] += more

    def rows(self) -> list[SliceRow]:
        """Return the categories, the largest first; those behind the first ``SLICES`` as one row ``REST``."""
        sizes: dict[str, int] = {}
        for (category, _), counts in self._counts.items():
            sizes[category] = sizes.get(category, 0) + counts[0]
        total = sum(sizes.values())
        names = sorted(sizes, key=lambda name: (-sizes[name], name))
        rows = [self._row(name, [name], total) for name in names[:SLICES]]
        return [*rows, self._row(REST, names[SLICES:], total)] if names[SLICES:] else rows

    def _row(self, name: str, categories: list[str], total: int) -> SliceRow:
        none = (0, 0, 0)
        counts = {
            split: [sum(of) for of in zip(*(self._counts.get((one, split), none) for one in categories), strict=True)]
            for split in Split
        }
        records, size, references = (sum(counts[split][place] for split in Split) for place in range(3))
        return SliceRow(
            name=name,
            records=records,
            train=counts[Split.TRAIN][0],
            validation=counts[Split.VALIDATION][0],
            test=counts[Split.TEST][0],
            share=records / total,
            mean_prompt_bytes=size / records,
            with_reference=references,
        )


def balance_findings(
    *, rows: list[SliceRow], lengths: Lengths | None, languages: Mapping[str, float], sample: int, rules: DataRules
) -> list[Finding]:
    """Return what is out of balance. ``languages`` are shares of a sample of ``sample`` records."""
    records = sum(row.records for row in rows)
    found = [
        _spread(lengths, records, rules),
        _languages(languages, sample, rules),
        _categories(rows, records, rules),
        _splits(rows, records, rules),
        _references(rows, records, rules),
    ]
    return [one for one in found if one is not None and one.severity is not Severity.OFF]


def _spread(lengths: Lengths | None, records: int, rules: DataRules) -> Finding | None:
    most = rules.thresholds.max_length_ratio
    if lengths is None or records < ENOUGH or lengths.p99 <= most * max(lengths.median, 1):
        return None
    ratio = lengths.p99 / max(lengths.median, 1)
    message = (
        f"one prompt in a hundred has {lengths.p99:,} bytes and more, {ratio:.1f} times the median of "
        f"{lengths.median:,}; the longest has {lengths.max:,}"
    )
    count = -(-records // 100)
    return finding(Code.LENGTH_SPREAD, message, rules, count=count, of=records, measured=ratio, threshold=most)


def _languages(languages: Mapping[str, float], sample: int, rules: DataRules) -> Finding | None:
    known = {name: share for name, share in languages.items() if name != UNKNOWN and share >= MINOR}
    if len(known) < 2:
        return None
    shares = ", ".join(f"{name} {share:.0%}" for name, share in known.items())
    message = f"prompts are in {len(known)} languages: {shares} (of a sample of {sample})"
    return finding(Code.LANGUAGE_BALANCE, message, rules, count=len(known), of=len(languages))


def _categories(rows: list[SliceRow], records: int, rules: DataRules) -> Finding | None:
    named = [row for row in rows if row.name != REST]
    if len(rows) < 2 or records < ENOUGH:
        return None
    most = rules.thresholds.max_category
    least = min(rules.thresholds.min_category, 0.1 / len(rows))  # of many categories none can be large
    large = [row for row in named if row.share > most]
    tiny = [row for row in named if row.share < least]
    said = [f"{row.name!r} has {row.share:.0%} of the records, more than {most:.0%}" for row in large]
    if tiny:
        names = ", ".join(f"{row.name!r} ({row.records})" for row in tiny[-SHOWN:])
        said.append(f"{len(tiny)} of {len(rows)} categories have less than {least:.1%} of the records: {names}")
    if not said:
        return None
    return finding(
        Code.CATEGORY_BALANCE,
        "; ".join(said),
        rules,
        count=len(large) + len(tiny),
        of=len(rows),
        measured=large[0].share if large else tiny[-1].share,
        threshold=most if large else least,
    )


def _splits(rows: list[SliceRow], records: int, rules: DataRules) -> Finding | None:
    share = sum(row.test for row in rows) / records if records else 0.0
    missing = [row for row in rows if row.test == 0 and row.train > 0 and row.records * share >= EXPECTED]
    if not missing:
        return None
    names = ", ".join(repr(row.name) for row in missing[:SHOWN])
    message = f"{len(missing)} of {len(rows)} categories have no record in the test split: {names}"
    return finding(Code.SPLIT_BALANCE, message, rules, count=len(missing), of=len(rows))


def _references(rows: list[SliceRow], records: int, rules: DataRules) -> Finding | None:
    without = records - sum(row.with_reference for row in rows)
    if not without:
        return None
    message = f"{without} of {records} records have no reference_answer"
    return finding(Code.NO_REFERENCE, message, rules, count=without, of=records)
