"""Which entries of a log are taken, and what is said of the others."""

import gzip
import io
from typing import Any

import msgspec
import pytest

from rft.datasets.logs.entries import Sampler
from rft.datasets.logs.source import read_source
from tests.unit.datasets.logs.helpers import entry

APART = {"inputBodyS3Path": "s3://logs/x/data/r-1_input.json.gz"}


def read(*values: Any, pack: bool = False, **source: Any) -> Sampler:
    """Draw a sample from one object."""
    data = b"".join(value if isinstance(value, bytes) else msgspec.json.encode(value) + b"\n" for value in values)
    sampler = Sampler(read_source(msgspec.json.encode({"s3_uri": "s3://logs/x", **source})))
    sampler.read(io.BytesIO(gzip.compress(data, mtime=0) if pack else data), name="x/a.json.gz", size=len(data))
    return sampler


def ids(sampler: Sampler) -> set[str]:
    return {msgspec.json.decode(record)["requestId"] for record in sampler.sample.records()}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({}, {1, 2, 3, 4}),
        ({"from": "2026-01-03"}, {2, 3, 4}),
        ({"to": "2026-01-04"}, {1, 2, 3}),
        ({"from": "2026-01-03", "to": "2026-01-03"}, {2}),
    ],
)
def test_days_are_those_of_the_entries_and_are_included(days, expected):
    sampler = read(*(entry(number) for number in (1, 2, 3, 4)), **days)
    assert ids(sampler) == {f"r-{number}" for number in expected}
    assert sampler.counts.filtered == 4 - len(expected)


@pytest.mark.parametrize("timestamp", [None, "", "yesterday", 1767225600, "2026-01-02"])
def test_without_a_time_an_entry_is_of_no_day(timestamp):
    assert ids(read(entry(1, timestamp=timestamp))) == {"r-1"}
    assert read(entry(1, timestamp=timestamp), to="2027-01-01").counts.filtered == 1


def test_metadata_is_compared_as_bedrock_does():
    wanted = {"equals": {"team": "support"}}
    sampler = read(*(entry(number) for number in range(6)), entry(6, requestMetadata="x"), metadata_filter=wanted)
    assert ids(sampler) == {"r-1", "r-3", "r-5"}
    assert sampler.counts.filtered == 4


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (entry(1, errorCode="ThrottlingException"), "the call failed (ThrottlingException)"),
        (entry(1, errorCode="ThrottlingException", input=APART), "the call failed"),
        (entry(1, schemaType="Other", input=APART), "no entry of an invocation log"),
        ({"eventSource": "s3.amazonaws.com"}, "no entry of an invocation log"),
        (entry(1, output={"outputBodyJson": {"embedding": [1, 2]}}), "no text"),
        (entry(1, input=None), "no log of a call"),
    ],
)
def test_what_no_model_can_learn_from_is_counted_with_an_example(value, said):
    sampler = read(entry(2), value)
    assert ids(sampler) == {"r-2"}
    assert (sampler.counts.seen, sampler.counts.unusable) == (2, 1)
    [note] = sampler.counts.notes["unusable"]
    assert note.startswith("x/a.json.gz, line 2: ")
    assert said in note


@pytest.mark.parametrize(
    "data", [b"{\n", b'{"a": 1, "a": 2}\n', b"[1]\n", b'{"a": "\xff"}\n', b"{" + b" " * (1 << 20) + b"}\n"]
)
def test_what_is_no_object_is_unreadable(data):
    sampler = read(entry(1), data, entry(2), pack=True)
    assert ids(sampler) == {"r-1", "r-2"}
    assert sampler.counts.unreadable == 1
    assert "line 2" in sampler.counts.notes["unreadable"][0]


def test_an_entry_whose_body_stands_apart_is_taken_as_it_is():
    sampler = read(entry(1, input=APART))
    assert ids(sampler) == {"r-1"}
    assert sampler.counts.unusable == 0


def test_an_array_over_several_lines_gives_records_of_one_line():
    data = msgspec.json.format(msgspec.json.encode([entry(1), entry(2)]), indent=2)
    sampler = read(data)
    assert ids(sampler) == {"r-1", "r-2"}
    assert all(b"\n" not in record for record in sampler.sample.records())


def test_a_table_below_the_prefix_is_no_log():
    sampler = read(b"a,b\n1,2\n3,4\n")
    assert (sampler.counts.seen, sampler.counts.unusable) == (2, 2)


def test_an_object_that_breaks_off_counts_up_to_there():
    data = gzip.compress(b"".join(msgspec.json.encode(entry(number)) + b"\n" for number in range(2000)), mtime=0)
    sampler = read(data[: len(data) // 2])
    assert 0 < len(sampler.sample) < 2000
    assert sampler.counts.broken == 1
    assert "x/a.json.gz: the gzip file ends too early" in sampler.counts.notes["unreadable object"][0]
    sampler.read(io.BytesIO(bytes(range(256))), name="x/b.json", size=256)
    assert sampler.counts.broken == 2


def test_the_same_three_examples_stand_for_any_number():
    values = [b"{oops\n"] * 30
    assert [note.split(":")[0] for note in read(*values).counts.notes["unreadable"]] == [
        f"x/a.json.gz, line {line}"
        for line in (10, 11, 12)  # the first in the order of texts
    ]
