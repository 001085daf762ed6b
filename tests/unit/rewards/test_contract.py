"""Bedrock's grader contract: every shape in, every id exactly once out, and an outage is never a silent zero."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.rewards import GraderContractError, GraderError, MissingReference, Sample, Score
from rft.rewards.components.numeric import numeric
from rft.rewards.contract import check_answer, read_answer, read_items, score_items, write_answer
from rft.rewards.sample import read_reference, read_sample

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
USER = {"role": "user", "content": "6 x 12?"}


def asked(answer: Any = "#### 72", role: str = "assistant", **more: Any) -> dict[str, Any]:
    return {"id": "a", "messages": [USER, {"role": role, "content": answer}], **more}


@pytest.mark.parametrize(
    "item",
    [
        asked(reference_answer="72"),
        asked(metadata={"reference_answer": "72"}),
        asked(metadata={"reference_answer": {"text": "72"}}),
        asked(reference_answer={"text": "72"}),
        asked(reference_answer='"72"'),
        asked(reference_answer='{"text": "72"}'),
        asked(reference_answer=None, metadata={"reference_answer": "72"}),
        asked(reference_answer={"final_answer": "72"}),
        asked(metadata={"reference_answer": {"final_answer": "72"}}),
        asked(metadata={"reference_answer": '{"final_answer": "72"}'}),
        asked(reference_answer={"final_answer": 72}),
        asked(role="nova_assistant", reference_answer="72"),
        asked([{"type": "text", "text": "#### "}, {"type": "text", "text": "72"}], reference_answer="72"),
        asked([{"text": "#### 72"}], role="nova_assistant", reference_answer="72"),
        asked([{"type": "reasoning", "text": "71"}, {"type": "text", "text": "#### 72"}], reference_answer="72"),
    ],
)
def test_every_shape_of_a_rollout_is_read(item: dict[str, Any]) -> None:
    sample = read_sample(item, 0)
    assert sample.answer == "#### 72"
    assert sample.reference_text("final_answer") == "72"
    assert sample.prompt == "6 x 12?"


def test_a_reference_that_only_looks_like_json_stays_text() -> None:
    assert read_reference("{x + 1}") == "{x + 1}"
    assert read_reference("72") == "72"
    assert read_reference('"') == '"'
    assert read_reference("{" * 100_000 + "}") == "{" * 100_000 + "}"
    assert read_reference({"text": {"text": '{"a": 1}'}}) == {"a": 1}


@pytest.mark.parametrize("reference", [None, {}, {"other": "72"}, ["72"], True])
def test_a_missing_reference_is_an_error_that_names_the_sample(reference: Any) -> None:
    with pytest.raises(MissingReference, match="sample a"):
        read_sample(asked(reference_answer=reference), 0).reference_text("final_answer")
    with pytest.raises(MissingReference, match="sample a"):
        Sample("a", (), "", "text").reference_fields()


@pytest.mark.parametrize(
    "messages",
    [
        None,
        [],
        "text",
        [None, 3],
        [USER],
        [{"role": 3, "content": "x"}],
        [{"role": "assistant", "content": "earlier"}, USER],
        [USER, {"role": "assistant"}],
        [USER, {"role": "assistant", "content": {"text": "x"}}],
        [USER, {"role": "assistant", "content": [{"type": "image", "image": "x"}, 7]}],
    ],
)
def test_a_damaged_conversation_is_an_empty_answer(messages: Any) -> None:
    assert read_sample({"id": "a", "messages": messages}, 0).answer == ""


def test_metadata_and_system_reach_the_reward() -> None:
    sample = read_sample(
        {"id": 7, "messages": [{"role": "system", "content": "Be brief"}, USER], "metadata": {"level": 3}}, 0
    )
    assert (sample.id, sample.system, sample.metadata["level"]) == ("7", "Be brief", 3)


def test_ids_come_back_as_they_were_also_when_rollouts_share_one() -> None:
    event: list[dict[str, Any]] = [{**asked(), "id": identity} for identity in ("a", 7, "a", "")]
    answer = write_answer(event, score_items(event, lambda sample: Score(0.5, {"x": 1})))
    assert [entry["id"] for entry in answer] == ["a", 7, "a", ""]
    assert check_answer(event, answer) == []
    assert answer[0]["metrics_list"] == [
        {"name": "x", "value": 1.0, "type": "Reward"},
        {"name": "parse_failure", "value": 0.0, "type": "Metric"},
    ]
    assert check_answer(event, answer[1:]) == ["id 'a' is missing from the answer"]


def test_events_of_the_samples_are_read_and_others_are_refused() -> None:
    assert read_items({"trajectories": [asked()]}) == [asked()]
    assert read_items([]) == []
    events: tuple[Any, ...] = (None, "x", 3, {}, {"trajectories": {}}, {"Records": []})
    for event in events:
        with pytest.raises(GraderContractError, match="list of rollouts"):
            read_items(event)
    for item in (None, "x", {}, {"id": None}, {"id": True}, {"id": 1.5}):
        with pytest.raises(GraderContractError, match=r"event\[0\]"):
            score_items([item], lambda sample: Score(0))


def test_an_answer_that_a_component_calls_unreadable_scores_0_and_spoils_no_other() -> None:
    right = numeric()
    items = [
        {"id": answer, "messages": [{"role": "assistant", "content": answer}], "reference_answer": "72"}
        for answer in ("72", "none")
    ]
    scores = score_items(items, lambda sample: Score(right(sample) or 0.0))
    assert [(score.value, score.parse_failure) for score in scores] == [(1.0, False), (0.0, True)]


def test_a_reward_that_raises_ends_the_call_and_names_the_sample() -> None:
    def outage(sample: Sample) -> Score:
        raise TimeoutError("the judge is throttled")

    with pytest.raises(GraderError, match="sample a: the reward raised TimeoutError: the judge is throttled"):
        score_items([asked()], outage)


@pytest.mark.parametrize("value", [None, 0.5, "1", {"value": 1}])
def test_a_reward_must_return_a_score(value: Any) -> None:
    message = f"sample a: the reward returned a value of type {type(value).__name__}; return a Score"
    with pytest.raises(GraderError, match=message):
        score_items([asked()], lambda sample: value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), None, "1", True])
def test_a_score_is_finite(value: Any) -> None:
    with pytest.raises(ValueError, match="finite"):
        Score(value)
    with pytest.raises(ValueError, match="accuracy"):
        Score(0, {"accuracy": value})
    with pytest.raises(GraderError, match="sample a"):
        score_items([asked()], lambda sample: Score(value))


@pytest.mark.parametrize("name", ["", "Reward", "task", "_aws", "parse_failure"])
def test_names_that_metrics_use_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="reserved"):
        Score(0, {name: 1})


GOOD = {"id": "a", "aggregate_reward_score": 0.5}


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (None, "null"),
        ("[]", "of type str"),
        ({"statusCode": 200, "body": "[]"}, "bare list"),
        ({"a": 0.5}, "list with one entry"),
        ([], "id 'a' is missing"),
        ([GOOD, GOOD], "more often"),
        ([{**GOOD, "id": "b"}], "id 'a' is missing"),
        ([{"aggregate_reward_score": 1}], "no id"),
        ([{"id": "a"}], "aggregate_reward_score is missing"),
        ([{**GOOD, "aggregate_reward_score": "1"}], "of type str"),
        ([{**GOOD, "aggregate_reward_score": True}], "of type bool"),
        ([{**GOOD, "aggregate_reward_score": float("nan")}], "not finite"),
        ([{**GOOD, "aggregate_reward_score": float("inf")}], "not finite"),
        ([{**GOOD, "metrics_list": {}}], "metrics_list is of type dict"),
        ([{**GOOD, "metrics_list": [{"value": 1, "type": "Reward"}]}], "no name"),
        ([{**GOOD, "metrics_list": [{"name": "x", "value": None, "type": "Reward"}]}], "missing"),
        ([{**GOOD, "metrics_list": [{"name": "x", "value": 1, "type": "reward"}]}], "Reward or Metric"),
        ([GOOD, 3], "answer[1]"),
        ([[GOOD]], "answer[0] is of type list"),
    ],
)
def test_mistakes_of_a_plain_handler_are_named(answer: Any, hint: str) -> None:
    problems = check_answer([asked()], answer)
    assert hint in "; ".join(problems)


def test_a_plain_answer_with_extra_keys_is_good_and_read() -> None:
    answer = [{**GOOD, "score": 1, "metrics_list": [{"name": "Reward", "value": 1, "type": "Metric"}]}]
    assert check_answer([asked()], answer) == []
    assert [score.value for score in read_answer(answer)] == [0.5]
    assert read_answer(answer)[0].components == {}


@given(event=JSON | st.lists(st.fixed_dictionaries({"id": st.text()}, optional={"messages": JSON, "metadata": JSON})))
def test_a_foreign_event_is_answered_or_refused_by_name(event: Any) -> None:
    try:
        items = read_items(event)
        answer = write_answer(items, score_items(items, lambda sample: Score(len(sample.answer))))
    except GraderContractError:
        return
    assert check_answer(event, json.loads(json.dumps(answer))) == []


@given(
    answer=JSON | st.lists(st.fixed_dictionaries({"id": JSON, "aggregate_reward_score": JSON, "metrics_list": JSON}))
)
def test_a_foreign_answer_is_judged_without_a_crash(answer: Any) -> None:
    problems = check_answer([asked()], answer)
    if not problems:
        assert len(read_answer(answer)) == 1
