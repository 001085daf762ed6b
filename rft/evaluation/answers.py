"""Asking a model a record's prompt through Converse, and reading what it answers."""

from typing import Any

import msgspec

from rft.rewards.sample import INSTRUCTING, read_text
from rft.tasks import Inference


def read_records(lines: bytes) -> list[dict[str, Any]]:
    """Return the prompt records of whole lines of a split, as plain JSON values."""
    return msgspec.json.Decoder(dict[str, Any]).decode_lines(lines)


def converse_request(record: dict[str, Any], *, model_id: str, inference: Inference) -> dict[str, Any]:
    """Return the keyword arguments of ``converse`` for a prompt record.

    System and developer messages go into ``system``; the record's reference never goes into a request.
    """
    messages = [(message["role"], read_text(message["content"])) for message in record["messages"]]
    request: dict[str, Any] = {
        "modelId": model_id,
        "messages": [{"role": role, "content": [{"text": text}]} for role, text in messages if role not in INSTRUCTING],
        "inferenceConfig": {"maxTokens": inference.max_tokens, "temperature": inference.temperature},
    }
    if system := [{"text": text} for role, text in messages if role in INSTRUCTING]:
        request["system"] = system
    return request


def answer_text(response: Any) -> str:
    """Return the text of a Converse response: its text blocks, without reasoning and other blocks; may be empty."""
    blocks = response["output"]["message"]["content"]
    return "".join(block["text"] for block in blocks if isinstance(block.get("text"), str))
