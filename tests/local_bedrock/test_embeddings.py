"""Embeddings of the local Bedrock: alike where texts are, checked as the service checks, and no model to talk to."""

import json
import math
from typing import Any

import pytest
from botocore.exceptions import ClientError

MODEL = "amazon.titan-embed-text-v2:0"
ASK = {"messages": [{"role": "user", "content": [{"text": "Hello?"}]}]}


def embedded(local: Any, text: str, **settings: Any) -> dict[str, Any]:
    body = json.dumps({"inputText": text, **settings})
    found: dict[str, Any] = json.loads(local.runtime.invoke_model(modelId=MODEL, body=body)["body"].read())
    return found


def likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("dimensions", [256, 512, 1024])
def test_a_text_has_one_embedding_of_length_1(local, dimensions):
    found = embedded(local, "The ferry leaves at nine.", dimensions=dimensions, normalize=True)
    assert len(found["embedding"]) == dimensions
    assert math.hypot(*found["embedding"]) == pytest.approx(1)
    assert found["inputTextTokenCount"] == 6
    assert found == embedded(local, "The ferry leaves at nine.", dimensions=dimensions)


def test_without_settings_it_has_1024_dimensions_and_length_1(local):
    found = embedded(local, "The ferry leaves.")
    assert len(found["embedding"]) == 1024
    assert math.hypot(*found["embedding"]) == pytest.approx(1)
    assert found["embeddingsByType"] == {"float": found["embedding"]}
    assert math.hypot(*embedded(local, "The ferry leaves.", normalize=False)["embedding"]) > 2


def test_texts_alike_are_closer_than_others(local):
    near, inflected, far = (
        embedded(local, text)["embedding"]
        for text in ("the ferry to the island", "ferries to islands", "an invoice was paid")
    )
    here = embedded(local, "a ferry of the island")["embedding"]
    assert likeness(here, near) > likeness(here, inflected) > likeness(here, far)
    assert abs(likeness(here, far)) < 0.3


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"no json", "Malformed input request"),
        (b"[]", "expected type: JSONObject"),
        (b"{}", r"required key \[inputText\] not found"),
        (b'{"inputText": 5}', "expected a String"),
        (b'{"inputText": ""}', "expected minLength: 1, actual: 0"),
        (b'{"inputText": "  "}', "expected minLength: 1"),
        (b'{"inputText": "a", "dimensions": 300}', "300 is not a valid enum value"),
        (b'{"inputText": "a", "dimensions": [256]}', "is not a valid enum value"),
        (b'{"inputText": "a", "normalize": "yes"}', "expected a Boolean"),
        (b'{"inputText": "a", "embeddingTypes": ["int8"]}', "is not a valid enum value"),
        (b'{"inputText": "a", "embeddingTypes": []}', "is not a valid enum value"),
        (b'{"inputText": "a", "taskType": "search"}', r"extraneous key \[taskType\] is not permitted"),
        (json.dumps({"inputText": "a" * 50_001}).encode(), "expected maxLength: 50000, actual: 50001"),
        (json.dumps({"inputText": "a b " * 4_200}).encode(), "Too many input tokens. Max input tokens: 8192"),
    ],
)
def test_what_the_service_would_refuse_is_refused(local, body, said):
    with pytest.raises(ClientError, match=f"ValidationException.*{said}"):
        local.runtime.invoke_model(modelId=MODEL, body=body)


def test_it_does_not_talk_and_is_not_trained(local):
    with pytest.raises(ClientError, match="This action doesn't support the model"):
        local.runtime.converse(modelId=MODEL, **ASK)
    (listed,) = local.control.list_foundation_models(byOutputModality="EMBEDDING")["modelSummaries"]
    assert (listed["modelId"], listed["customizationsSupported"]) == (MODEL, [])
    texts = local.control.list_foundation_models(byOutputModality="TEXT")["modelSummaries"]
    assert MODEL not in [one["modelId"] for one in texts]


def test_an_account_without_access_is_refused(local):
    local.bedrock.store.options.models_without_access = [MODEL]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        embedded(local, "a")
    found = local.control.get_foundation_model_availability(modelId=MODEL)
    assert found["authorizationStatus"] == "NOT_AUTHORIZED"
