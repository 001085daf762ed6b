"""The sample of a log is the same whoever reads which part of it, in whatever order and chunks."""

import gzip
import hashlib
import io
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.logs.entries import Counts, Sampler
from rft.datasets.logs.parts import merge, part_lines, sampling
from rft.datasets.logs.sample import Sample
from rft.datasets.logs.source import LogSource, read_source
from rft.datasets.sampling import drawn as drawn_words
from tests.unit.datasets.logs.helpers import entry

RECORDS = st.lists(st.binary(min_size=1, max_size=12).map(lambda data: data.replace(b"\n", b" ")), max_size=60)


def by_hash(records: list[bytes]) -> list[bytes]:
    """Return the different records in the order of their hashes: what the sample is the beginning of."""
    return sorted(set(records), key=lambda record: hashlib.blake2b(record, digest_size=16).digest())


def sample_of(records: list[bytes], **limits: int) -> Sample:
    sample = Sample(**limits)
    for record in records:
        sample.add(record)
    return sample


@given(records=RECORDS, most=st.integers(1, 20), most_bytes=st.integers(1, 200))
def test_a_sample_is_the_longest_beginning_that_fits(records, most, most_bytes):
    expected: list[bytes] = []
    for record in by_hash(records):
        if len(expected) == most or sum(map(len, expected)) + len(record) > most_bytes:
            break
        expected.append(record)
    sample = sample_of(records, max_records=most, max_bytes=most_bytes)
    assert list(sample.records()) == expected
    assert (len(sample), sample.bytes) == (len(expected), sum(map(len, expected)))


@given(
    parts=st.lists(RECORDS, min_size=1, max_size=6),
    most=st.integers(1, 20),
    most_bytes=st.integers(1, 200),
    order=st.randoms(use_true_random=False),
)
def test_samples_of_parts_come_to_the_sample_of_the_whole(parts, most, most_bytes, order):
    whole = sample_of([record for part in parts for record in part], max_records=most, max_bytes=most_bytes)
    samples = [sample_of(part, max_records=most, max_bytes=most_bytes) for part in parts]
    order.shuffle(samples)
    while len(samples) > 1:  # merged in a tree of any form
        order.shuffle(samples)
        left, right = samples.pop(), samples.pop()
        for record in right.passed_on():
            if not left.add(record):
                break
        samples.append(left)
    assert list(samples[0].records()) == list(whole.records())


@given(records=RECORDS)
def test_what_is_refused_stays_refused_with_all_behind_it(records):
    sample = Sample(max_records=3, max_bytes=30)
    answers = {record: sample.add(record) for record in records}
    for early, late in pairwise(by_hash(records)):
        if not answers[early] and records.index(early) < records.index(late):
            assert not sample.add(late)


# From the bytes of objects to the manifest


LINES = st.one_of(
    st.integers(0, 40).map(lambda number: msgspec.json.encode(entry(number))),
    st.integers(0, 9).map(lambda number: msgspec.json.encode(entry(number, errorCode="ThrottlingException"))),
    st.integers(0, 9).map(lambda number: msgspec.json.encode({"number": number})),
    st.sampled_from([b"", b"{", b"[]", b"\xff", b'{"a": 1, "a": 2}', b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}"]),
)
ENDS = st.sampled_from([b"\n", b"\r\n"])
SOURCES = st.builds(
    lambda days, wanted, most: LogSource(s3_uri="s3://logs/x", max_records=most, **days, metadata_filter=wanted),
    st.sampled_from([{}, {"first_day": read_source(b'{"s3_uri": "s3://logs", "from": "2026-01-09"}').first_day}]),
    st.sampled_from(
        [None, read_source(b'{"s3_uri": "s3://logs", "metadata_filter": {"equals": {"team": "support"}}}')]
    ).map(lambda source: source and source.metadata_filter),
    st.integers(1, 30),
)


class Trickle(io.BytesIO):
    """Bytes in pieces of one size, however much is asked for."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._size)


@st.composite
def objects(draw: Any) -> dict[str, bytes]:
    """Draw the objects of a log: plain, packed, cut off, with lines of every kind."""
    found = {}
    for number in range(draw(st.integers(1, 6))):
        data = b"".join(line + draw(ENDS) for line in draw(st.lists(LINES, max_size=12)))
        packed = draw(st.sampled_from(["plain", "packed", "cut"]))
        if packed != "plain":
            data = gzip.compress(data, mtime=0)[: None if packed == "packed" else -4]
        found[f"x/{number}.json.gz"] = data
    return found


def drawn(worlds: list[dict[str, bytes]], source: LogSource, chunk: int) -> tuple[list[bytes], Counts]:
    """Draw one sample with a worker for each of some parts of the objects."""
    parts = []
    for world in worlds:
        sampler = Sampler(source)
        for name, data in world.items():
            sampler.read(Trickle(data, chunk), name=name, size=len(data))
        parts.append(list(part_lines(sampler)))
    sample, counts = merge(parts, source)
    return list(sample.records()), counts


@given(
    world=objects(),
    source=SOURCES,
    workers=st.integers(1, 5),
    chunk=st.integers(1, 3000),
    order=st.randoms(use_true_random=False),
)
def test_the_same_logs_give_the_same_sample_and_counts_whoever_reads_what(world, source, workers, chunk, order):
    records, counts = drawn([world], source, 1 << 18)
    names = list(world)
    order.shuffle(names)
    shares: list[dict[str, bytes]] = [{} for _ in range(workers)]
    for name in names:
        order.choice(shares)[name] = world[name]
    assert drawn(shares, source, chunk) == (records, counts)
    assert counts.objects == len(world)
    assert counts.bytes == sum(map(len, world.values()))
    assert len(records) <= counts.seen - counts.filtered - counts.unusable - counts.unreadable
    facts = sampling(source, counts, kept=len(records))
    assert msgspec.json.decode(msgspec.json.encode(facts), type=type(facts)) == facts


def test_people_are_told_how_many_were_drawn_and_why_not_the_others():
    source = LogSource(s3_uri="s3://logs/x")
    counts = Counts(objects=46, broken=2, seen=1543, filtered=1090, unusable=1, unreadable=1)
    assert drawn_words(sampling(source, counts, kept=451)) == (
        "Drawn from 1,543 log entries in 46 objects (2 of them unreadable): 451 taken, "
        "1,090 of other days or metadata, 1 unusable, 1 unreadable."
    )
