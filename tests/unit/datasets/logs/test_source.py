"""The file that names the place of logs: what it may say, and what a wrong one is answered."""

import contextlib
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.logs.source import LogSource, read_source
from rft.errors import DatasetUnreadable

PLACE = {"s3_uri": "s3://logs/prefix"}


def test_the_place_alone_is_enough():
    source = read_source(b'\xef\xbb\xbf{"s3_uri": "s3://logs/a/b/"}\r\n')
    assert (source.bucket, source.prefix, source.max_records) == ("logs", "a/b/", 20_000)
    assert (source.metadata_filter, source.first_day, source.last_day) == (None, None, None)
    assert read_source(b'{"s3_uri": "s3://my.logs-1"}').prefix == ""


def test_everything_that_may_be_said():
    said = {
        **PLACE,
        "metadata_filter": {"andAll": [{"equals": {"team": "support"}}, {"notEquals": {"stage": "test"}}]},
        "max_records": 500,
        "from": "2026-01-01",
        "to": "2026-01-31",
    }
    source = read_source(msgspec.json.encode(said))
    assert (source.max_records, source.first_day, source.last_day) == (500, date(2026, 1, 1), date(2026, 1, 31))
    assert msgspec.to_builtins(source) == said
    assert msgspec.convert(msgspec.to_builtins(source), LogSource) == source


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ({}, "s3_uri"),
        ({"s3_uri": "https://logs/x"}, "$.s3_uri"),
        ({"s3_uri": "s3://Logs/x"}, "$.s3_uri"),
        ({"s3_uri": "s3://"}, "$.s3_uri"),
        ({**PLACE, "max_records": 99}, "$.max_records"),
        ({**PLACE, "max_records": 50_001}, "$.max_records"),
        ({**PLACE, "max_records": "100"}, "$.max_records"),
        ({**PLACE, "from": "01.02.2026"}, "$.from"),
        ({**PLACE, "from": "2026-02-01", "to": "2026-01-01"}, "lies behind `to`"),
        ({**PLACE, "metadata_filter": {}}, "exactly one of"),
        ({**PLACE, "metadata_filter": {"equals": {"a": 1}}}, "$.metadata_filter.equals"),
        ({**PLACE, "first_day": "2026-01-01"}, "unknown field `first_day`"),
        ([PLACE], "Expected `object`"),
        ("s3://logs/x", "Expected `object`"),
    ],
)
def test_a_wrong_one_is_refused_with_the_field_and_an_example(value: Any, part: str) -> None:
    with pytest.raises(DatasetUnreadable) as error:
        read_source(msgspec.json.encode(value))
    assert part in str(error.value)
    assert '{"s3_uri": "s3://your-log-bucket/prefix"}' in str(error.value)


def test_records_in_it_are_told_to_take_another_name():
    with pytest.raises(DatasetUnreadable, match="give a file of records another name"):
        read_source(b'{"prompt": "x"}\n' * 10_000)


@given(data=st.binary(max_size=200) | st.text().map(str.encode))
def test_nothing_else_comes_out_than_a_source_or_a_reason(data):
    with contextlib.suppress(DatasetUnreadable):
        assert read_source(data).bucket
