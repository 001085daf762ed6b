"""What holds for every component, whatever the answer: range, repeatability, linear time; and wrong settings."""

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.rewards import MissingReference, Sample
from rft.rewards.components import KINDS, component, maker, settings_of
from rft.rewards.errors import BadReward, UnreadableAnswer
from tests.unit.rewards.judging.fake_bedrock import FakeBedrock, fake_bedrock
from tests.unit.rewards.model.test_artefact import MODEL

ROOT = Path(__file__).parents[4]
NEEDED: dict[str, dict[str, Any]] = {
    "pattern": {"regex": r"(\w+\s*)+[.!]"},
    "json_shape": {"fields": {"a": {"type": "string"}, "b": {"enum": [1, True]}}},
    "length": {"soft": 50, "limit": 100},
    "reward_model": {"file": "liked.reward-model"},
    "judge": {"models": ["amazon.nova-lite-v1:0"], "rubric": "Is it good?"},
    "guardrail": {"guardrail_id": "abc123"},
}
MARKS = [
    "####",
    "\\boxed{",
    "}",
    "<answer>",
    "</answer>",
    "{",
    '"a": ',
    "answer is",
    "1,",
    "-",
    '"',
    "\u201c",
    "(A",
    "\n",
]
ANSWERS = st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=3))).map("".join))
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text())
REFERENCES = st.one_of(
    PLAIN, st.lists(PLAIN, max_size=4), st.dictionaries(st.sampled_from(["a", "answer", "b"]), PLAIN)
)


@pytest.fixture(scope="module", autouse=True)
def bedrock() -> Iterator[FakeBedrock]:
    """Put a fake in the place of Bedrock, for the kinds that ask it."""
    with fake_bedrock() as service:
        yield service


@cache
def made(kind: str) -> Callable[[Sample], float | None]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "liked.reward-model").write_bytes(MODEL.to_bytes())
        return component(kind, NEEDED.get(kind, {}), folder)


def value(kind: str, answer: str, reference: Any, prompt: str = "") -> object:
    try:
        return made(kind)(Sample("s", (("user", prompt),), answer, reference))
    except (UnreadableAnswer, MissingReference) as error:
        return str(error)


@pytest.mark.parametrize("kind", KINDS)
@given(answer=ANSWERS, reference=REFERENCES, prompt=st.text())
def test_a_value_is_from_0_to_1_and_always_the_same(kind: str, answer: str, reference: Any, prompt: str) -> None:
    found = value(kind, answer, reference, prompt)
    assert found is None or isinstance(found, str) or (isinstance(found, float) and 0.0 <= found <= 1.0)
    assert value(kind, answer, reference, prompt) == found


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_without_text_earns_nothing(kind: str) -> None:
    found = value(kind, " \n", {"a": "x"} if kind.startswith("json") else "A 1", "a prompt")
    assert found == 0.0 or isinstance(found, str)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mark", ["####", "\\boxed{", "<answer>", "{", "answer is ", "1,", "\u201c", "x. ", "\ufdfa"])
