"""Which IAM actions a request needs, and whether a step is granted them."""

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
    if service == "bedrock" and ("tags" in params or "jobTags" in params):
        needed.append("bedrock:TagResource")
    return [*needed, "iam:PassRole"] if "roleArn" in params else needed


def check(step: Step, action: str, params: dict[str, Any]) -> None:
    """Fail where a step is not granted an action on what the request names."""
    targets = {grant.on for grant in GRANTS[step] if action in grant.actions}
    assert targets, f"{step} calls {action}, which it is not granted"
    identifier = next((str(params[name]) for name in IDENTIFIERS if name in params), "")
    wanted: set[Target] = next((t for part, t in TARGETS.items() if part in identifier), set())
    if wanted and action != "bedrock:TagResource":
        assert targets & wanted, f"{step} calls {action} on {identifier}, and is granted it on {targets} only"
