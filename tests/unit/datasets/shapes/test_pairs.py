"""Preference pairs and judged pairs."""

from typing import Any

import pytest

from rft.datasets.codes import Code
from rft.datasets.items import Refused, Shape, Verdict, Vote
from rft.datasets.rules import Columns, DataRules, Votes
from tests.unit.datasets.shapes.helpers import lost, one, user

FOUR, FIVE = ({"role": "assistant", "content": text} for text in ("4", "5"))
SYSTEM = {"role": "system", "content": "Be brief."}
HISTORY = "Human: Hi\n\nAssistant: Hello\n\nHuman: 2 + 2?"
TURNS = [*user("Hi"), {"role": "assistant", "content": "Hello"}, *user("2 + 2?")]


@pytest.mark.parametrize(
    ("value", "prompt"),
    [
        ({"prompt": "2 + 2?", "chosen": "4", "rejected": "5"}, user("2 + 2?")),
        ({"messages": user("2 + 2?"), "chosen": "4", "rejected": "5"}, user("2 + 2?")),
        (
            {
                "messages": [{"role": "user", "content": [{"text": "2 + "}, {"text": "2?"}]}],
                "chosen": "4",
                "rejected": "5",
            },
            user("2 + 2?"),
        ),
        ({"system": "Be brief.", "question": "2 + 2?", "chosen": "4", "rejected": "5"}, [SYSTEM, *user("2 + 2?")]),
        ({"prompt": "2 + 2?", "chosen": FOUR, "rejected": [FIVE]}, user("2 + 2?")),
        ({"prompt": [SYSTEM, *user("2 + 2?")], "chosen": [FOUR], "rejected": [FIVE]}, [SYSTEM, *user("2 + 2?")]),
        ({"chosen": [*user("2 + 2?"), FOUR], "rejected": [*user("2 + 2?"), FIVE]}, user("2 + 2?")),
        ({"chosen": [*TURNS, FOUR], "rejected": [*TURNS, FIVE], "prompt": "Hi"}, user(HISTORY)),
        (
            {
                "prompt": "2 + 2?",
                "chosen": [*user("2 + 2?"), FOUR],
                "rejected": [*user("2 + 2?"), FIVE],
                "messages": [*user("2 + 2?"), FOUR],
                "system": "Be brief.",
            },
            [SYSTEM, *user("2 + 2?")],
        ),
        (
            {"chosen": f"\n\n{HISTORY}\n\nAssistant: 4", "rejected": f"\n\n{HISTORY}\n\nAssistant: 5"},
            user(HISTORY),
        ),
        ({"prompt": f"{HISTORY}\n\nAssistant:", "chosen": " 4", "rejected": " 5"}, user(HISTORY)),
    ],
)
def test_pairs_in_the_forms_that_people_have(value: dict[str, Any], prompt: list[dict[str, str]]) -> None:
    example = one(Shape.PREFERENCES, value)
    assert example.messages == prompt
    assert (str(example.chosen).strip(), str(example.rejected).strip(), example.tie) == ("4", "5", False)
    assert lost(value, [example]) == []


def test_our_own_form_is_not_doubled() -> None:
    example = one(Shape.PREFERENCES, {"messages": user("a"), "chosen": "b", "rejected": "c", "tie": True, "topic": "t"})
    assert example.extra == {"topic": "t"}
    assert example.tie


@pytest.mark.parametrize(("cell", "tie"), [("True", True), ("1", True), ("false", False), ("", False)])
def test_ties_in_csv(cell: str, *, tie: bool) -> None:
    assert one(Shape.PREFERENCES, {"prompt": "a", "chosen": "b", "rejected": "c", "tie": cell}).tie is tie


@pytest.mark.parametrize(
    ("value", "code", "part"),
    [
        ({"prompt": "a", "chosen": "b"}, Code.BAD_PREFERENCE, "no rejected answer"),
        ({"prompt": "a", "chosen": " ", "rejected": "c"}, Code.BAD_PREFERENCE, "chosen is an empty string"),
        ({"chosen": "b", "rejected": "c"}, Code.NO_PROMPT, "[data.columns]"),
        ({"prompt": "a", "chosen": "b", "rejected": user("c")}, Code.BAD_PREFERENCE, "rejected does not end"),
        (
            {"chosen": [*user("a"), FOUR], "rejected": [*user("b"), FIVE], "prompt": "a"},
            Code.BAD_PREFERENCE,
            "different histories",
        ),
        ({"prompt": "a", "chosen": "b", "rejected": "c", "tie": 0}, Code.BAD_PREFERENCE, "tie is a number"),
        (
            {"prompt": "a", "chosen": "b", "rejected": "c", "reference_answer": ["d"]},
            Code.BAD_REFERENCE,
            "reference_answer is an array",
        ),
    ],
)
def test_pairs_refused(value: dict[str, Any], code: Code, part: str) -> None:
    with pytest.raises(Refused) as refusal:
        one(Shape.PREFERENCES, value)
    assert refusal.value.code == code
    assert part in refusal.value.reason


JUDGED = {"instruction": "2 + 2?", "input": "", "response1": "4", "response2": "5"}


