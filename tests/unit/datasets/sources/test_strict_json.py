"""JSON with one meaning, or refused; the fast way and the explaining way agree on every text."""

import json
import math
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rft.datasets.codes import Code
from rft.datasets.items import Refused
from rft.datasets.sources import strict_json
from rft.datasets.sources.strict_json import decode, explained


def code_of(data: bytes) -> Code:
    with pytest.raises(Refused) as caught:
        decode(data)
    assert len(caught.value.reason) > 15
    return caught.value.code


def nested(depth: int, kind: str = "[]") -> bytes:
    return b"[" * depth + b"]" * depth if kind == "[]" else b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.BAD_JSON),
        (b" ", Code.BAD_JSON),
        (b'"caf\xe9"', Code.BAD_ENCODING),
        (b'"\xed\xa0\x80"', Code.BAD_ENCODING),
        (b'"\xc0\xaf"', Code.BAD_ENCODING),
        (b"\xef\xbb\xbf1", Code.BAD_JSON),
        (b"not json", Code.BAD_JSON),
        (b"{", Code.BAD_JSON),
        (b'{"a": [', Code.BAD_JSON),
        (b"{}{}", Code.BAD_JSON),
        (b"{},", Code.BAD_JSON),
        (b'{"a": 1,}', Code.BAD_JSON),
        (b"{'a': 1}", Code.BAD_JSON),
        (b"{a: 1}", Code.BAD_JSON),
        (b'{"a": 1} // note', Code.BAD_JSON),
        (b'{"a": "\x00"}', Code.BAD_JSON),
        (b'{"a": "tab\there"}', Code.BAD_JSON),
        (b'{"a": "\\x41"}', Code.BAD_JSON),
        (b'{"a": NaN}', Code.BAD_JSON),
        (b'{"a": Infinity}', Code.BAD_JSON),
        (b'{"a": -Infinity}', Code.BAD_JSON),
        (b'{"a": 1e400}', Code.BAD_JSON),
        (b'{"a": -1e400}', Code.BAD_JSON),
        (b'{"a": 01}', Code.BAD_JSON),
        (b'{"a": 1.}', Code.BAD_JSON),
        (b'{"a": +1}', Code.BAD_JSON),
        (b'{"a": ' + b"1" * 301 + b"}", Code.BAD_JSON),
        (b'{"a": -' + b"1" * 301 + b"}", Code.BAD_JSON),
        (b'{"a": ' + b"1" * 1_000_000 + b"}", Code.BAD_JSON),
        (b'{"a": "\\ud800"}', Code.BAD_JSON),
        (b'{"a": "\\ud800\\ud800"}', Code.BAD_JSON),
        (b'{"\\udc00": 1}', Code.BAD_JSON),
        (b'{"a": 1, "a": 2}', Code.DUPLICATE_KEY),
        (b'{"a": 1, "a": 1}', Code.DUPLICATE_KEY),
        (b'{"a": 1, "\\u0061": 2}', Code.DUPLICATE_KEY),
        (b'{"x": [{"a": 1, "b": {}, "a": 1}]}', Code.DUPLICATE_KEY),
        (b'{"a": 1, "a": "\\u003a"}', Code.DUPLICATE_KEY),
        (b'{"a": 1, "a": "\\u003A"}', Code.DUPLICATE_KEY),
        (b'{"a:b": 1, "a:b": 2}', Code.DUPLICATE_KEY),
        (b'{"": 1, "": 2}', Code.DUPLICATE_KEY),
        (b'{"\\ud800": 1, "\\ud800": 2}', Code.DUPLICATE_KEY),
        (nested(33), Code.TOO_DEEP),
        (nested(33, "{}"), Code.TOO_DEEP),
        (nested(500), Code.TOO_DEEP),
        (b"[" * 100_000, Code.TOO_DEEP),
        (b'{"a":' * 100_000, Code.TOO_DEEP),
        (b"[" * 33, Code.TOO_DEEP),
        (b"[" * 32, Code.BAD_JSON),
    ],
)
def test_bad_texts_are_refused(data: bytes, code: Code) -> None:
    assert code_of(data) == code


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b' {"a": [1, -0, 1.5, null, true]}\r\n', {"a": [1, 0, 1.5, None, True]}),
        (b'{"a": "\\u003a", "b": ":"}', {"a": ":", "b": ":"}),
        (b'{"a": "\\ud83d\\ude00\\u0000"}', {"a": "\U0001f600\0"}),
        (b'"\\\\u003a"', "\\u003a"),
        (b'"' + b"[{" * 50 + b'\\""', "[{" * 50 + '"'),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"-" + b"9" * 300, -(10**300 - 1)),
        (b"1e-400", 0.0),
        (b"1.7976931348623157e308", 1.7976931348623157e308),
        (b'{"a": {"a": 1}}', {"a": {"a": 1}}),
        (b'["a", "a"]', ["a", "a"]),
        (nested(32), json.loads(nested(32))),
        (nested(32, "{}"), json.loads(nested(32, "{}"))),
    ],
)
def test_good_texts_keep_their_value(data: bytes, value: object) -> None:
    assert same(decode(data), value)


