"""Rankings, ratings and demonstrations."""

from typing import Any

import pytest

from rft.datasets.codes import Code
from rft.datasets.items import Rating, Refused, Shape
from rft.datasets.rules import Columns, DataRules, Scale
from tests.unit.datasets.shapes.helpers import convert, lost, one, user

ANSWERS = ["b", "c", "a"]
A_B_C = [("a", "b", False), ("a", "c", False), ("b", "c", False)]


@pytest.mark.parametrize(
    ("ranking", "pairs"),
    [
        ({"answers": ["a", "b", "c"]}, A_B_C),
        ({"answers": ANSWERS, "ranks": [2, 3, 1]}, A_B_C),
        ({"answers": ANSWERS, "scores": [0.5, -1, 7]}, A_B_C),
        ({"answers": ANSWERS, "ranking": [2, 0, 1]}, A_B_C),
        ({"answers": ANSWERS, "ranking": [3, 1, 2]}, A_B_C),
        ({"answers": ANSWERS, "ranks": [2, 2, 1]}, [("a", "b", False), ("a", "c", False), ("b", "c", True)]),
        ({"responses": [{"text": "b", "rank": 2}, {"answer": "a", "rank": 1}]}, [("a", "b", False)]),
        ({"completions": [{"response": "b", "score": 2}, {"content": "a", "score": 9}]}, [("a", "b", False)]),
        ({"ranking": ["a", "b"]}, [("a", "b", False)]),
    ],
)
def test_rankings_become_all_their_pairs(ranking: dict[str, Any], pairs: list[tuple[str, str, bool]]) -> None:
    value = {"id": 5, "prompt": "p", **ranking}
    examples = convert(Shape.RANKINGS, value)
    assert [(example.chosen, example.rejected, example.tie) for example in examples] == pairs
    expected = ["5"] if len(pairs) == 1 else [f"5/{place}" for place in range(1, len(pairs) + 1)]
    assert [example.id for example in examples] == expected
    assert all(example.messages == user("p") for example in examples)
    assert lost({**value, "id": "5" if len(pairs) == 1 else "5/1"}, examples) == []


def test_ranked_fields() -> None:
    rules = DataRules(columns=Columns(answers=["gold", "silver", "bronze"]))
    examples = convert(Shape.RANKINGS, {"prompt": "p", "gold": "a", "silver": "b", "bronze": "c"}, rules)
    assert [(example.chosen, example.rejected, example.tie) for example in examples] == A_B_C
    assert [example.id for example in examples] == [None] * 3


def test_pairs_of_a_ranking_share_nothing_that_can_change() -> None:
    first, second, _ = convert(Shape.RANKINGS, {"prompt": "p", "answers": ["a", "b", "c"], "topic": "t"})
    first.extra["topic"] = "other"
    first.messages[0]["content"] = "other"
    assert (second.extra["topic"], second.messages) == ("t", user("p"))


def test_ten_answers_make_45_pairs_and_eleven_none() -> None:
    assert len(convert(Shape.RANKINGS, {"prompt": "p", "answers": [str(place) for place in range(10)]})) == 45
    with pytest.raises(Refused, match="bad-ranking: there are 11 answers; rank 2 to 10"):
        convert(Shape.RANKINGS, {"prompt": "p", "answers": [str(place) for place in range(11)]})


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ({"answers": ["a"]}, "there are 1 answers"),
        ({"answers": "a"}, "answers is a string"),
        ({"prompt": "p"}, "answers is null"),
        ({"answers": ["a", ""]}, "answer 2 is an empty string"),
        ({"answers": ["a", {"rank": 1}]}, "answer 2 is null"),
        ({"answers": ["a", "b"], "ranks": [1]}, "ranks is a list of 1, but there are 2 answers"),
        ({"answers": ["a", "b"], "ranks": "1 2"}, "ranks is a string"),
        ({"answers": ["a", "b"], "ranks": [1, "x"]}, "the rank of answer 2 is a string"),
        ({"answers": ["a", "b"], "ranks": [1, 10**400]}, "beyond all numbers"),
        ({"answers": ["a", "b"], "ranking": [0, 0]}, "each of the 2 answers once"),
        ({"answers": ["a", "b"], "ranking": [True, False]}, "each of the 2 answers once"),
    ],
)
def test_rankings_refused(value: dict[str, Any], part: str) -> None:
    with pytest.raises(Refused) as refusal:
        convert(Shape.RANKINGS, {"prompt": "p", **value})
    assert refusal.value.code == Code.BAD_RANKING
    assert part in refusal.value.reason


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ({"response": "a", "rating": 5}, 5.0),
        ({"output": "a", "stars": "4.50", "fluency": 2}, 4.5),
        ({"completion": "a", "score": 1}, 1.0),
    ],
)
def test_ratings(value: dict[str, Any], number: float) -> None:
    example = one(Shape.RATINGS, {"prompt": "p", **value})
    assert (example.messages, example.answer, example.rating) == (user("p"), "a", Rating(number, 1.0, 5.0))
    assert lost(value, [example]) == []


