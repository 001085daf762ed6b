"""Deployments, provisioned throughput, models and answers."""

import json

import pytest
from botocore.exceptions import ClientError

from local.bedrock.admin import billing
from local.bedrock.faults import Fault

ASK = {
    "messages": [{"role": "user", "content": [{"text": "What is 3 plus 3?"}]}],
    "inferenceConfig": {"temperature": 0.0},
}


def code(caught) -> str:
    return caught.value.response["Error"]["Code"]


@pytest.fixture
def model(local) -> str:
    """Return the ARN of a trained model."""
    return local.run()["outputModelArn"]


def deploy(local, model, name="candidate") -> str:
    arn = local.control.create_custom_model_deployment(modelDeploymentName=name, modelArn=model)[
        "customModelDeploymentArn"
    ]
    assert local.control.get_custom_model_deployment(customModelDeploymentIdentifier=arn)["status"] == "Creating"
    return arn


def status(local, arn):
    return local.control.get_custom_model_deployment(customModelDeploymentIdentifier=arn)["status"]


def test_a_deployment_becomes_active_answers_and_is_deleted(local, model):
    arn = deploy(local, model)
    with pytest.raises(ClientError) as caught:
        local.runtime.converse(modelId=arn, **ASK)
    assert code(caught) == "ModelNotReadyException"
    with pytest.raises(ClientError, match="mutating state"):
        local.control.delete_custom_model_deployment(customModelDeploymentIdentifier=arn)
    local.until(lambda: status(local, arn), "Active")
    answer = local.runtime.converse(modelId=arn, **ASK)
    assert answer["usage"]["totalTokens"] > 0
    assert answer["stopReason"] == "end_turn"
    with pytest.raises(ClientError) as caught:
        local.control.delete_custom_model(modelIdentifier=model)
    assert code(caught) == "ConflictException"
    local.control.delete_custom_model_deployment(customModelDeploymentIdentifier=arn)
    local.control.delete_custom_model(modelIdentifier=model)
    assert local.control.list_custom_models()["modelSummaries"] == []


def test_an_update_in_place_keeps_the_arn_and_the_old_model_until_it_is_complete(local, model):
    second = local.run("job-2")["outputModelArn"]
    arn = deploy(local, model, "champion")
    local.until(lambda: status(local, arn), "Active")
    local.control.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=second)
    found = local.control.get_custom_model_deployment(customModelDeploymentIdentifier=arn)
    assert (found["status"], found["modelArn"]) == ("Active", model)
    assert found["updateDetails"] == {"modelArn": second, "updateStatus": "Updating"}

    def describe():
        return local.control.get_custom_model_deployment(customModelDeploymentIdentifier=arn)

    local.until(lambda: describe()["updateDetails"]["updateStatus"], "UpdateCompleted")
    assert describe()["modelArn"] == second
    local.bedrock.faults.put([Fault(kind="update_fails")])
    local.control.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=model)
    local.until(lambda: describe()["updateDetails"]["updateStatus"], "UpdateFailed")
    assert describe()["modelArn"] == second


def test_get_and_list_name_a_deployment_differently(local, model):
    arn = deploy(local, model)
    got = local.control.get_custom_model_deployment(customModelDeploymentIdentifier=arn)
    listed = local.control.list_custom_model_deployments(nameContains="cand")["modelDeploymentSummaries"][0]
    assert got["modelDeploymentName"] == listed["customModelDeploymentName"] == "candidate"


def test_deployments_have_quotas(local, model):
    for name in ("one", "two"):
        deploy(local, model, name)
    with pytest.raises(ClientError) as caught:
        deploy(local, model, "three")
    assert code(caught) == "ServiceQuotaExceededException"
    local.bedrock.store.options.quotas["L-1EF80F3E"] = 2
    with pytest.raises(ClientError, match="maximum number"):
        deploy(local, model, "three")


def test_a_deployment_may_fail(local, model):
    local.bedrock.faults.put([Fault(kind="deployment_fails", message="no capacity")])
    arn = deploy(local, model)
    local.until(lambda: status(local, arn), "Failed")
    found = local.control.get_custom_model_deployment(customModelDeploymentIdentifier=arn)
    assert found["failureMessage"] == "no capacity"


