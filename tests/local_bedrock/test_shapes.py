"""Requests and answers against botocore's service model."""

import pytest

from local.bedrock.shapes import answer_violations, service_model, violations


@pytest.mark.parametrize(
    ("params", "wrong"),
    [
        ({}, "modelDeploymentName: is required"),
        ({"modelDeploymentName": "a b", "modelArn": "arn"}, "does not match"),
        ({"modelDeploymentName": "a" * 64, "modelArn": "x"}, "more than 63"),
        ({"modelDeploymentName": 5, "modelArn": "x"}, "must be a string"),
        ({"modelDeploymentName": "a", "modelArn": "x", "colour": "red"}, "unknown parameter"),
        ({"modelDeploymentName": "a", "modelArn": "x", "tags": [{"key": "k"}]}, "tags[0].value: is required"),
    ],
)
def test_every_kind_of_violation_is_named_with_its_place(params, wrong):
    assert any(wrong in text for text in violations("bedrock", "CreateCustomModelDeployment", params))


def test_answers_of_all_operations_conform_to_their_output_shapes(local):
    job = local.run()
    model = job["outputModelArn"]
    deployment = local.control.create_custom_model_deployment(modelDeploymentName="d", modelArn=model)
    throughput = local.control.create_provisioned_model_throughput(
        modelUnits=1, provisionedModelName="p", modelId=model
    )
    base = "amazon.nova-2-lite-v1:0:256k"
    arguments = {
        "GetModelCustomizationJob": {"jobIdentifier": "job-1"},
        "ListModelCustomizationJobs": {},
        "GetCustomModel": {"modelIdentifier": model},
        "ListCustomModels": {},
        "GetFoundationModel": {"modelIdentifier": base},
        "ListFoundationModels": {},
        "GetFoundationModelAvailability": {"modelId": base},
        "GetInferenceProfile": {"inferenceProfileIdentifier": "us.amazon.nova-2-lite-v1:0"},
        "ListInferenceProfiles": {},
        "GetCustomModelDeployment": {"customModelDeploymentIdentifier": deployment["customModelDeploymentArn"]},
        "ListCustomModelDeployments": {},
        "GetProvisionedModelThroughput": {"provisionedModelId": throughput["provisionedModelArn"]},
        "ListProvisionedModelThroughputs": {},
        "ListTagsForResource": {"resourceARN": model},
    }
    for operation, params in arguments.items():
        answer = local.bedrock.operations[operation](params)
        assert {k: v for k, v in answer.items() if v is not None}
        kept = without_nothing(answer)
        assert answer_violations("bedrock", operation, kept) == [], operation
    served = set(local.bedrock.operations)
    assert served <= set(service_model("bedrock").operation_names) | set(
        service_model("bedrock-runtime").operation_names
    )


def without_nothing(value):
    """Drop None members, as the protocol does."""
    if isinstance(value, dict):
        return {k: without_nothing(v) for k, v in value.items() if v is not None}
    return [without_nothing(v) for v in value] if isinstance(value, list) else value