def test_ratings_on_a_scale_of_their_own() -> None:
    rules = DataRules(scale=Scale(low=0, high=100), columns=Columns(rating="marks.total", answer="essay"))
    example = one(Shape.RATINGS, {"prompt": "p", "essay": "a", "marks": {"total": 62}, "reference": "b"}, rules)
    assert (example.answer, example.rating, example.reference_answer) == ("a", Rating(62.0, 0, 100), "b")
    assert example.extra == {"marks": {"total": 62}}


@pytest.mark.parametrize(
    ("value", "code", "part"),
    [
        ({"response": "a", "rating": 6}, Code.BAD_RATING, "rating is 6; give a number from 1 to 5"),
        ({"response": "a", "rating": "good"}, Code.BAD_RATING, "'good'"),
        ({"response": "a", "rating": "nan"}, Code.BAD_RATING, "'nan'"),
        ({"response": "a", "rating": True}, Code.BAD_RATING, "[data.scale]"),
        ({"response": "a"}, Code.BAD_RATING, "rating is null"),
        ({"rating": 3}, Code.BAD_RATING, "columns.answer"),
        ({"response": ["a"], "rating": 3}, Code.BAD_CONTENT, "response is an array"),
        ({"response": "a", "rating": 3, "reference": ""}, Code.BAD_REFERENCE, "reference is an empty string"),
    ],
)
def test_ratings_refused(value: dict[str, Any], code: Code, part: str) -> None:
    with pytest.raises(Refused) as refusal:
        one(Shape.RATINGS, {"prompt": "p", **value})
    assert refusal.value.code == code
    assert part in refusal.value.reason


ANSWER = {"role": "assistant", "content": "a"}


@pytest.mark.parametrize(
    ("value", "prompt"),
    [
        ({"messages": [*user("p"), ANSWER]}, user("p")),
        ({"conversations": [{"from": "human", "value": "p"}, {"from": "gpt", "value": "a"}]}, user("p")),
        ({"prompt": "p", "completion": "a"}, user("p")),
        ({"instruction": "p", "response": "a"}, user("p")),
        (
            {"messages": [*user("p"), ANSWER, *user("q"), ANSWER]},
            user("Human: p\n\nAssistant: a\n\nHuman: q"),
        ),
    ],
)
def test_demonstrations(value: dict[str, Any], prompt: list[dict[str, str]]) -> None:
    example = one(Shape.DEMONSTRATIONS, value)
    assert (example.messages, example.answer, example.reference_answer) == (prompt, "a", "a")
    assert lost(value, [example]) == []


def test_a_demonstration_may_have_a_reference_of_its_own() -> None:
    example = one(Shape.DEMONSTRATIONS, {"prompt": "p", "completion": "a", "reference_answer": {"n": 1}})
    assert (example.answer, example.reference_answer) == ("a", {"n": 1})


@pytest.mark.parametrize(
    ("value", "code", "part"),
    [
        ({"messages": user("p")}, Code.EMPTY_ANSWER, "does not end"),
        ({"messages": [ANSWER]}, Code.NO_USER, "user message"),
        ({"messages": [ANSWER, ANSWER]}, Code.NO_USER, "user message"),
        ({"prompt": "p"}, Code.EMPTY_ANSWER, "no completion"),
        ({"prompt": "p", "completion": " "}, Code.EMPTY_ANSWER, "no completion"),
        ({"completion": "a"}, Code.NO_PROMPT, "[data.columns]"),
        ({"prompt": "p", "completion": "a", "reference_answer": []}, Code.BAD_REFERENCE, "an empty array"),
    ],
)
def test_demonstrations_refused(value: dict[str, Any], code: Code, part: str) -> None:
    with pytest.raises(Refused) as refusal:
        one(Shape.DEMONSTRATIONS, value)
    assert refusal.value.code == code
    assert part in refusal.value.reason
