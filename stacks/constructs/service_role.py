"""The role that Bedrock assumes for customization jobs (bedrock: custom-model-job-access-security)."""

from collections.abc import Iterable

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from rft import names
from rft.keys import DATASETS, TRAINING_OUTPUT
from stacks.base import RftStack
from stacks.constructs.nag import acknowledge_wildcard
from stacks.targets import through_service


def bedrock_service_role(stack: RftStack, *, tasks: Iterable[str], data_key: kms.IKey, model_key: kms.IKey) -> iam.Role:
    """Make the role: trusted for this account's customization jobs only; reads datasets, writes training output."""
    arns, settings = stack.arns, stack.settings
    role = iam.Role(
        stack,
        "BedrockServiceRole",
        role_name=names.service_role_name(settings.prefix),
        description="Bedrock's customization jobs: read datasets, write training output, invoke graders",
        assumed_by=iam.ServicePrincipal(
            "bedrock.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": settings.account},
                "ArnLike": {"aws:SourceArn": arns.of("bedrock", "model-customization-job/*")},
            },
        ),
    )

    def allow(
        actions: list[str], resources: list[str], reason: str = "", conditions: dict[str, object] | None = None
    ) -> None:
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions))
        for resource in resources:
            if "*" in resource:
                acknowledge_wildcard(role, resource, reason)

    allow(["s3:GetObject"], [arns.objects("datasets", DATASETS)], "keys hold the hash of their content")
    # Bedrock also writes a probe object, .write_access_check_file.tmp, so only the prefix can be named.
    allow(
        ["s3:GetObject", "s3:PutObject"],
        [arns.objects("artefacts", TRAINING_OUTPUT)],
        "Bedrock chooses the names of what a job writes",
    )
    allow(["s3:ListBucket"], [arns.bucket("datasets"), arns.bucket("artefacts")])
    graders = [arns.grader(task) for task in tasks]
    allow(
        ["lambda:InvokeFunction"],
        [*graders, *(f"{grader}:*" for grader in graders)],
        "a run pins its grader by an alias that is made when the run starts",
    )
    allow(
        ["kms:Decrypt", "kms:GenerateDataKey"],
        [data_key.key_arn],
        conditions=dict(through_service(arns, "s3")),
    )
    allow(
        ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
        [model_key.key_arn],
        conditions=dict(through_service(arns, "bedrock")),
    )
    return role