def test_a_million_characters_take_seconds(kind: str, mark: str) -> None:
    answer = mark * (1_000_000 // len(mark.encode()))
    started = time.process_time()
    value(kind, answer, {"a": "x"} if kind.startswith("json") else "A 1", answer)
    assert time.process_time() - started < 10  # a quadratic one takes hours


@pytest.mark.parametrize("kind", KINDS)
def test_its_docstring_tells_range_and_source(kind: str) -> None:
    told = maker(kind).__doc__
    assert "Range: 0 " in told
    assert "Source: " in told


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("meteor", {}, "kind: 'meteor' is none of exact"),
        ("exact", {"ignorecase": True}, "ignorecase: exact has no such setting; it has part, key, ignore_case"),
        ("exact", {"ignore_case": 1}, "ignore_case: is 1; it must be true or false"),
        ("exact", {"part": "tag"}, "part: 'tag' is none of whole"),
        ("numeric", {"absolute": float("nan")}, "absolute: is nan"),
        ("numeric", {"absolute": -1}, "absolute: is -1; it must be 0 or more"),
        ("numeric", {"relative": True}, "relative: is True; it must be a number"),
        ("numeric", {"unit": "parsec"}, "unit: 'parsec' is none of"),
        ("numeric", {"unit_required": True}, "give unit as well"),
        ("choice", {"options": 1}, "options: is 1; it must be 2 to 26"),
        ("set_f1", {"level": "word"}, "level: 'word' is none of item, token"),
        ("json_fields", {"weights": {"a": "x"}}, "weights.a: is 'x'; it must be a number"),
        ("json_fields", {"weights": {"a": 0}}, "weights: none is above 0"),
        ("json_shape", {}, "fields: is missing"),
        ("json_shape", {"fields": {"a": {"type": "text"}}}, "fields.a.type: 'text' is none of string"),
        ("json_shape", {"fields": {"a": 1}}, "fields.a: is 1; write a table"),
        ("json_shape", {"fields": {"a": {"enum": []}}}, "fields.a.enum: must be a list"),
        ("json_shape", {"fields": {"a": {"enum": [None]}}}, "fields.a.enum: must be a list"),
        ("json_shape", {"fields": {"a": {"required": 1}}}, "fields.a.required: must be true or false"),
        ("json_shape", {"fields": {"a": {"minimum": 1}}}, "'minimum' is none of type, enum, required"),
        ("tags", {"names": ["<answer>"]}, "without brackets"),
        ("tags", {"names": ["a", "a"]}, "named twice"),
        ("tags", {"names": "answer"}, "a list of texts"),
        ("pattern", {}, "regex: is missing; pattern cannot do without it"),
        ("pattern", {"regex": "(a"}, "regex: this group is not closed"),
        ("length", {"soft": 10}, "limit: is 0; it must be above soft"),
        ("repetition", {"n": 0}, "n: is 0; it must be 1 to 20"),
        ("language", {"scripts": ["english"]}, "scripts: 'english' is none of arabic"),
        ("language", {"least": 0}, "least: is 0"),
        ("reward_model", {"file": "none"}, "no file none in the task's folder; train it"),
        ("reward_model", {"file": "../reward.py"}, "does not go into the grader"),
        ("reward_model", {"file": "data/liked"}, "does not go into the grader"),
        ("reward_model", {"file": "reward.py"}, "this is no reward model"),
        ("rouge", {"variant": "w"}, "variant: 'w' is none of l, 1, 2, 3"),
        ("chrf", {"words": 5}, "words: is 5; it must be 0 to 4"),
        ("chrf", {"beta": 0}, "beta: is 0; it must be 1 to 10"),
        ("judge", {"models": ["m.x"]}, "rubric: is missing; judge cannot do without it"),
        ("judge", {"models": [], "rubric": "r"}, "models: is missing or empty"),
        ("judge", {"models": ["m.x"], "rubric": " "}, "rubric: is missing or empty"),
        (
            "judge",
            {"models": ["m.x"], "rubric": "r", "mode": "triple"},
            "mode: 'triple' is none of pointwise, pairwise",
        ),
        ("judge", {"models": ["m.x"], "rubric": "r", "scale": 0}, "scale: is 0; it must be 1 to 100"),
        ("judge", {"models": ["m.x"], "rubric": "r", "max_calls": 0}, "max_calls: is 0; it must be 1 to 100000"),
        ("guardrail", {"guardrail_id": "My-Rail"}, "guardrail_id: 'My-Rail' is no guardrail's id"),
        ("guardrail", {"guardrail_id": "abc", "version": "0"}, "version: '0' is none"),
        ("citation", {"least": 5, "most": 2}, "most: is 2; it must be 5 to 100"),
    ],
)
def test_a_wrong_setting_is_named_with_its_fix(kind: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadReward, match=re.escape(message)):
        component(kind, settings, str(ROOT / "tasks" / "arithmetic"))


@pytest.mark.parametrize("kind", KINDS)
def test_settings_are_of_types_that_toml_has(kind: str) -> None:
    known = {"bool", "int", "float", "str", "tuple[str, ...]", "dict[str, float] | None", "dict[str, dict[str, Any]]"}
    assert set(settings_of(maker(kind)).values()) <= known
