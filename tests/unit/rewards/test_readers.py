"""Reading numbers and JSON objects out of answers."""

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.rewards.fields import compare_fields, equal, first_object
from rft.rewards.numbers import final_number, last_number, read_number, strict_hash_number


@pytest.mark.parametrize(
    ("text", "value", "style"),
    [
        ("3 + 4 = 7\n#### 1,234", "1234", "hash"),
        ("#### -5\n", "-5", "hash"),
        ("#### $72.50", "72.50", "hash"),
        ("#### **72**", "72", "hash"),
        ("#### 72 apples", "72", "hash"),
        ("#### Step 1\nwe add\n#### 9", "9", "hash"),
        (r"so \boxed{-1,000}", "-1000", "boxed"),
        (r"\boxed{3} and again \boxed{3.0}", "3", "boxed"),
        ("The answer is 12 km, not 13.", "12", "phrase"),
        ("Answer: 0.5", "0.5", "phrase"),
        ("The answer is the answer. It is 4", "4", "phrase"),
        ("We get 10-3=7", "7", "last"),
        ("the total is \u22127", "-7", "last"),
        ("= $-8.", "-8", "last"),
        ("about 1e3", "1E+3", "last"),
        ("#### \n so 4", "4", "last"),
    ],
)
def test_the_result_of_an_answer(text: str, value: str, style: str) -> None:
    found = final_number(text)
    assert found is not None
    assert (found.value, found.style) == (Decimal(value), style)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no number",
        "####",
        "v1.2.3 and x2",
        "#### 5\n#### 6",
        r"\boxed{5} \boxed{6}",
        "#### 5 or 6",
        "9" * 500,
        "\u0667\u0662",
    ],
)
def test_no_result_or_several_are_none(text: str) -> None:
    assert final_number(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("#### 72", "72"),
        ("Thinking.\n#### 1,234  \n\n", "1234"),
        ("x\n####-3", "-3"),
        ("#### 72.", None),
        ("#### 72 km", None),
        ("#### 71\n#### 72", None),
        ("#### 72\nHope this helps", None),
        ("#### ", None),
        ("72", None),
    ],
)
def test_the_strict_form(text: str, value: str | None) -> None:
    assert strict_hash_number(text) == (None if value is None else Decimal(value))


def test_single_numbers() -> None:
    assert read_number("-1,234.50 km") == Decimal("-1234.50")
    assert read_number("3 or 4") is None
    assert last_number("1, 2, 3") == 3


@given(st.integers(min_value=-(10**15), max_value=10**15), st.text(alphabet="abc .,\n", max_size=20))
def test_every_whole_number_is_read_back(number: int, noise: str) -> None:
    assert strict_hash_number(f"{noise}\n#### {number:,}") == number
    found = final_number(f"{noise} The answer is {number:,}.")
    assert found is not None
    assert found.value == number


@given(st.text(alphabet=st.sampled_from('0123456789.,-+eE#$ \n\\boxed{}"[]:answer is'), max_size=200) | st.text())
def test_any_text_can_be_read(text: str) -> None:
    final_number(text)
    strict_hash_number(text)
    first_object(text)


@pytest.mark.parametrize(
    "piece",
    ["1", "1,111", "1,", "-", "1e", "1.", "####\n", "#### 1\n", "\\boxed{", "answer is ", "{", '{"a":', "```\n"],
)
def test_a_megabyte_is_read_in_linear_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    final_number(text)
    strict_hash_number(text)
    first_object(text)
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("text", "value", "strict"),
    [
        ('{"a": 1}', {"a": 1}, True),
        (' \n{"a": {"b": []}}\n', {"a": {"b": []}}, True),
        ('Here: {"a": 1} Thanks', {"a": 1}, False),
        ('```json\n{"a": "}"}\n```', {"a": "}"}, False),
        ('{not json} but {"a": 1}', {"a": 1}, False),
        ('use {} here\n```\n{"a": 1}\n```', {"a": 1}, False),
        ('{"a": 1} {"a": 2}', {"a": 1}, False),
        ('[{"a": 1}]', {"a": 1}, False),
    ],
)
def test_the_object_of_an_answer(text: str, value: dict[str, Any], strict: bool) -> None:
    found = first_object(text)
    assert found is not None
    assert (found.value, found.strict) == (value, strict)


@pytest.mark.parametrize(
    "text", ["", "none", "{", "[]", '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": Infinity}', "{'a': 1}", '{"a":' * 5000]
)
def test_what_is_no_object(text: str) -> None:
    assert first_object(text) is None


def test_fields_are_compared_one_by_one() -> None:
    wanted = {"a": "Red", "b": None, "c": True, "d": 2, "e": 5}
    found = {"a": " red ", "b": None, "c": 1, "d": [2], "x": 1}
    assert compare_fields(found, wanted) == {"a": 1, "b": 1, "c": 0, "d": 0, "e": 0}
    assert compare_fields({"a": 4}, {"a": 5}, {"a": lambda got, want: 1 - abs(got - want) / 10}) == {"a": 0.9}
    assert equal(2, 2.0)
    assert not equal(True, 1)
