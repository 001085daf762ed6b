"""S3 helpers: streams that survive a broken connection, ranges, writes that never change what is there."""

import pytest
from botocore.exceptions import ClientError, IncompleteReadError

from rft.aws import objects
from rft.interval import Interval
from rft.schemas import Score
from tests.unit.datasets.fake_s3 import FakeS3

DATA = bytes(range(256)) * 4000


def test_a_stream_is_taken_up_again_where_it_broke(s3: FakeS3) -> None:
    s3.versions["b", "k", "v1"] = DATA
    s3.breaks = [0, 300_000, 5]
    with objects.open_object("b", "k", "v1") as stream:
        assert stream.read() == DATA


def test_a_stream_that_keeps_breaking_fails(s3: FakeS3) -> None:
    s3.objects["b", "k"] = DATA
    s3.breaks = [10] * 9
    with objects.open_object("b", "k") as stream, pytest.raises(IncompleteReadError):
        stream.read()


def test_lines_and_ranges(s3: FakeS3) -> None:
    s3.objects["b", "k"] = b"one\ntwo\nthree\n"
    assert list(objects.read_lines("b", "k")) == [b"one\n", b"two\n", b"three\n"]
    assert objects.get_range("b", "k", 4, 8) == b"two\n"
    with pytest.raises(ValueError, match="empty"):
        objects.get_range("b", "k", 4, 4)


def test_values_come_back(s3: FakeS3) -> None:
    interval = Interval(mean=0.5, low=0.25, high=0.75)
    objects.put_json("b", "k", interval)
    assert objects.get_json("b", "k", Interval) == interval
    assert s3.objects["b", "k"].endswith(b"}\n")
    scores = [Score(id=str(i), scores={"baseline": 0.5}, seconds=1.0) for i in range(3)]
    objects.put_json_lines("b", "scores", scores)
    assert s3.objects["b", "scores"].count(b"\n") == 3
    assert objects.get_json_lines("b", "scores", Score) == scores


def test_what_is_there_is_not_written_again(s3: FakeS3) -> None:
    assert objects.put_new("b", "k.json", b"first")
    assert not objects.put_new("b", "k.json", b"second")
    assert objects.get_bytes("b", "k.json") == b"first"
    assert objects.exists("b", "k.json")
    assert not objects.exists("b", "other.json")


def test_writers_at_the_same_moment_try_again(s3: FakeS3) -> None:
    s3.conflicts = 2
    assert objects.put_new("b", "k.json", b"first")
    s3.conflicts = 9
    with pytest.raises(ClientError):
        objects.put_new("b", "other.json", b"x")