def test_the_reason_names_place_and_fix() -> None:
    for data, hint in [
        (b'{"a": 1, "a": 2}', "the key 'a' stands twice"),
        (b'{"a": "caf\xe9"}', "byte 11 is not UTF-8"),
        (b'{"a": "x"', "cut off"),
        (b"{", "one whole object a line"),
        (b'{"a": 1},', "one whole object a line"),
        (b'{"a": 1}\r{"a": 1}', "carriage return alone"),
        (b'{"a" 1, "b": 2}', "character 6"),
    ]:
        with pytest.raises(Refused, match=hint):
            decode(data)


def same(one: object, other: object) -> bool:
    """Whether two values are equal in type too, and zeros in sign."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return one == other


def result(way, data: bytes) -> object:
    try:
        return way(data)
    except Refused as refused:
        return refused.code, refused.reason


STRINGS = st.lists(
    st.sampled_from(
        ["a", ":", '\\"', "\\\\", "\\u003a", "\\u003A", "\\\\u003a", "\\n", "\\u0061", "\\ud83d", "\\ude00", "{", "]"]
        + ["é", "\U0001f600", ",", "\x7f", "\t", "\x00", "\\x", "\\u00", "\u2028", " "]
    )
).map(lambda parts: '"' + "".join(parts) + '"')
NUMBERS = st.sampled_from(
    ["0", "-0", "-0.0", "1e400", "-1e999", "1e-400", "9" * 300, "9" * 301, "1.", "01", "NaN", "-Infinity", "1E+2"]
    + ["18446744073709551616", "-9223372036854775809", "0.1", "2.2250738585072011e-308", "5e-324", "1" * 400 + ".5"]
) | (st.integers() | st.floats()).map(json.dumps)
KEYS = st.sampled_from(['"a"', '"\\u0061"', '":"', '"\\u003a"', '"b:c"', '""']) | STRINGS
BLANKS = st.sampled_from(["", "", " ", "\n", "\r", "\t", "\x0c"])


def grow(inner):
    pair = st.tuples(BLANKS, KEYS, BLANKS, inner).map(lambda p: f"{p[0]}{p[1]}{p[2]}:{p[3]}")
    return (
        st.lists(inner, max_size=4).map(lambda parts: "[" + ",".join(parts) + "]")
        | st.lists(pair, max_size=4).map(lambda parts: "{" + ",".join(parts) + "}")
        | st.tuples(inner, st.integers(28, 34)).map(lambda p: "[" * p[1] + p[0] + "]" * p[1])
    )


TEXTS = st.recursive(STRINGS | NUMBERS | st.sampled_from(["true", "null", "", "nul"]), grow, max_leaves=8)


@settings(max_examples=600)
@given(TEXTS.map(str.encode), st.data())
@example(b'{"a":":","a":"x"}', None)
def test_both_ways_agree_on_every_text(data: bytes, draw: st.DataObject | None) -> None:
    if draw is not None and data and draw.draw(st.booleans()):
        mutated = bytearray(data)
        mutated[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
        data = bytes(mutated)
    fast, slow = result(decode, data), result(explained, data)
    assert same(fast, slow)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
        max_leaves=12,
    ),
    st.booleans(),
)
def test_every_value_that_json_can_hold_comes_back(value: object, escape: bool) -> None:
    try:
        data = json.dumps(value, ensure_ascii=escape).encode()
    except UnicodeEncodeError:
        return
    found = result(decode, data)
    assert same(found, value) or re.search(r"\\ud[89a-f]", data.decode())


def test_usual_records_go_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "explained", lambda _: pytest.fail("the slow way"))
    record = {"id": "a", "messages": [{"role": "user", "content": 'a: "b" \U0001f600\n'}], "n": 7, "f": 0.5, "e": {}}
    assert decode(json.dumps(record).encode()) == record
    assert decode(json.dumps(record, ensure_ascii=False, indent=1).encode()) == record


PAIRS = st.tuples(
    st.sampled_from(["a", "b", ":", "\\u003a", "\\u0061"]),
    st.sampled_from(
        ['"x"', '":"', '"\\u003a"', "1", "null", "{}", '{"a":1}', '[{"a":":","b":1}]', '[{"a":"x","a":"\\u003a"}]']
        + ['[{"role":"user","content":"x:y"},{"role":"user","content":[{"text":"z"}]}]']
    ),
)


@settings(max_examples=500)
@given(st.lists(PAIRS, max_size=4))
def test_no_colon_hides_a_key_that_stands_twice(pairs: list[tuple[str, str]]) -> None:
    data = ("{" + ",".join(f'"{key}":{value}' for key, value in pairs) + "}").encode()
    keys = [json.loads(f'"{key}"') for key, _ in pairs]
    inside = any(value.count('"a":') > 1 for _, value in pairs)
    if inside or len(set(keys)) < len(keys):
        assert code_of(data) is Code.DUPLICATE_KEY
    else:
        assert decode(data) == json.loads(data)