def test_provisioned_throughput_from_creation_to_deletion(local, model):
    second = local.run("job-2")["outputModelArn"]
    arn = local.control.create_provisioned_model_throughput(
        modelUnits=1, provisionedModelName="champion", modelId=model, tags=[{"key": "rft:run", "value": "r"}]
    )["provisionedModelArn"]

    def describe():
        return local.control.get_provisioned_model_throughput(provisionedModelId="champion")

    assert describe()["status"] == "Creating"
    local.until(lambda: describe()["status"], "InService")
    assert local.runtime.converse(modelId=arn, **ASK)["output"]["message"]["role"] == "assistant"
    local.control.update_provisioned_model_throughput(provisionedModelId=arn, desiredModelId=second)
    assert (describe()["status"], describe()["desiredModelArn"]) == ("Updating", second)
    local.until(lambda: describe()["status"], "InService")
    assert describe()["modelArn"] == second
    assert local.control.list_tags_for_resource(resourceARN=arn)["tags"] == [{"key": "rft:run", "value": "r"}]
    with pytest.raises(ClientError) as caught:
        local.control.create_provisioned_model_throughput(modelUnits=2, provisionedModelName="more", modelId=model)
    assert code(caught) == "ServiceQuotaExceededException"
    local.control.delete_provisioned_model_throughput(provisionedModelId=arn)
    assert local.control.list_provisioned_model_throughputs()["provisionedModelSummaries"] == []


def test_a_commitment_cannot_be_deleted(local, model):
    arn = local.control.create_provisioned_model_throughput(
        modelUnits=1, provisionedModelName="bound", modelId=model, commitmentDuration="OneMonth"
    )["provisionedModelArn"]
    with pytest.raises(ClientError) as caught:
        local.control.delete_provisioned_model_throughput(provisionedModelId=arn)
    assert code(caught) == "ConflictException"


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("amazon.nova-2-lite-v1:0:256k", "isn't supported"),
        ("amazon.nova-2-lite-v1:0", "isn't supported"),
        ("eu.amazon.nova-2-lite-v1:0", "invalid"),
        ("no-such-model", "invalid"),
    ],
)
def test_ids_that_do_not_answer_are_refused(local, identifier, message):
    with pytest.raises(ClientError, match=message) as caught:
        local.runtime.converse(modelId=identifier, **ASK)
    assert code(caught) == "ValidationException"


def test_a_custom_model_does_not_answer_by_its_own_arn(local, model):
    with pytest.raises(ClientError, match="deployment"):
        local.runtime.converse(modelId=model, **ASK)


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "assistant", "content": [{"text": "hello"}]}],
        [{"role": "user", "content": [{"text": "a"}]}, {"role": "user", "content": [{"text": "b"}]}],
        [{"role": "user", "content": [{"text": "a"}]}, {"role": "assistant", "content": [{"text": "b"}]}],
        [],
    ],
)
def test_conversations_keep_the_rules(local, messages):
    with pytest.raises(ClientError) as caught:
        local.runtime.converse(modelId="us.amazon.nova-2-lite-v1:0", messages=messages)
    assert code(caught) == "ValidationException"


def test_answers_are_cut_at_max_tokens(local):
    limits = {"temperature": 0.0, "maxTokens": 1}
    answer = local.runtime.converse(
        modelId="us.amazon.nova-lite-v1:0", messages=ASK["messages"], inferenceConfig=limits
    )
    assert answer["stopReason"] == "max_tokens"
    assert len(answer["output"]["message"]["content"][0]["text"]) <= 4


def test_invoke_model_takes_novas_native_body(local):
    body = json.dumps({"messages": ASK["messages"], "inferenceConfig": {"temperature": 0.0}})
    answer = local.runtime.invoke_model(modelId="us.amazon.nova-lite-v1:0", body=body)
    assert json.loads(answer["body"].read())["output"]["message"]["role"] == "assistant"
    with pytest.raises(ClientError, match="Malformed"):
        local.runtime.invoke_model(modelId="us.amazon.nova-lite-v1:0", body=b"no json")


def test_invoke_model_asks_deployments_and_provisioned_throughput_too(local, model):
    deployed = deploy(local, model)
    bought = local.control.create_provisioned_model_throughput(
        modelUnits=1, provisionedModelName="bought", modelId=model
    )["provisionedModelArn"]
    body = json.dumps({"messages": ASK["messages"], "inferenceConfig": {"temperature": 0.0}})
    for arn in (deployed, bought):
        with pytest.raises(ClientError) as caught:
            local.runtime.invoke_model(modelId=arn, body=body)
        assert code(caught) == "ModelNotReadyException"
    local.until(lambda: status(local, deployed), "Active")
    local.until(
        lambda: local.control.get_provisioned_model_throughput(provisionedModelId=bought)["status"], "InService"
    )
    for arn in (deployed, bought):
        answer = json.loads(local.runtime.invoke_model(modelId=arn, body=body)["body"].read())
        spoken = local.runtime.converse(modelId=arn, **ASK)
        assert answer["output"] == spoken["output"]
        assert answer["usage"] == spoken["usage"]
        usage = answer["usage"]
        assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"] > 1


