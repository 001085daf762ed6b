"""Converse, InvokeModel and ApplyGuardrail: models answer by their policy, or judge where a tool is forced."""

import itertools
import json
import time
from typing import Any

from local.bedrock.answer_key import AnswerKey, prompt_of, text_of
from local.bedrock.catalogue import FoundationModel, answering_base
from local.bedrock.deployments import Deployments, status
from local.bedrock.embeddings import embedding
from local.bedrock.errors import ServiceError, not_found, validation
from local.bedrock.judge import forced_tool, verdict
from local.bedrock.policy import Policy, answer
from local.bedrock.store import Store
from local.bedrock.throughput import Throughputs
from local.bedrock.throughput import status as throughput_status

CHARACTERS_PER_TOKEN = 4
EMBEDDING = "EMBEDDING"
UNIT = 1000  # characters that a guardrail counts at once
GUARDRAIL_UNITS = (
    "topicPolicyUnits",
    "contentPolicyUnits",
    "wordPolicyUnits",
    "sensitiveInformationPolicyUnits",
    "sensitiveInformationPolicyFreeUnits",
    "contextualGroundingPolicyUnits",
)


class Runtime:
    """Answers of models."""

    def __init__(self, store: Store, key: AnswerKey, deployments: Deployments, throughputs: Throughputs) -> None:
        self._store = store
        self._key = key
        self._deployments = deployments
        self._throughputs = throughputs
        self._draws = itertools.count()

    def converse(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer a conversation of one or more turns."""
        started = time.monotonic()
        policy = self._policy(params["modelId"])
        messages = params.get("messages") or []
        _check_turns(messages)
        limits = params.get("inferenceConfig") or {}
        system = [{"role": "system", "content": [part]} for part in params.get("system") or []]
        prompt = prompt_of([*system, *messages])
        spec = forced_tool(params)
        if spec is None:
            text, reason = self._answer(policy, prompt, limits)
            block: dict[str, Any] = {"text": text}
        else:
            asked = "\n".join(text_of(message["content"]) for message in messages)
            block = verdict(asked, spec, params["modelId"], self._key)
            text, reason = json.dumps(block), "tool_use" if "toolUse" in block else "end_turn"
        time.sleep(self._store.options.converse_milliseconds / 1000)
        incoming, outgoing = _tokens(prompt), _tokens(text)
        return {
            "output": {"message": {"role": "assistant", "content": [block]}},
            "stopReason": reason,
            "usage": {"inputTokens": incoming, "outputTokens": outgoing, "totalTokens": incoming + outgoing},
            "metrics": {"latencyMs": max(1, int((time.monotonic() - started) * 1000))},
        }

    def apply_guardrail(self, params: dict[str, Any]) -> dict[str, Any]:
        """Intervene where a text holds one of the words that the guardrail blocks."""
        identifier = params["guardrailIdentifier"].rpartition("/")[2]
        words = self._store.options.guardrails.get(identifier)
        if words is None:
            raise not_found(f"the guardrail {identifier}")
        texts = [block["text"]["text"] for block in params["content"] if "text" in block]
        hits = [word for word in words if any(word in text.lower() for text in texts)]
        matched = [{"match": word, "action": "BLOCKED", "detected": True} for word in hits]
        units = sum(-(-len(text) // UNIT) for text in texts)
        return {
            "usage": {**dict.fromkeys(GUARDRAIL_UNITS, 0), "wordPolicyUnits": units},
            "action": "GUARDRAIL_INTERVENED" if hits else "NONE",
            "outputs": [{"text": "The answer was blocked."}] if hits else [],
            "assessments": [{"wordPolicy": {"customWords": matched, "managedWordLists": []}}] if hits else [],
        }

    def invoke(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer a native request of the Nova family (schemaVersion messages-v1), or of an embedding model."""
        base = answering_base(params["modelId"])
        if base is not None and base.gives == EMBEDDING:
            self._check_access(base)
            content = embedding(params.get("body") or b"")
            return {"body": json.dumps(content).encode(), "contentType": "application/json"}
        try:
            body = json.loads(params.get("body") or b"{}")
            request = {"modelId": params["modelId"], "messages": body["messages"], "system": body.get("system")}
            request["inferenceConfig"] = body.get("inferenceConfig")
        except (ValueError, KeyError, TypeError) as error:
            raise validation(f"Malformed input request: {error}") from error
        content = self.converse(request)
        content.pop("metrics")
        return {"body": json.dumps(content).encode(), "contentType": "application/json"}

    def _answer(self, policy: Policy, prompt: str, limits: dict[str, Any]) -> tuple[str, str]:
        temperature = float(limits.get("temperature", 0.7))
        behaviour = policy.choose(prompt, temperature=temperature, draw=next(self._draws))
        text = answer(behaviour, self._key.reference(prompt), prompt)
        room = int(limits.get("maxTokens", 4096)) * CHARACTERS_PER_TOKEN
        return text[:room], "max_tokens" if len(text) > room else "end_turn"

    def _policy(self, identifier: str) -> Policy:
        base = answering_base(identifier)
        if base is not None:
            self._check_access(base)
            if base.gives == EMBEDDING:
                raise validation(
                    "This action doesn't support the model that you provided. Try again with a supported text or chat "
                    "model."
                )
            return Policy.base()
        if ":custom-model/" in identifier:
            raise validation(
                "A custom model answers through a deployment or provisioned throughput, not by its own ARN"
            )
        if ":custom-model-deployment/" in identifier:
            deployment = self._deployments.find(identifier)
            if status(deployment) != "Active":
                raise ServiceError("ModelNotReadyException", f"The deployment is {status(deployment)}")
            return self._store.models[deployment.model_arn].policy
        if ":provisioned-model/" in identifier:
            item = self._throughputs.find(identifier)
            if throughput_status(item) == "Creating":
                raise ServiceError("ModelNotReadyException", "The provisioned model is Creating")
            return self._store.models[item.model_arn].policy
        raise not_found(f"the model {identifier}")

    def _check_access(self, base: FoundationModel) -> None:
        if base.id in self._store.options.models_without_access:
            raise ServiceError("AccessDeniedException", f"You don't have access to the model {base.id}")


def _check_turns(messages: list[dict[str, Any]]) -> None:
    if not messages:
        raise validation("The conversation must have at least one message")
    if messages[0].get("role") != "user":
        raise validation(
            "A conversation must start with a user message. "
            "Try again with a conversation that starts with a user message."
        )
    for before, after in itertools.pairwise(messages):
        if before.get("role") == after.get("role"):
            raise validation("A conversation must alternate between user and assistant roles.")
    if messages[-1].get("role") != "user":
        raise validation("The conversation must end with a user message.")
    if any(not message.get("content") for message in messages):
        raise validation("The content field of a message is empty.")


def _tokens(text: str) -> int:
    return max(1, len(text) // CHARACTERS_PER_TOKEN)
