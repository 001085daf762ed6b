"""Which IAM actions a request needs, and whether a step is granted them."""

from collections.abc import Set
from typing import Any

from rft.keys import Step
from stacks.grants import GRANTS, Target

IAM = {"bedrock-runtime": "bedrock", "stepfunctions": "states", "service-quotas": "servicequotas"}
AS = {
    ("bedrock-runtime", "Converse"): "InvokeModel",
    ("lambda", "Invoke"): "InvokeFunction",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "HeadObject"): "GetObject",
}
TARGETS = {
    ":custom-model-deployment/": {Target.DEPLOYMENTS},
    ":provisioned-model/": {Target.THROUGHPUT},
    ":custom-model/": {Target.MODELS},
    ":model-customization-job/": {Target.JOBS},
    "us.amazon.": {Target.BASELINES},
    "amazon.titan-embed": {Target.EMBEDDINGS},
    ":execution:": {Target.TRAINING_EXECUTIONS},
    ":stateMachine:": {Target.CLEAN_UP_MACHINE, Target.TRAINING_MACHINE},
    ":sns:": {Target.TOPIC},
}
IDENTIFIERS = (
    "customModelDeploymentIdentifier",
    "provisionedModelId",
    "modelIdentifier",
    "jobIdentifier",
    "resourceARN",
    "modelArn",
    "modelId",
    "executionArn",
    "stateMachineArn",
    "TopicArn",
)


def actions_of(service: str, operation: str, params: dict[str, Any]) -> list[str]:
    """Return the IAM actions that a request needs; tags at creation need TagResource, a role needs PassRole as well."""
    needed = [f"{IAM.get(service, service)}:{AS.get((service, operation), operation)}"]
    if service == "s3" and "VersionId" in params:  # another permission, not one more (API_GetObject)
        needed = [f"s3:{operation}Version"]
    if "Tagging" in params:
        needed.append("s3:PutObjectTagging")
    if service == "bedrock" and ("tags" in params or "jobTags" in params):
        needed.append("bedrock:TagResource")
    return [*needed, "iam:PassRole"] if "roleArn" in params else needed


def check(step: Step, action: str, params: dict[str, Any]) -> None:
    """Fail where a step is not granted an action on what the request names."""
    granted = {grant.on for grant in GRANTS[step] if action in grant.actions}
    assert granted, f"{step} calls {action}, which it is not granted"
    wanted = targets_of(action, params)
    assert suffices(granted, wanted), f"{step} calls {action} on {wanted}, and is granted it on {granted} only"


def targets_of(action: str, params: dict[str, Any]) -> set[Target]:
    """Return the targets of which a request names one; empty where it does not tell."""
    if action == "bedrock:TagResource":  # of what is about to be created
        return set()
    identifier = next((str(params[name]) for name in IDENTIFIERS if name in params), "")
    return next((targets for part, targets in TARGETS.items() if part in identifier), set())


def suffices(granted: Set[Target], wanted: Set[Target]) -> bool:
    """Return whether grants of an action on some targets are enough for a request."""
    return bool(granted & {*wanted, Target.ANY} if wanted else granted)
