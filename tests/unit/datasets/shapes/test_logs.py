"""Entries of Bedrock's invocation logs."""

from typing import Any

import pytest

from rft.datasets.codes import Code
from rft.datasets.items import Refused, Shape
from tests.unit.datasets.shapes.helpers import lost, one, user

CONVERSE = {"messages": [{"role": "user", "content": [{"text": "2 + 2?"}]}]}
CONVERSED = {"output": {"message": {"role": "assistant", "content": [{"text": "4"}]}}, "stopReason": "end_turn"}
SYSTEM = {"role": "system", "content": "Be brief."}


def entry(asked: Any, answered: Any, **more: Any) -> dict[str, Any]:
    """Return a log entry as Bedrock writes them."""
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-01-02T03:04:05Z",
        "requestId": "r-1",
        "operation": "Converse",
        "modelId": "amazon.nova-2-lite-v1:0",
        "input": {"inputContentType": "application/json", "inputBodyJson": asked, "inputTokenCount": 5},
        "output": {"outputContentType": "application/json", "outputBodyJson": answered, "outputTokenCount": 1},
        "requestMetadata": {"team": "support"},
        **more,
    }


@pytest.mark.parametrize(
    ("asked", "prompt"),
    [
        (CONVERSE, user("2 + 2?")),
        ({**CONVERSE, "system": [{"text": "Be brief."}]}, [SYSTEM, *user("2 + 2?")]),
        (
            {"schemaVersion": "messages-v1", "system": [{"text": "Be brief."}], **CONVERSE},
            [SYSTEM, *user("2 + 2?")],
        ),
        (
            {"anthropic_version": "x", "system": "Be brief.", "messages": user("2 + 2?"), "max_tokens": 9},
            [SYSTEM, *user("2 + 2?")],
        ),
        ({"prompt": "2 + 2?", "max_gen_len": 9}, user("2 + 2?")),
        ({"inputText": "2 + 2?"}, user("2 + 2?")),
        (
            {"messages": [*user("Hi"), {"role": "assistant", "content": [{"text": "Hello"}]}, *user("2 + 2?")]},
            user("Human: Hi\n\nAssistant: Hello\n\nHuman: 2 + 2?"),
        ),
    ],
)
def test_what_was_asked(asked: dict[str, Any], prompt: list[dict[str, str]]) -> None:
    value = entry(asked, CONVERSED)
    example = one(Shape.INVOCATION_LOGS, value)
    assert (example.messages, example.answer, example.id) == (prompt, "4", "r-1")
    assert example.extra["requestMetadata"] == {"team": "support"}
    assert example.reference_answer is None
    assert lost(value, [example]) == []


@pytest.mark.parametrize(
    "answered",
    [
        CONVERSED,
        {"content": [{"type": "thinking", "thinking": "..."}, {"type": "text", "text": "4"}]},
        {"generation": "4", "stop_reason": "stop"},
        {"completion": "4"},
        {"results": [{"outputText": "4", "tokenCount": 1}]},
        {"outputs": [{"text": "4"}]},
        {"choices": [{"message": {"role": "assistant", "content": "4"}}]},
        [{"type": "message_start", "message": {}}, {"type": "content_block_delta", "delta": {"text": "4"}}],
        [{"messageStart": {}}, {"contentBlockDelta": {"delta": {"text": "4"}}}, {"metadata": {}}],
        [{"generation": "4"}, {"generation": ""}],
    ],
)
def test_what_was_answered(answered: Any) -> None:
    value = entry(CONVERSE, answered)
    example = one(Shape.INVOCATION_LOGS, value)
    assert example.answer == "4"
    assert lost(value, [example]) == []


@pytest.mark.parametrize(
    ("value", "code", "part"),
    [
        ({"messages": user("a")}, Code.OTHER_SHAPE, "file of its own"),
        (entry(CONVERSE, CONVERSED, errorCode="ThrottlingException"), Code.BAD_LOG, "ThrottlingException"),
        (entry(CONVERSE, CONVERSED, output=None), Code.BAD_LOG, "output is null"),
        (entry(CONVERSE, CONVERSED, input={"inputBodyS3Path": "s3://b/k"}), Code.BAD_LOG, "apart in S3"),
        (entry("text", CONVERSED), Code.BAD_LOG, "inputBodyJson is a string"),
        (entry({"texts": ["a"]}, CONVERSED), Code.BAD_LOG, "neither messages nor a prompt"),
        (entry(CONVERSE, {"embedding": [0.1]}), Code.BAD_LOG, "holds no text"),
        (entry(CONVERSE, {"generation": " "}), Code.BAD_LOG, "has no text"),
        (entry(CONVERSE, [{"messageStart": {}}]), Code.BAD_LOG, "has no text"),
        (entry({"messages": [{"role": "user", "content": [{"image": {}}]}]}, CONVERSED), Code.NOT_TEXT, "text only"),
        (entry({"messages": [{"role": "tool", "content": "a"}]}, CONVERSED), Code.BAD_MESSAGE, "message 1"),
        (entry({"messages": [{"role": "assistant", "content": "a"}]}, CONVERSED), Code.NO_USER, "user message"),
    ],
)
def test_entries_refused(value: dict[str, Any], code: Code, part: str) -> None:
    with pytest.raises(Refused) as refusal:
        one(Shape.INVOCATION_LOGS, value)
    assert refusal.value.code == code
    assert part in refusal.value.reason
