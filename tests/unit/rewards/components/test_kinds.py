"""Every component: what it gives for the answers it is made for."""

from typing import Any

import pytest

from rft.rewards import MissingReference, Sample
from rft.rewards.components import component
from rft.rewards.errors import UnreadableAnswer

PROMPT = "The report says: \u201cSales  rose by nine per cent\u201d and costs fell."


def sample(answer: str, reference: Any = None) -> Sample:
    return Sample("s", (("user", PROMPT),), answer, reference)


def value(kind: str, answer: str, reference: Any = None, **settings: Any) -> float | None:
    return component(kind, settings)(sample(answer, reference))


@pytest.mark.parametrize(
    ("kind", "answer", "reference", "settings", "expected"),
    [
        ("exact", " Paris\n", "Paris", {}, 1.0),
        ("exact", "paris", "Paris", {}, 0.0),
        ("exact", "paris", "Paris", {"ignore_case": True}, 1.0),
        ("exact", "cafe\u0301", "caf\u00e9", {}, 1.0),
        ("exact", "I think.\n<answer>Paris</answer>", "Paris", {"part": "<answer>"}, 1.0),
        ("exact", "So \\boxed{\\frac{1}{2}}", "\\frac{1}{2}", {"part": "boxed"}, 1.0),
        ("exact", "So\n#### 7", "7", {"part": "hashes"}, 1.0),
        ("exact", "So\n7\n", 7, {"part": "last_line"}, 1.0),
        ("exact", "b", {"text": ["a", "b"]}, {}, 1.0),
        ("exact", "b", {"name": "b", "answer": "a"}, {"key": "name"}, 1.0),
        ("normalised", "the Eiffel-Tower!", "Eiffel tower", {}, 0.0),  # SQuAD's way: the hyphen joins
        ("normalised", "The Eiffel Tower.", "eiffel tower", {}, 1.0),
        ("normalised", "3.5", "35", {}, 0.0),
        ("normalised", "It is 1,200", "it is 1200.", {}, 1.0),
        ("normalised", "-5", "5", {}, 0.0),
        ("normalised", "\u5317\u4eac\u3002", "\u5317\u4eac", {}, 1.0),
        ("normalised", "the", "A", {}, 0.0),
        ("numeric", "The answer is 5.02 km.", "5,000 m", {"relative": 0.01}, 1.0),
        ("numeric", "The answer is 5.02 km.", "5,000 m", {}, 0.0),
        ("numeric", "#### 72 apples", "72", {}, 1.0),
        ("numeric", "#### 72", "72 km", {}, 1.0),
        ("numeric", "#### 72", "72", {"unit": "km", "unit_required": True}, 0.0),
        ("numeric", "\\boxed{72000\\text{ m}}", "72", {"unit": "km"}, 1.0),
        ("numeric", "72 kg", "72 km", {}, 0.0),
        ("numeric", "1e400", 7.5, {"absolute": 0.5}, 0.0),
        ("numeric", "7.99", 7.5, {"absolute": 0.5}, 1.0),
        ("numeric", "2.5 h", "150 minutes", {}, 1.0),
        ("choice", "The answer is (B).", "B", {}, 1.0),
        ("choice", "**C**", "(B) Paris", {}, 0.0),
        ("choice", "B) Paris, since it is the capital", "b", {}, 1.0),
        ("choice", "A dog has four legs, so\n\\boxed{b}", "B", {}, 1.0),
        ("set_f1", "- red\n- Blue\n- blue", ["Red", "green"], {}, 0.5),
        ("set_f1", '["red", "green"]', "red, green", {}, 1.0),
        ("set_f1", "green and red", "red green", {"level": "token"}, 0.8),
        ("list_f1", "the cat sat", "a cat sat down", {}, 0.8),
        ("list_f1", "cat cat cat", "cat", {}, 0.5),
        ("list_f1", "\u5317\u4eac\u5e02", "\u5317\u4eac", {}, 0.8),
        ("list_f1", "a, b, b", ["b", "b", "c"], {"level": "item"}, 0.8),
        ("rouge", "The cat was found under the bed.", "the cat was under the bed", {}, 12 / 13),
        ("rouge", "bed the under cat the", "the cat was under the bed", {"variant": "1"}, 10 / 11),
        ("rouge", "the cat was found under the bed", "the cat was under the bed", {"variant": "2"}, 8 / 11),
        ("rouge", "the cat was found under the bed", "the cat was under the bed", {"variant": "3"}, 4 / 9),
        ("rouge", "a cat", ["dog", "a cat"], {}, 1.0),
        ("rouge", "a", "b", {"variant": "2"}, 0.0),
        ("chrf", "The cat was found under the bed.", "the cat was under the bed", {}, 0.7381567332773067),
        ("chrf", "The cat was found under the bed.", "the cat was under the bed", {"words": 2}, 0.7207419856532021),
        ("chrf", "a cat", {"answers": ["dog", "a cat"]}, {}, 1.0),
        ("bleu", "The cat was found under the bed.", "the cat was under the bed", {}, 0.25848657697858535),
        ("bleu", "THE CAT", "the cat", {"ignore_case": True}, 1.0),
        ("json_fields", '{"a": 1, "b": "X"}', {"a": 1.0, "b": "x"}, {}, 1.0),
        ("json_fields", '{"a": 1}', {"a": 1, "b": 2}, {"weights": {"a": 3, "b": 1}}, 0.75),
        ("json_fields", 'It is {"a": 1, "c": 0}', {"a": 1}, {"around": 0.8, "extra": 0.1}, 0.7),
        ("json_fields", '{"c": 1}', {"a": 1}, {"extra": 0.5}, 0.0),
        (
            "json_shape",
            '{"a": "x", "n": 2}',
            None,
            {"fields": {"a": {"enum": ["x", "y"]}, "n": {"type": "string"}}},
            0.5,
        ),
        ("json_shape", '{"n": true}', None, {"fields": {"n": {"type": "number"}}}, 0.0),
        ("json_shape", '{"n": 2.0}', None, {"fields": {"n": {"type": "integer", "required": False}}}, 1.0),
        ("json_shape", '{"x": 2}', None, {"fields": {"n": {"required": False}}}, 1.0),
        ("json_shape", '{"x": 2}', None, {"fields": {"n": {"required": False}}, "others": False}, 0.0),
        ("tags", "<think>so</think>\n<answer>7</answer>", None, {}, 1.0),
        ("tags", "<answer>7</answer><think>so</think>", None, {}, 0.0),
        ("tags", "<think> </think><answer>7</answer>", None, {}, 0.0),
        ("tags", "<think>so</think><answer>7</answer><answer>8</answer>", None, {}, 0.0),
        ("tags", "Well, <think>so</think><answer>7</answer>", None, {}, 0.0),
        ("tags", "Well, <think>so</think><answer>7</answer>", None, {"outside": True}, 1.0),
        ("tags", "<think><answer>7</answer></think>", None, {}, 0.0),
        ("pattern", "call 555-1234", None, {"regex": r"\d{3}-\d{4}"}, 1.0),
        ("pattern", "call 555-1234", None, {"regex": r"^\d{3}-\d{4}$"}, 0.0),
        ("pattern", "call me", None, {"regex": r"\d", "absent": True}, 1.0),
        ("length", "x" * 100, None, {"soft": 100, "limit": 200}, 1.0),
        ("length", "x" * 150, None, {"soft": 100, "limit": 200}, 0.5),
        ("length", "x" * 900, None, {"soft": 100, "limit": 200}, 0.0),
        ("length", "", None, {"soft": 100, "limit": 200}, 0.0),
        ("length", "one two", None, {"soft": 9, "limit": 10, "least": 4, "unit": "words"}, 0.5),
        ("repetition", "one two three four five", None, {}, 1.0),
        ("repetition", "", None, {}, 0.0),
        ("repetition", "yes yes yes yes yes yes yes yes yes yes yes yes", None, {}, 0.125),
        ("refusal", "Here it is.", None, {}, 1.0),
        ("refusal", "I\u2019m sorry, but no.", None, {}, 0.0),
        ("refusal", "I can't help with that.", None, {"wanted": True}, 1.0),
        ("refusal", "Lo siento, no puedo.", None, {"phrases": ["lo siento"]}, 0.0),
        ("refusal", "", None, {"wanted": True}, 0.0),
        ("language", "Hello \u041f\u0440\u0438\u0432\u0435", None, {"least": 1.0}, 0.5),
        ("language", "\uff28\uff25\uff2c\uff2c\uff2f", None, {}, 1.0),
        ("language", "\u3053\u308c\u306f\u672c", None, {"scripts": ["hiragana", "katakana", "cjk"]}, 1.0),
        ("language", "72", None, {}, None),
        ("language", " ", None, {}, 0.0),
        ("citation", 'It says "sales rose by nine per cent" and "profits rose".', None, {}, 0.5),
        ("citation", "It says nothing.", None, {}, 0.0),
        ("citation", "It says nothing.", None, {"least": 0}, None),
        ("citation", '"and costs fell" "and costs fell"', None, {"least": 2}, 0.5),
    ],
)
def test_a_component_gives(
    kind: str, answer: str, reference: Any, settings: dict[str, Any], expected: float | None
) -> None:
    reference = reference["text"] if isinstance(reference, dict) and "text" in reference else reference
    assert value(kind, answer, reference, **settings) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("kind", "answer", "reference", "settings", "reason"),
    [
        ("exact", "", "a", {}, "empty"),
        ("exact", "a", "a", {"part": "<answer>"}, "missing"),
        ("exact", "<answer>a</answer><answer>b</answer>", "a", {"part": "<answer>"}, "2 times"),
        ("exact", "<answer>" * 3 + "a", "a", {"part": "<answer>"}, "missing"),
        ("exact", "\\boxed{a", "a", {"part": "boxed"}, "missing"),
        ("numeric", "I do not know", "7", {}, "no number"),
        ("numeric", "#### 7\n#### 8", "7", {}, "contradict"),
        ("choice", "A dog has four legs", "A", {}, "no choice"),
        ("choice", "Answer: A. Answer: B", "A", {}, "several choices"),
        ("json_fields", "[1]", {"a": 1}, {}, "no JSON object"),
        ("json_fields", '{"a": NaN}', {"a": 1}, {}, "no JSON object"),
        ("json_shape", '{"a": ' * 5_000, None, {"fields": {"a": {}}}, "no JSON object"),
    ],
)
def test_an_answer_without_what_is_looked_for_is_unreadable(
    kind: str, answer: str, reference: Any, settings: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UnreadableAnswer, match=reason):
        value(kind, answer, reference, **settings)


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        ("exact", None),
        ("exact", {"other": 1}),
        ("exact", True),
        ("normalised", []),
        ("numeric", "many"),
        ("numeric", float("nan")),
        ("numeric", float("inf")),
        ("choice", "Paris"),
        ("choice", "E"),
        ("set_f1", "..."),
        ("list_f1", ""),
        ("rouge", "..."),
        ("chrf", ["", "-"]),
        ("bleu", ""),
        ("json_fields", "text"),
        ("json_fields", {}),
    ],
)
def test_a_record_without_the_reference_is_named(kind: str, reference: Any) -> None:
    with pytest.raises(MissingReference, match="sample s"):
        value(kind, "7", reference)
