"""Bedrock's runtime as judges meet it: every request is checked against the service model, answers come from a test."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from local.bedrock.embeddings import embedding
from local.bedrock.errors import ServiceError
from local.bedrock.shapes import answer_violations, violations
from rft.rewards import bedrock
from rft.rewards.parallel import THREADS

UNITS = ("topicPolicyUnits", "contentPolicyUnits", "wordPolicyUnits", "sensitiveInformationPolicyUnits")
USAGE = dict.fromkeys((*UNITS, "sensitiveInformationPolicyFreeUnits", "contextualGroundingPolicyUnits"), 0)
Reply = Callable[[dict[str, Any]], Any]


class FakeBedrock:
    """Answers judges with ``verdict(request)``: the tool's input, or a text, or an error; guardrails by a word.

    ``embed(body)`` is the body of an embedding model's answer, or an error.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.verdict: Reply = lambda request: {"reason": "so", "score": 7}
        self.blocked = "dynamite"
        self.embed: Callable[[bytes], Any] = embedding
        self.breaks_off = False  # in the middle of an embedding model's answer
        self.retries = 0
        self._lock = threading.Lock()

    def answer(self, api: Any, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        service = api.meta.service_model.service_name
        assert not violations(service, operation, params)
        with self._lock:
            self.requests.append(params)
        answers = {"Converse": self._converse, "ApplyGuardrail": self._guardrail, "InvokeModel": self._embedding}
        made = answers[operation](params)
        assert not answer_violations(service, operation, made)
        return {**made, "ResponseMetadata": {"RetryAttempts": self.retries}}

    def _converse(self, params: dict[str, Any]) -> dict[str, Any]:
        given = self.verdict(params)
        if isinstance(given, Exception):
            raise given
        block: dict[str, Any] = {"text": given}
        if not isinstance(given, str):
            block = {"toolUse": {"toolUseId": "t1", "name": "give_verdict", "input": given}}
        return {
            "output": {"message": {"role": "assistant", "content": [block]}},
            "stopReason": "tool_use",
            "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
            "metrics": {"latencyMs": 1},
        }

    def _embedding(self, params: dict[str, Any]) -> dict[str, Any]:
        try:
            given = self.embed(params["body"].encode())
        except ServiceError as error:
            given = refusal(error.code, error.message)
        if isinstance(given, Exception):
            raise given
        body = given if isinstance(given, bytes) else json.dumps(given).encode()
        stream = BrokenOff() if self.breaks_off else io.BytesIO(body)
        return {"body": stream, "contentType": "application/json"}

    def _guardrail(self, params: dict[str, Any]) -> dict[str, Any]:
        hit = any(self.blocked in block["text"]["text"] for block in params["content"])
        action = "GUARDRAIL_INTERVENED" if hit else "NONE"
        return {"usage": USAGE, "action": action, "outputs": [], "assessments": []}


class BrokenOff:
    """The body of an answer that does not come to its end."""

    def read(self) -> bytes:
        raise ReadTimeoutError(endpoint_url="https://bedrock-runtime")


def refusal(code: str, message: str = "not now") -> ClientError:
    """Return Bedrock's error of a code."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "Converse")


@contextmanager
def fake_bedrock() -> Iterator[FakeBedrock]:
    """Put a fake in the place of Bedrock."""
    service = FakeBedrock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setattr(
            "botocore.client.BaseClient._make_api_call", lambda api, name, given: service.answer(api, name, given)
        )
        bedrock.forget_clients()
        yield service
        for thread in threading.enumerate():  # a late one would ask the fake of the next test
            if thread.name.startswith(THREADS):
                thread.join()
    bedrock.forget_clients()
