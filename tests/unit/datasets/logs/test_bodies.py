"""Bodies that stand apart come back into their entries, and nothing else of these changes."""

import gzip
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.codes import Code
from rft.datasets.items import Refused
from rft.datasets.logs.bodies import BodyUnusable, bodies_apart, put_in, read_body
from rft.datasets.rules import DataRules
from rft.datasets.shapes import logs as shape
from rft.datasets.sources import strict_json
from tests.unit.datasets.logs.helpers import entry

PATH = "s3://logs/x/data/r-1_input.json.gz"
ASKED = {"messages": [{"role": "user", "content": [{"text": "A long story: ..."}]}]}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_a_body_is_put_in_and_converts():
    record = msgspec.json.encode(entry(1, input={"inputContentType": "application/json", "inputBodyS3Path": PATH}))
    assert bodies_apart(record) == {"input": PATH}
    body = read_body(io.BytesIO(gzip.compress(msgspec.json.format(msgspec.json.encode(ASKED)), mtime=0)))
    whole = put_in(record, {"input": body})
    assert b"\n" not in whole
    assert bodies_apart(whole) == {}
    [example] = shape.convert(strict_json.decode(whole), None, DataRules())
    assert example.messages == [{"role": "user", "content": "A long story: ..."}]
    assert strict_json.decode(whole)["input"]["inputBodyS3Path"] == PATH


def test_without_its_body_an_entry_is_refused_with_the_reason():
    record = msgspec.json.encode(entry(1, output={"outputBodyS3Path": PATH}))
    whole = put_in(record, {"output": BodyUnusable(f"{PATH} is gone")})
    with pytest.raises(Refused, match=r"output body stands apart in S3 and cannot be used: .*is gone") as refused:
        shape.convert(strict_json.decode(whole), None, DataRules())
    assert refused.value.code is Code.BAD_LOG


@given(extra=st.dictionaries(st.text(max_size=5), VALUES, max_size=4), body=VALUES)
def test_all_else_stays_as_it_was(extra, body):
    given_value = {**entry(1), **extra, "input": {"inputBodyS3Path": PATH, "n": extra}}
    record = msgspec.json.encode(given_value)
    text = read_body(io.BytesIO(msgspec.json.encode(body)))
    whole = strict_json.decode(put_in(record, {"input": text}))
    assert whole["input"].pop("inputBodyJson") == strict_json.decode(msgspec.json.encode(body))
    assert whole == strict_json.decode(record)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no JSON"),
        (b"\x89PNG\r\n", "no JSON"),
        (b"[" * 5000, "no JSON"),
        (gzip.compress(b"{}", mtime=0)[:-4], "ends too early"),
        (gzip.compress(b'"' + b"a" * (2 << 20) + b'"', mtime=0), "more than 1,048,576 bytes"),
    ],
)
def test_what_is_no_body_is_named(data, why):
    with pytest.raises(BodyUnusable, match=why):
        read_body(io.BytesIO(data))


@pytest.mark.parametrize(
    "record", [b"[]", b'"inputBodyS3Path"', b'{"input": {"inputBodyS3Path": ""}}', b'{"input": []}']
)
def test_other_records_have_none(record):
    assert bodies_apart(record) == {}
    assert bodies_apart(msgspec.json.encode(entry(1, note="inputBodyS3Path"))) == {}