def test_answers_say_how_long_they_took(local):
    def latency() -> int:
        return local.runtime.converse(modelId="us.amazon.nova-lite-v1:0", **ASK)["metrics"]["latencyMs"]

    local.bedrock.store.options.converse_milliseconds = 0
    assert 1 <= latency() < 80
    local.bedrock.store.options.converse_milliseconds = 80
    assert latency() >= 80


def test_right_answers_come_from_the_datasets_and_unknown_prompts_get_a_stable_one(local):
    known = {"messages": [{"role": "user", "content": [{"text": "What is 5 plus 5?"}]}]}
    texts = {
        local.runtime.converse(modelId="us.amazon.nova-lite-v1:0", **known, inferenceConfig={"temperature": 1.0})[
            "output"
        ]["message"]["content"][0]["text"]
        for _ in range(40)
    }
    assert any("10" in text for text in texts)
    unknown = {
        "messages": [{"role": "user", "content": [{"text": "Who wrote Faust?"}]}],
        "inferenceConfig": {"temperature": 0.0},
    }
    answers = {
        local.runtime.converse(modelId="us.amazon.nova-lite-v1:0", **unknown)["output"]["message"]["content"][0]["text"]
        for _ in range(5)
    }
    assert len(answers) == 1


def test_models_without_access_are_closed(local):
    local.bedrock.store.options.models_without_access = ["amazon.nova-2-lite-v1:0:256k"]
    found = local.control.get_foundation_model_availability(modelId="amazon.nova-2-lite-v1:0:256k")
    assert found["authorizationStatus"] == "NOT_AUTHORIZED"
    with pytest.raises(ClientError) as caught:
        local.control.create_model_customization_job(**local.job())
    assert code(caught) == "AccessDeniedException"


def test_throttling_can_be_injected(local):
    local.bedrock.faults.put([Fault(kind="refuse", operation="Converse", times=2)])
    for _ in range(2):
        with pytest.raises(ClientError) as caught:
            local.runtime.converse(modelId="us.amazon.nova-lite-v1:0", **ASK)
        assert code(caught) == "ThrottlingException"
    assert local.runtime.converse(modelId="us.amazon.nova-lite-v1:0", **ASK)["stopReason"] == "end_turn"


def test_unknown_models_are_hidden(local):
    base = "amazon.nova-2-lite-v1:0:256k"
    local.bedrock.store.options.unknown_models = [base]
    for ask in (
        lambda: local.control.get_foundation_model(modelIdentifier=base),
        lambda: local.control.get_foundation_model_availability(modelId=base),
    ):
        with pytest.raises(ClientError) as caught:
            ask()
        assert code(caught) == "ResourceNotFoundException"
    with pytest.raises(ClientError, match="model identifier is invalid") as caught:
        local.control.create_model_customization_job(**local.job())
    assert code(caught) == "ValidationException"
    listed = [model["modelId"] for model in local.control.list_foundation_models()["modelSummaries"]]
    assert "amazon.nova-2-lite-v1:0" in listed
    assert base not in listed


def test_billing_shows_the_tags_of_each_item(local, model):
    local.bedrock.faults.put([Fault(kind="job_hangs")])
    local.control.create_model_customization_job(**local.job("job-2"), jobTags=[{"key": "rft:run", "value": "a"}])
    local.control.create_provisioned_model_throughput(
        modelUnits=1, provisionedModelName="served", modelId=model, tags=[{"key": "rft:run", "value": "b"}]
    )
    deploy(local, model)
    found = billing(local.bedrock)
    assert [(item["name"], item["tags"]) for item in found["hourly"]] == [
        ("job-2", {"rft:run": "a"}),
        ("served", {"rft:run": "b"}),
    ]
    assert [(item["tags"], item["status"]) for item in found["deployments"]] == [({}, "Creating")]
    local.control.stop_model_customization_job(jobIdentifier="job-2")
