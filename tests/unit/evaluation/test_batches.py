"""Plan, question, answer, score: what a child of the Distributed Map does with a byte range."""

import json
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from rft.errors import GraderBroken
from rft.evaluation.answers import answer_text, converse_request, read_records
from rft.evaluation.plan import Batch, plan_batches
from rft.evaluation.scoring import grader_event, read_scores
from rft.rewards.contract import score_items, write_answer
from rft.rewards.score import Score
from rft.tasks import Inference

RECORD: dict[str, Any] = {
    "id": "a",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"text": "6 x "}, {"text": "12?"}]},
    ],
    "reference_answer": "SECRET-72",
    "level": 3,
}


@given(st.lists(st.text(max_size=20), max_size=40), st.integers(1, 12))
def test_batches_cover_every_record_once(texts: list[str], size: int) -> None:
    lines = [json.dumps({"id": str(i), "text": text}).encode() + b"\n" for i, text in enumerate(texts)]
    data = b"".join(lines)
    plan = list(plan_batches((len(line) for line in lines), size=size))
    assert b"".join(data[batch.start : batch.end] for batch in plan) == data
    assert [batch.batch for batch in plan] == list(range(len(plan)))
    for batch in plan:
        found = read_records(data[batch.start : batch.end])
        assert len(found) == batch.records <= size
    assert [batch.records for batch in plan[:-1]] == [size] * (len(plan) - 1 if plan else 0)


def test_a_plan_says_bytes_and_records() -> None:
    assert list(plan_batches([3, 4, 5], size=2)) == [
        Batch(batch=0, start=0, end=7, records=2),
        Batch(batch=1, start=7, end=12, records=1),
    ]
    assert list(plan_batches([], size=2)) == []
    with pytest.raises(ValueError, match="at least one"):
        list(plan_batches([1], size=0))


def test_a_request_is_valid_and_holds_no_reference() -> None:
    request = converse_request(RECORD, model_id="us.amazon.nova-2-lite-v1:0", inference=Inference(max_tokens=99))
    assert request == {
        "modelId": "us.amazon.nova-2-lite-v1:0",
        "system": [{"text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"text": "6 x 12?"}]}],
        "inferenceConfig": {"maxTokens": 99, "temperature": 0.0},
    }
    shape = get_session().get_service_model("bedrock-runtime").operation_model("Converse").input_shape
    assert shape is not None
    assert not ParamValidator().validate(request, shape).has_errors()
    assert "SECRET" not in json.dumps(request)


def test_a_prompt_without_system_gives_none() -> None:
    record = {"id": "a", "messages": RECORD["messages"][1:]}
    assert "system" not in converse_request(record, model_id="m", inference=Inference())


def test_the_answer_is_the_text_of_all_text_blocks() -> None:
    def response(*blocks: dict[str, Any]) -> dict[str, Any]:
        return {"output": {"message": {"role": "assistant", "content": list(blocks)}}, "stopReason": "end_turn"}

    thought = {"reasoningContent": {"reasoningText": {"text": "#### 71"}}}
    assert answer_text(response(thought, {"text": "So\n"}, {"toolUse": {}}, {"text": "#### 72"})) == "So\n#### 72"
    assert answer_text(response(thought)) == ""
    assert answer_text(response()) == ""


def test_the_event_is_bedrocks_and_scores_come_back_by_id() -> None:
    other = {"id": "b", "messages": RECORD["messages"][1:]}
    event = grader_event([RECORD, other], ["#### 72", ""])
    assert event[0]["messages"] == [*RECORD["messages"], {"role": "assistant", "content": "#### 72"}]
    assert event[0]["metadata"] == {"reference_answer": "SECRET-72", "level": 3}
    assert event[0]["reference_answer"] == "SECRET-72"
    assert "reference_answer" not in event[1]
    answer = write_answer(event, score_items(event, lambda sample: Score(len(sample.answer))))
    assert read_scores(event, json.loads(json.dumps(answer[::-1]))) == {"a": 7.0, "b": 0.0}
    with pytest.raises(ValueError, match="shorter"):
        grader_event([RECORD], [])


@pytest.mark.parametrize(
    "answer", [None, [], {"body": "[]"}, [{"id": "a"}], [{"id": "b", "aggregate_reward_score": 1}]]
)
def test_a_broken_answer_ends_the_evaluation_by_name(answer: Any) -> None:
    with pytest.raises(GraderBroken, match="breaks Bedrock's contract"):
        read_scores(grader_event([RECORD], [""]), answer)
