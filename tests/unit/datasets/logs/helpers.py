"""Entries as Bedrock writes them."""

from typing import Any


def entry(number: int, **more: Any) -> dict[str, Any]:
    """Return one that asks for a sum; its team is support where ``number`` is odd."""
    asked = {"messages": [{"role": "user", "content": [{"text": f"What is {number} + 1?"}]}]}
    return {
        "schemaType": "ModelInvocationLog",
        "timestamp": f"2026-01-{number % 28 + 1:02}T03:04:05Z",
        "requestId": f"r-{number}",
        "input": {"inputBodyJson": asked},
        "output": {"outputBodyJson": {"output": {"message": {"content": [{"text": str(number + 1)}]}}}},
        "requestMetadata": {"team": "support" if number % 2 else "sales"},
        **more,
    }
