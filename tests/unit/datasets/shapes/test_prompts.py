"""Prompt records, chat and flat."""

import json
from typing import Any

import pytest

from rft.datasets.codes import Code
from rft.datasets.items import Refused, Shape
from rft.datasets.rules import Columns, DataRules
from rft.datasets.shapes import converter
from tests.unit.datasets.shapes.helpers import lost, one, user

SYSTEM = {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize(
    ("value", "reference", "extra"),
    [
        ({"messages": user("2 + 2?")}, None, {}),
        ({"messages": [SYSTEM, *user("2 + 2?")], "reference_answer": "4", "id": "a"}, "4", {}),
        ({"messages": user("2 + 2?"), "reference_answer": {"n": 4}, "topic": "sums"}, {"n": 4}, {"topic": "sums"}),
    ],
)
def test_the_usual_record_is_its_own_line(value: dict[str, Any], reference: Any, extra: dict[str, Any]) -> None:
    raw = json.dumps(value).encode()
    (example,) = converter(Shape.PROMPTS, DataRules())(value, raw)
    assert (example.messages, example.id, example.reference_answer) == (value["messages"], value.get("id"), reference)
    assert example.extra == extra
    assert example.whole == raw


def test_white_space_around_a_record_is_no_part_of_its_line() -> None:
    value = {"messages": user("2 + 2?")}
    (example,) = converter(Shape.PROMPTS, DataRules())(
        value, b' {"messages":\r' + json.dumps(user("2 + 2?")).encode() + b"}\r"
    )
    assert example.whole == b'{"messages": ' + json.dumps(user("2 + 2?")).encode() + b"}"
    assert json.loads(example.whole) == value


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [{"role": "user", "content": [{"text": "2 + "}, {"text": "2?"}]}]},
        {"messages": [{"from": "human", "value": "2 + 2?"}]},
        {"messages": [{"role": "human", "content": "2 + 2?"}]},
        {"messages": user("2 + 2?"), "id": 7},
        {"messages": user("2 + 2?"), "chosen": "4"},
        {"question": "2 + 2?"},
    ],
)
def test_a_record_that_needed_a_change_is_not_its_own_line(value: dict[str, Any]) -> None:
    (example,) = converter(Shape.PROMPTS, DataRules())(value, json.dumps(value).encode())
    assert example.messages == user("2 + 2?")
    assert example.whole is None
    assert lost(value, [example]) == []


@pytest.mark.parametrize(
    ("value", "text", "reference", "extra"),
    [
        ({"question": "2 + 2?", "answer": "4"}, "2 + 2?", "4", {}),
        ({"prompt": "2 + 2?", "target": 4, "level": 1}, "2 + 2?", "4", {"level": 1}),
        (
            {"instruction": "Add.", "input": "2 2", "output": "4"},
            "Add.\n\n2 2",
            "4",
            {"original": {"instruction": "Add.", "input": "2 2"}},
        ),
        ({"instruction": " ", "input": "Add 2 2"}, "Add 2 2", None, {"original": {"instruction": " "}}),
        (
            {"instruction": "Add.", "input": "", "output": "4"},
            "Add.",
            "4",
            {"original": {"instruction": "Add.", "input": ""}},
        ),
        ({"input": "2 + 2?", "label": 0.5}, "2 + 2?", "0.5", {}),
        ({"prompt": "2 + 2?", "votes": 3, "original": 1}, "2 + 2?", None, {"original": {"votes": 3, "original": 1}}),
    ],
)
def test_flat_records(value: dict[str, Any], text: str, reference: str | None, extra: dict[str, Any]) -> None:
    example = one(Shape.PROMPTS, value)
    assert example.messages == user(text)
    assert example.reference_answer == reference
    assert example.extra == extra


def test_named_fields_count_in_chat_records_too() -> None:
    rules = DataRules(columns=Columns(reference_answer="gold.text", id="key"))
    example = one(Shape.PROMPTS, {"messages": user("2 + 2?"), "gold": {"text": "4"}, "key": 12}, rules)
    assert (example.reference_answer, example.id) == ("4", "12")
    assert example.extra == {"gold": {"text": "4"}}


def test_named_fields_of_flat_records() -> None:
    rules = DataRules(columns=Columns(prompt="task.text", system="role", context="facts"))
    example = one(
        Shape.PROMPTS, {"task": {"text": "Who?"}, "role": "Be brief.", "facts": "Ada wrote it.", "answer": "Ada"}, rules
    )
    assert example.messages == [SYSTEM, *user("Who?\n\nAda wrote it.")]
    assert example.reference_answer == "Ada"


@pytest.mark.parametrize(
    ("value", "code", "part"),
    [
        ({}, Code.NO_MESSAGES, "messages"),
        ({"messages": []}, Code.NO_MESSAGES, "messages"),
        ({"messages": ["hi"]}, Code.BAD_MESSAGE, "message 1"),
        ({"messages": [{"role": "user", "content": "a", "name": "b"}]}, Code.BAD_MESSAGE, "'name'"),
        ({"messages": [{"role": "boss", "content": "a"}]}, Code.BAD_ROLE, "'boss'"),
        ({"messages": user("  ")}, Code.BAD_CONTENT, "message 1"),
        ({"messages": [{"role": "user", "content": [{"image": "x"}]}]}, Code.NOT_TEXT, "text only"),
        ({"messages": [*user("a"), SYSTEM]}, Code.SYSTEM_NOT_FIRST, "first"),
        ({"messages": [SYSTEM]}, Code.NO_USER, "user message"),
        ({"messages": [*user("a"), {"role": "assistant", "content": "b"}]}, Code.ENDS_WITH_ANSWER, "reference_answer"),
        ({"messages": [*user("a"), *user("b")]}, Code.MULTI_TURN, "one user message"),
        ({"messages": [{"role": "assistant", "content": "b"}, *user("a")]}, Code.MULTI_TURN, "one user message"),
        ({"messages": user("a"), "reference_answer": ""}, Code.BAD_REFERENCE, "reference_answer is an empty string"),
        ({"messages": user("a"), "reference_answer": 4}, Code.BAD_REFERENCE, "a number"),
        ({"messages": user("a"), "id": ""}, Code.BAD_ID, "1 to 256"),
        ({"messages": user("a"), "id": None}, Code.BAD_ID, "null"),
        ({"prompt": " "}, Code.NO_PROMPT, "[data.columns]"),
        ({"prompt": ["a"]}, Code.BAD_CONTENT, "prompt is an array"),
        ({"prompt": "a", "answer": ["b"]}, Code.BAD_REFERENCE, "answer is an array"),
    ],
)
def test_refusals_name_the_field(value: dict[str, Any], code: Code, part: str) -> None:
    with pytest.raises(Refused) as refusal:
        one(Shape.PROMPTS, value)
    assert refusal.value.code == code
    assert part in refusal.value.reason
