"""Which objects are read, and how they are shared out."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.logs import listing
from rft.datasets.logs.listing import LogObject, is_log, plan_logs, read_listing
from rft.datasets.logs.source import LogSource, read_source
from rft.errors import DatasetUnreadable

BASE = "x/AWSLogs/123456789012/BedrockModelInvocationLogs/us-east-1/2026/03/05/06"


def source(uri: str = "s3://logs/x", **more: str) -> LogSource:
    return read_source(msgspec.json.encode({"s3_uri": uri, **more}))


@pytest.mark.parametrize(
    ("uri", "key", "expected"),
    [
        ("s3://logs/x", f"{BASE}/20260305T060000Z_ab.json.gz", True),
        ("s3://logs/x/", f"{BASE}/20260305T060000Z_ab.json.gz", True),
        ("s3://logs", f"{BASE}/20260305T060000Z_ab.json.gz", True),
        ("s3://logs/x", "x.json.gz", False),
        ("s3://logs/x", "xyz/a.json.gz", False),
        ("s3://logs/x/a.jsonl", "x/a.jsonl", True),
        ("s3://logs/x", f"{BASE}/data/r-1_input.json.gz", False),
        ("s3://logs/data", "data/a.json.gz", True),
        ("s3://logs/data/", "data/data/a.json.gz", False),
        ("s3://logs/x", "x/AWSLogs/1/BedrockModelInvocationLogs/amazon-bedrock-logs-permission-check", False),
        ("s3://logs/x", "x/readme.txt", False),
        ("s3://logs/x", "x/", False),
    ],
)
def test_entries_are_told_from_all_else(uri, key, expected):
    assert is_log(key, source(uri)) is expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({"from": "2026-03-05"}, True),
        ({"from": "2026-03-06"}, False),
        ({"to": "2026-03-04"}, True),  # filed after midnight
        ({"to": "2026-03-03"}, False),
        ({"from": "2026-03-05", "to": "2026-03-05"}, True),
    ],
)
def test_objects_of_other_days_are_not_read(days, expected):
    assert is_log(f"{BASE}/a.json.gz", source(**days)) is expected


@pytest.mark.parametrize("path", ["x/a.json.gz", "x/2026/13/41/a.json.gz", "x/2026-03-05/a.json.gz"])
def test_a_path_that_names_no_day_is_read(path):
    assert is_log(path, source(**{"from": "2026-03-06"}))


@given(sizes=st.lists(st.integers(0, 600 << 20), max_size=300))
def test_every_object_is_in_one_batch(sizes):
    objects = [LogObject(key=f"x/é {number}.json.gz", size=size) for number, size in enumerate(sizes)]
    lines, batches = plan_logs(objects)
    data = b"".join(lines)
    found = [one for batch in batches for one in read_listing(data[batch.start : batch.end])]
    assert found == objects
    assert [batch.batch for batch in batches] == list(range(len(batches)))
    for batch in batches:
        of_batch = list(read_listing(data[batch.start : batch.end]))
        assert len(of_batch) == batch.objects > 0
        assert batch.objects == 1 or sum(one.size for one in of_batch) <= listing.MOST_BYTES


def test_more_work_makes_more_batches_up_to_a_bound():
    few = plan_logs([LogObject(key="a.json", size=1000)] * 50)[1]
    many = plan_logs([LogObject(key="a.json", size=1000)] * 20_000)[1]
    assert (len(few), len(many)) == (3, 65)
    with pytest.raises(DatasetUnreadable, match="name a longer prefix, or days"):
        plan_logs([LogObject(key="a.json", size=200 << 20)] * 1000)
