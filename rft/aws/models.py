"""Asking models, and what the account may do with them."""

from typing import Any

from botocore.exceptions import ClientError

from rft.aws import clients
from rft.inference_ids import profile_of
from rft.judges import embedding_models, judge_models
from rft.preflight import PUBLISHED, Facts, ModelFacts, ProfileFacts
from rft.settings import Settings
from rft.tasks import Task


def converse(request: dict[str, Any]) -> dict[str, Any]:
    """Ask a model through Converse, with the arguments of ``rft.evaluation.answers``, and return the response."""
    return dict(clients.bedrock_runtime().converse(**request))


def gather_facts(task: Task, settings: Settings) -> Facts:
    """Ask the account all that preflight judges. Nothing here costs anything or changes anything."""
    client = clients.bedrock()
    models = client.get_paginator("list_custom_models").paginate(isOwned=True)
    deployments = client.get_paginator("list_custom_model_deployments").paginate()
    throughputs = client.get_paginator("list_provisioned_model_throughputs").paginate()
    return Facts(
        base=_base(task.model.base_model),
        profile=_profile(task.model.baseline_inference_id),
        judges={model: _base(found.model if (found := profile_of(model)) else model) for model in judge_models(task)},
        judge_profiles={model: _profile(model) for model in judge_models(task)},
        embeddings={model: _base(model) for model in embedding_models(task)},
        models=sum(len(page["modelSummaries"]) for page in models),
        deployments=[d["customModelDeploymentName"] for page in deployments for d in page["modelDeploymentSummaries"]],
        units={
            item["provisionedModelName"]: 0 if item.get("commitmentDuration") else item["modelUnits"]
            for page in throughputs
            for item in page["provisionedModelSummaries"]
        },
        quotas={code: _quota(code) for code in PUBLISHED},
    )


def _base(identifier: str) -> ModelFacts | None:
    client = clients.bedrock()
    plain = identifier.split("foundation-model/")[-1]
    try:
        client.get_foundation_model(modelIdentifier=plain)
        found = client.get_foundation_model_availability(modelId=plain)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ResourceNotFoundException", "ValidationException"):
            return None
        raise
    return ModelFacts(
        authorised=found["authorizationStatus"] == "AUTHORIZED" and found["entitlementAvailability"] == "AVAILABLE",
        agreed=found["agreementAvailability"]["status"] == "AVAILABLE",
        in_region=found["regionAvailability"] == "AVAILABLE",
    )


def _profile(identifier: str) -> ProfileFacts | None:
    """Return the Regions behind an inference profile; None where the id names none, or none that Bedrock knows."""
    if profile_of(identifier) is None:
        return None
    client = clients.bedrock()
    try:
        found = client.get_inference_profile(inferenceProfileIdentifier=identifier)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ResourceNotFoundException", "ValidationException"):
            return None
        raise
    arns = [model["modelArn"] for model in found["models"]]
    return ProfileFacts(regions=sorted({arn.split(":")[3] for arn in arns}))


def _quota(code: str) -> float:
    """Return a quota's value: the account's own; else AWS's default, as the service says it or as it was published."""
    client = clients.service_quotas()
    for ask in (client.get_service_quota, client.get_aws_default_service_quota):
        try:
            return ask(ServiceCode="bedrock", QuotaCode=code)["Quota"]["Value"]
        except client.exceptions.NoSuchResourceException:  # some quotas have no value of the account's own
            continue
    return PUBLISHED[code]
