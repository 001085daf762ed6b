"""The shape of a file is what most of its first records are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rft.datasets.items import Shape
from rft.datasets.rules import Columns, DataRules
from rft.datasets.shapes import detect
from rft.errors import DatasetUnreadable
from tests.unit.datasets.shapes.helpers import convert, lost, user

ROOT = Path(__file__).parents[4]
CHAT = {"messages": user("a")}
PAIR = {"prompt": "a", "chosen": "b", "rejected": "c"}


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (CHAT, Shape.PROMPTS),
        ({"question": "a", "answer": "b"}, Shape.PROMPTS),
        ({"prompt": "a", "response": "b"}, Shape.PROMPTS),
        ({"instruction": "a", "input": "", "output": "b"}, Shape.PROMPTS),
        (PAIR, Shape.PREFERENCES),
        ({**CHAT, "chosen": "b", "rejected": "c", "tie": False, "votes": []}, Shape.PREFERENCES),
        ({"chosen": "Human: a\n\nAssistant: b", "rejected": "Human: a\n\nAssistant: c"}, Shape.PREFERENCES),
        ({"instruction": "a", "response1": "b", "response2": "c", "annotator1": 0}, Shape.JUDGEMENTS),
        ({"conversation_a": [], "conversation_b": [], "winner": "tie"}, Shape.JUDGEMENTS),
        ({"prompt": "a", "answers": ["b", "c"]}, Shape.RANKINGS),
        ({"prompt": "a", "response": "b", "rating": "4"}, Shape.RATINGS),
        ({"prompt": "a", "completion": "b"}, Shape.DEMONSTRATIONS),
        ({"messages": [*user("a"), {"role": "assistant", "content": "b"}]}, Shape.DEMONSTRATIONS),
        ({"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}, Shape.DEMONSTRATIONS),
        ({"schemaType": "ModelInvocationLog"}, Shape.INVOCATION_LOGS),
    ],
)
def test_each_shape_is_known(value: dict[str, Any], shape: Shape) -> None:
    assert detect([value], DataRules()) is shape


def test_the_majority_decides() -> None:
    assert detect([CHAT, PAIR, {"x": 1}, PAIR], DataRules()) is Shape.PREFERENCES
    assert detect([CHAT, PAIR, CHAT, {}], DataRules()) is Shape.PROMPTS


def test_the_task_has_the_last_word() -> None:
    assert detect([PAIR], DataRules(shape=Shape.RATINGS)) is Shape.RATINGS
    assert detect([{"q": "a"}], DataRules(columns=Columns(prompt="q"))) is Shape.PROMPTS
    assert detect([{"q": "a", "good": "b", "bad": "c"}], DataRules(columns=Columns(chosen="good", rejected="bad"))) is (
        Shape.PREFERENCES
    )


def test_an_unknown_shape_says_what_to_write() -> None:
    with pytest.raises(DatasetUnreadable) as error:
        detect([{"frage": "a", "antwort": "b"}], DataRules())
    assert "fields: antwort, frage" in str(error.value)
    assert "[data.columns]" in str(error.value)


def test_the_records_in_the_docs_are_of_the_shapes_that_they_stand_for() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| `(\{.+?\})` \|", (ROOT / "docs" / "data.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(Shape)
    for name, record in rows:
        value = json.loads(record)
        assert detect([value], DataRules()) == name
        examples = convert(Shape(name), value)
        assert examples
        assert lost(value, examples) == []
