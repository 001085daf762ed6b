"""The guardrail: 0 where it intervenes, asked about the whole answer; an outage raises."""

from collections.abc import Iterator
from typing import Any

import pytest

from rft.rewards import Sample
from rft.rewards.combine import combine
from rft.rewards.components.guardrail import CHARACTERS, guardrail
from rft.rewards.contract import score_items
from rft.rewards.errors import BedrockUnavailable
from tests.unit.rewards.judging.fake_bedrock import FakeBedrock, fake_bedrock, refusal

TABLE: dict[str, Any] = {
    "components": [
        {"kind": "exact", "name": "right"},
        {"kind": "guardrail", "guardrail_id": "abc123", "version": "2", "weight": 0, "floor": 1, "cap": 0.0},
    ]
}


@pytest.fixture
def bedrock() -> Iterator[FakeBedrock]:
    with fake_bedrock() as service:
        yield service


def sample(answer: str) -> Sample:
    return Sample("s", (("user", "?"),), answer)


def test_the_answer_is_sent_as_output_in_the_guardrails_version(bedrock: FakeBedrock) -> None:
    assert guardrail(guardrail_id="abc123", version="2")(sample("Bake bread.")) == 1.0
    assert bedrock.requests == [
        {
            "guardrailIdentifier": "abc123",
            "guardrailVersion": "2",
            "source": "OUTPUT",
            "content": [{"text": {"text": "Bake bread."}}],
        }
    ]


def test_a_safety_failure_caps_the_total(bedrock: FakeBedrock) -> None:
    def item(answer: str) -> dict[str, Any]:
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": answer}]
        return {"id": answer, "messages": turns, "reference_answer": answer}

    scores = score_items([item("bread"), item("dynamite")], combine(TABLE, ""))
    assert [score.value for score in scores] == [1.0, 0.0]
    assert scores[1].components == {"right": 1.0, "guardrail": 0.0, "guardrail_calls": 1.0, "guardrail_errors": 0.0}


def test_a_long_answer_is_sent_whole(bedrock: FakeBedrock) -> None:
    rail = guardrail(guardrail_id="abc123")
    long = " ".join(map(str, range(9_000))) + " dynamite"
    assert rail(sample(long)) == 0.0
    assert sorted(one["content"][0]["text"]["text"] for one in bedrock.requests) == sorted(
        long[start : start + CHARACTERS] for start in range(0, len(long), CHARACTERS)
    )
    assert rail.told(sample(long))["calls"] == 3.0


def test_an_outage_raises(bedrock: FakeBedrock, monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(params: Any) -> Any:
        raise refusal("ThrottlingException")

    monkeypatch.setattr(bedrock, "_guardrail", throttled)
    with pytest.raises(BedrockUnavailable, match="apply_guardrail of abc123: ThrottlingException"):
        guardrail(guardrail_id="abc123")(sample("x"))
