"""Balance: measures that a person can check by hand, and when each finding speaks."""

from array import array
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.checks.balance import BARS, REST, SLICES, Lengths, SliceRow, Slices, balance_findings, lengths_of
from rft.datasets.codes import Code, Severity
from rft.datasets.rules import DataRules
from rft.keys import Split

TRAIN, VALIDATION, TEST = Split.TRAIN, Split.VALIDATION, Split.TEST


def rows_of(**counts: tuple[int, int, int]) -> list[SliceRow]:
    slices = Slices()
    for name, of in counts.items():
        for split, count in zip(Split, of, strict=True):
            if count:
                slices.add(name, split, records=count, prompt_bytes=100 * count, references=count)
    return slices.rows()


def codes(rows, *, lengths=None, languages=None, rules=None) -> dict[Code, str]:
    found = balance_findings(
        rows=rows, lengths=lengths, languages=languages or {}, sample=256, rules=rules or DataRules()
    )
    return {finding.code: finding.message for finding in found}


def test_lengths_by_nearest_rank() -> None:
    lengths = lengths_of(array("I", [*range(1, 100), 5000]))
    assert lengths == Lengths(
        median=50, p90=90, p99=99, max=5000, edges=[*range(0, 101, 5), 5001], counts=[4, *[5] * 19, 1]
    )
    assert lengths_of(array("I")) is None


@given(st.lists(st.integers(0, 2**21), min_size=1, max_size=300))
def test_every_length_is_in_one_bar(values: list[int]) -> None:
    lengths = lengths_of(array("I", values))
    assert lengths is not None
    assert sum(lengths.counts) == len(values)
    assert len(lengths.counts) == len(lengths.edges) - 1 <= BARS + 2
    assert lengths.edges == sorted(set(lengths.edges))
    ordered = sorted(values)
    assert (lengths.max, lengths.median) == (ordered[-1], ordered[(len(values) + 1) // 2 - 1])
    for low, high, count in zip(lengths.edges, lengths.edges[1:], lengths.counts, strict=False):
        assert count == sum(low <= value < high for value in values)


def test_a_row_of_the_table() -> None:
    slices = Slices()
    slices.add("billing", TRAIN, records=1, prompt_bytes=10, references=1)
    slices.add("billing", TEST, records=1, prompt_bytes=20, references=0)
    slices.add("account", VALIDATION, records=1, prompt_bytes=7, references=1)
    billing, account = slices.rows()
    assert (account.name, account.train, account.validation, account.test) == ("account", 0, 1, 0)
    assert billing == SliceRow(
        name="billing", records=2, train=1, validation=0, test=1, share=2 / 3, mean_prompt_bytes=15, with_reference=1
    )
    assert msgspec.json.decode(msgspec.json.encode(billing), type=SliceRow) == billing


@given(st.lists(st.tuples(st.integers(0, 80), st.sampled_from(list(Split))), max_size=300), st.randoms())
def test_rows_add_up_in_any_order(records: list[tuple[int, Split]], rng) -> None:
    slices = [Slices(), Slices()]
    for one in slices:
        for category, split in records:
            one.add(str(category), split, records=1, prompt_bytes=3, references=category % 2 == 0)
        rng.shuffle(records)
    rows = slices[0].rows()
    assert rows == slices[1].rows()
    assert len(rows) <= SLICES + 1
    assert sum(row.records for row in rows) == len(records)
    assert sum(row.test for row in rows) == sum(split is TEST for _, split in records)
    assert sum(row.with_reference for row in rows) == sum(category % 2 == 0 for category, _ in records)
    sizes = Counter(str(category) for category, _ in records)
    assert all(row.records == sizes[row.name] for row in rows if row.name != REST)


def test_a_balanced_set_says_nothing() -> None:
    assert codes(rows_of(a=(40, 5, 5), b=(30, 10, 10))) == {}
    assert codes([]) == {}


def test_a_few_long_prompts() -> None:
    lengths = Lengths(median=100, p90=200, p99=1000, max=9000, edges=[0, 9001], counts=[100])
    said = codes(rows_of(a=(80, 10, 10)), lengths=lengths)
    assert said == {
        Code.LENGTH_SPREAD: "one prompt in a hundred has 1,000 bytes and more, 10.0 times the median of 100; "
        "the longest has 9,000"
    }
    assert codes(rows_of(a=(5, 1, 1)), lengths=lengths) == {}
    assert codes(rows_of(a=(80, 10, 10)), lengths=msgspec.structs.replace(lengths, p99=800)) == {}


def test_languages() -> None:
    rows = rows_of(a=(80, 10, 10))
    said = codes(rows, languages={"en": 0.7, "de": 0.25, "und": 0.04, "la": 0.01})
    assert said == {Code.LANGUAGE_BALANCE: "prompts are in 2 languages: en 70%, de 25% (of a sample of 256)"}
    assert codes(rows, languages={"en": 0.9, "und": 0.1}) == {}


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"a": (90, 5, 5), "b": (6, 2, 2)}, "'a' has 91% of the records, more than 80%"),
        (
            {"a": (400, 50, 50), "b": (400, 50, 50), "c": (3, 1, 1)},
            "1 of 3 categories have less than 1.0% of the records: 'c' (5)",
        ),
    ],
)
def test_a_category_dominates_or_is_tiny(counts: dict[str, tuple[int, int, int]], said: str) -> None:
    assert codes(rows_of(**counts))[Code.CATEGORY_BALANCE] == said


def test_many_small_categories_of_one_size_are_not_tiny() -> None:
    assert codes(rows_of(**{f"c{number}": (3, 1, 1) for number in range(40)})) == {}


def test_a_category_is_missing_from_the_test_split() -> None:
    said = codes(rows_of(a=(70, 10, 20), b=(40, 5, 0), c=(2, 0, 0)))
    assert said[Code.SPLIT_BALANCE] == "1 of 3 categories have no record in the test split: 'b'"


def test_records_without_reference() -> None:
    slices = Slices()
    slices.add("", TRAIN, records=30, prompt_bytes=300, references=27)
    assert codes(slices.rows()) == {Code.NO_REFERENCE: "3 of 30 records have no reference_answer"}
    off = DataRules(checks={Code.NO_REFERENCE: Severity.OFF})
    assert codes(slices.rows(), rules=off) == {}
