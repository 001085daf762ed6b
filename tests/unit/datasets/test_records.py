"""One line of a dropped file: accepted as it is, or refused with a stable code and a fix."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.codes import Code
from rft.datasets.items import Refused
from rft.datasets.reading import MAX_LINE, Line
from rft.datasets.records import PromptRecord, read_record

USER = {"role": "user", "content": "6 x 12?"}
SYSTEM = {"role": "system", "content": "Be brief."}


def read(data: bytes) -> PromptRecord:
    return read_record(Line(1, 0, len(data), data))


def code_of(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        read(data)
    assert len(caught.value.reason) > 15
    return caught.value.code


def line(**values: Any) -> bytes:
    return json.dumps({"messages": [USER], **values}).encode()


@pytest.mark.parametrize(
    "data",
    [
        line(),
        line(id="a", reference_answer="72"),
        line(reference_answer={"final_answer": 72}, level=3, tags=["x", {"y": None}], id="ü"),
        line(messages=[SYSTEM, USER]),
        line(messages=[{"role": "developer", "content": "Be brief."}, USER]),
        line(messages=[{"role": "user", "content": [{"type": "text", "text": "6 x "}, {"text": "12?"}]}]),
        line(note="\U0001f600 \u2028 \x85"),
        json.dumps({"messages": [USER], "note": "\U0001f600"}, ensure_ascii=False).encode(),
        b"  " + line() + b" \r",
        b'{"messages": [{"role": "user", "content": "6 x 12?"}], "big": 123456789012345678901234567890, "f": 1.10}',
    ],
)
def test_good_lines_are_kept_to_the_byte(data: bytes) -> None:
    record = read(data)
    assert record.data == data.strip()
    assert record.user == "6 x 12?"
    assert record.line() == data.strip() + b"\n"


def test_an_assigned_id_is_put_in_without_touching_the_rest() -> None:
    data = b'{  "messages": [{"role": "user", "content": "x"}], "f": 1.10, "n": 1e5 }'
    record = read(data)
    assert record.line("r-1") == b'{"id": "r-1", ' + data[3:] + b"\n"
    assert json.loads(record.line("r-1")) == {"id": "r-1", **json.loads(data)}


def test_a_carriage_return_inside_a_line_cannot_break_it_in_two() -> None:
    assert read(b'{"messages":\r[{"role": "user", "content": "x"}]}').data.count(b"\r") == 0


BAD: list[tuple[bytes, Code]] = [
    (b"", Code.EMPTY_LINE),
    (b" \t\r", Code.EMPTY_LINE),
    (b'{"messages": "caf\xe9"}', Code.BAD_ENCODING),
    (b'{"messages": "\xed\xa0\x80"}', Code.BAD_ENCODING),
    (b"not json", Code.BAD_JSON),
    (b"[", Code.BAD_JSON),
    (b'{"messages": [', Code.BAD_JSON),
    (line() + line(), Code.BAD_JSON),
    (line() + b",", Code.BAD_JSON),
    (b'{"a": "\x00"}', Code.BAD_JSON),
    (b'{"a": "tab\there"}', Code.BAD_JSON),
    (b'{"a": NaN}', Code.BAD_JSON),
    (b'{"a": -Infinity}', Code.BAD_JSON),
    (b'{"a": 1e999}', Code.BAD_JSON),
    (b'{"a": ' + b"1" * 5000 + b"}", Code.BAD_JSON),
    (b'{"a": 1, "a": 2}', Code.BAD_JSON),
    (b'{"x": {"a": 1, "a": 1}}', Code.BAD_JSON),
    (b'{"a": "\\ud800"}', Code.BAD_JSON),
    (b'{"\\udc00": 1}', Code.BAD_JSON),
    (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", Code.TOO_DEEP),
    (b"[" * 100_000, Code.TOO_DEEP),
    (b'{"a":' * 100_000, Code.TOO_DEEP),
    (b"[1, 2]", Code.NOT_AN_OBJECT),
    (b'"text"', Code.NOT_AN_OBJECT),
    (b"12", Code.NOT_AN_OBJECT),
    (b"null", Code.NOT_AN_OBJECT),
    (line(id=7), Code.BAD_ID),
    (line(id=None), Code.BAD_ID),
    (line(id=""), Code.BAD_ID),
    (line(id="x" * 300), Code.BAD_ID),
    (b"{}", Code.NO_MESSAGES),
    (line(messages=[]), Code.NO_MESSAGES),
    (line(messages={"role": "user"}), Code.NO_MESSAGES),
    (line(messages=["hello"]), Code.BAD_MESSAGE),
    (line(messages=[{**USER, "name": "x"}]), Code.BAD_MESSAGE),
    (line(messages=[{"content": "x"}]), Code.BAD_ROLE),
    (line(messages=[{"role": "human", "content": "x"}]), Code.BAD_ROLE),
    (line(messages=[{"role": ["user"], "content": "x"}]), Code.BAD_ROLE),
    (line(messages=[{"role": "user"}]), Code.BAD_CONTENT),
    (line(messages=[{"role": "user", "content": "  "}]), Code.BAD_CONTENT),
    (line(messages=[{"role": "user", "content": []}]), Code.BAD_CONTENT),
    (line(messages=[{"role": "user", "content": ["x"]}]), Code.BAD_CONTENT),
    (line(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]), Code.NOT_TEXT),
    (line(messages=[{"role": "user", "content": [{"type": "text"}]}]), Code.NOT_TEXT),
    (line(messages=[USER, SYSTEM]), Code.SYSTEM_NOT_FIRST),
    (line(messages=[SYSTEM, SYSTEM, USER]), Code.SYSTEM_NOT_FIRST),
    (line(messages=[SYSTEM]), Code.NO_USER),
    (line(messages=[USER, {"role": "assistant", "content": "72"}]), Code.ENDS_WITH_ANSWER),
    (line(messages=[USER, {"role": "tool", "content": "72"}]), Code.ENDS_WITH_ANSWER),
    (line(messages=[USER, {"role": "assistant", "content": "72"}, USER]), Code.MULTI_TURN),
    (
        line(messages=[{"role": "assistant", "content": "Hi"}, {"role": "tool", "content": "x"}, USER]),
        Code.MULTI_TURN,
    ),
    (line(reference_answer=None), Code.BAD_REFERENCE),
    (line(reference_answer=""), Code.BAD_REFERENCE),
    (line(reference_answer={}), Code.BAD_REFERENCE),
    (line(reference_answer=72), Code.BAD_REFERENCE),
    (line(reference_answer=["72"]), Code.BAD_REFERENCE),
]


@pytest.mark.parametrize(("data", "code"), BAD)
def test_bad_lines_are_refused_with_code_and_fix(data: bytes, code: Code) -> None:
    assert code_of(data) == code


def test_a_long_line_says_where_it_is() -> None:
    with pytest.raises(Refused, match="from byte 17") as caught:
        read_record(Line(3, 17, MAX_LINE + 5, b"x" * MAX_LINE))
    assert caught.value.code is Code.LINE_TOO_LONG


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)
MESSAGE = st.fixed_dictionaries({}, optional={"role": st.sampled_from(["user", "system", "x"]) | JSON, "content": JSON})


LINE = st.builds(
    lambda messages, rest: json.dumps({**rest, "messages": messages}).encode(),
    st.lists(MESSAGE, max_size=3) | JSON,
    st.dictionaries(st.text(max_size=6), JSON, max_size=3),
)


def judged(data: bytes) -> PromptRecord | Refused:
    try:
        return read(data)
    except Refused as refused:
        return refused


@given(st.binary() | LINE)
def test_any_line_is_a_record_or_refused(data: bytes) -> None:
    result = judged(data)
    if isinstance(result, Refused):
        assert result.reason
    else:
        assert isinstance(json.loads(result.line("x" if result.id is None else None)), dict)


@given(st.data())
def test_a_good_line_with_flipped_bytes_is_a_record_or_refused(data: st.DataObject) -> None:
    mutated = bytearray(line(id="a", reference_answer="72"))
    for _ in range(data.draw(st.integers(1, 4))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    result = judged(bytes(mutated).replace(b"\n", b" "))
    if isinstance(result, Refused):
        assert result.code in set(Code)
    else:
        assert result.user.strip()