@pytest.mark.parametrize(
    ("votes", "chosen", "tie"),
    [
        ((1, 1, 2), "4", False),
        ((2, 0, 2), "5", False),
        (("2.0", "2.0", ""), None, None),
        (("2.0", "2.0", "1.0"), "5", False),
        ((1, 2, 0), None, True),
        ((0, 0, 1), None, True),
        ((1, 0), None, True),
        ((2, 2, 1, 1, 0), None, True),
        ((2.0, 2, 1), "5", False),
        (("1", " 1 ", "tie"), "4", False),
    ],
)
def test_more_than_half_of_the_votes_decide(votes: tuple[Any, ...], chosen: str | None, tie: bool | None) -> None:
    value = {**JUDGED, **{f"annotator{place}": said for place, said in enumerate(votes, 1)}}
    if tie is None:
        with pytest.raises(Refused, match=r"bad-vote: annotator3 says ''.*data.votes"):
            one(Shape.JUDGEMENTS, value)
        return
    example = one(Shape.JUDGEMENTS, value)
    assert example.tie is tie
    if chosen is not None:
        assert example.chosen == chosen
        assert example.rejected == ("5" if chosen == "4" else "4")
        assert example.shown_first is (Verdict.CHOSEN if chosen == "4" else Verdict.REJECTED)
    assert example.votes is not None
    assert [vote.annotator for vote in example.votes] == [f"annotator{place}" for place in range(1, len(votes) + 1)]
    assert lost(value, [example]) == []


@pytest.mark.parametrize(
    ("votes", "told"),
    [
        ((2, 1, 2, 2, 0), ["chosen", "rejected", "chosen", "chosen", "tie"]),
        ((1, 2, 0, 1, 1), ["chosen", "rejected", "tie", "chosen", "chosen"]),
    ],
)
def test_votes_are_told_of_the_chosen_answer(votes: tuple[int, ...], told: list[str]) -> None:
    example = one(Shape.JUDGEMENTS, {**JUDGED, "votes": list(votes)})
    assert [vote.verdict for vote in example.votes or []] == told


@pytest.mark.parametrize(
    ("votes", "names"),
    [
        ({"winner": "model_b"}, ["winner"]),
        ({"preference": "response2"}, ["preference"]),
        ({"label": "B"}, ["label"]),
        ({"votes": [2, 2]}, ["annotator1", "annotator2"]),
        ({"votes": [{"annotator": "Ann", "vote": "second"}]}, ["Ann"]),
        ({"annotations": {"Ann": "right", "Bo": "b"}}, ["Ann", "Bo"]),
    ],
)
def test_votes_in_the_forms_that_people_have(votes: dict[str, Any], names: list[str]) -> None:
    value = {**JUDGED, **votes}
    example = one(Shape.JUDGEMENTS, value)
    assert example.chosen == "5"
    assert example.votes == [Vote(name, Verdict.CHOSEN) for name in names]
    assert lost(value, [example]) == []


def test_arena_records() -> None:
    value = {
        "conversation_a": [*user("2 + 2?"), FIVE],
        "conversation_b": [*user("2 + 2?"), FOUR],
        "winner": "model_b",
        "model_a": "x",
        "turn": 1,
    }
    example = one(Shape.JUDGEMENTS, value)
    assert (example.messages, example.chosen, example.rejected) == (user("2 + 2?"), "4", "5")
    assert example.extra["model_a"] == "x"
    assert lost(value, [example]) == []


def test_guessed_types_are_text_again() -> None:
    value = {"prompt": "2 < 3?", "response1": True, "response2": 7, "winner": "a"}
    example = one(Shape.JUDGEMENTS, value)
    assert (example.chosen, example.rejected) == ("true", "7")
    assert example.extra["original"]["response1"] is True


def test_named_fields_and_words() -> None:
    rules = DataRules(
        columns=Columns(answers=["out.left", "out.right"], votes=["by.ann"]), votes=Votes(first=("L",), second=("R",))
    )
    value = {"prompt": "a", "out": {"left": "b", "right": "c"}, "by": {"ann": "r"}}
    example = one(Shape.JUDGEMENTS, value, rules)
    assert (example.chosen, example.rejected, example.shown_first) == ("c", "b", Verdict.REJECTED)
    assert lost(value, [example]) == []


@pytest.mark.parametrize(
    ("value", "code", "part"),
    [
        ({"prompt": "a", "winner": "a"}, Code.BAD_PREFERENCE, "columns.answers"),
        (JUDGED, Code.BAD_VOTE, "columns.votes"),
        ({**JUDGED, "winner": "me"}, Code.BAD_VOTE, "winner says 'me'"),
        ({**JUDGED, "winner": True}, Code.BAD_VOTE, "[data.votes]"),
        ({**JUDGED, "response2": None, "winner": 1}, Code.BAD_PREFERENCE, "response2 is missing"),
        (
            {
                "conversation_a": [*TURNS, FOUR],
                "conversation_b": [*TURNS[:1], FIVE, *user("2 + 2?"), FIVE],
                "winner": "model_a",
            },
            Code.BAD_PREFERENCE,
            "different histories",
        ),
    ],
)
def test_judgements_refused(value: dict[str, Any], code: Code, part: str) -> None:
    with pytest.raises(Refused) as refusal:
        one(Shape.JUDGEMENTS, value)
    assert refusal.value.code == code
    assert part in refusal.value.reason
