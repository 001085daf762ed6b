"""The one way in which we make Lambda functions: own role, own encrypted log group, JSON logs, tracing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from rft.concurrency import NONE, GraderConcurrency
from stacks.base import RftStack
from stacks.constructs.nag import acknowledge_wildcard
from stacks.grants import Grant
from stacks.targets import Targets, through_service

RUNTIME = lambda_.Runtime.PYTHON_3_14
ARCHITECTURE = lambda_.Architecture.ARM_64
RETENTIONS = {
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    731: logs.RetentionDays.TWO_YEARS,
    1827: logs.RetentionDays.FIVE_YEARS,
    3653: logs.RetentionDays.TEN_YEARS,
}


def log_retention(days: int) -> logs.RetentionDays:
    """Return the shortest of our log retentions that keeps ``days`` days."""
    return RETENTIONS[min(kept for kept in RETENTIONS if kept >= days)]


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where functions run in the network: isolated subnets, behind security groups."""

    vpc: ec2.IVpc
    security_groups: tuple[ec2.ISecurityGroup, ...]


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """A statement of a function's role, with the reason for every pattern in it."""

    statement: iam.PolicyStatement
    patterns: Mapping[str, str] = field(default_factory=dict)  # resource with a * -> why


def allowed(targets: Targets, grant: Grant) -> Allowed:
    """Return a grant as a function's role holds it."""
    patterns = [resource for resource in targets.scope(grant.on).resources if "*" in resource]
    return Allowed(statement=targets.statement(grant), patterns={resource: targets.why(grant) for resource in patterns})


class RftFunction(Construct):
    """A Lambda function with everything that belongs to it."""

    def __init__(
        self,
        stack: RftStack,
        construct_id: str,
        *,
        name: str,
        description: str,
        handler: str,
        code: lambda_.Code,
        variables: Mapping[str, str],
        timeout_seconds: int,
        memory_mb: int,
        key: kms.IKey,
        allowed: list[Allowed],
        storage_mb: int = 512,
        layer: lambda_.ILayerVersion | None = None,
        placement: Placement | None = None,
        dead_letters: sqs.IQueue | None = None,
        concurrency: GraderConcurrency = NONE,
    ) -> None:
        super().__init__(stack, construct_id)
        self._patterns: dict[str, list[str]] = {}
        settings = stack.settings
        group_name = f"/aws/lambda/{name}"
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=group_name,
            retention=log_retention(settings.retention.log_days),
            encryption_key=key,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            description=f"What {name} may do",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        streams = f"{stack.arns.log_group(group_name)}:*"
        self._allow(["logs:CreateLogStream", "logs:PutLogEvents"], streams, "Lambda names the streams of its log group")
        if placement:
            self._allow(
                [
                    "ec2:AssignPrivateIpAddresses",
                    "ec2:CreateNetworkInterface",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSubnets",
                    "ec2:UnassignPrivateIpAddresses",
                ],
                "*",
                "Lambda makes the function's network interfaces; it checks these actions on * when it creates one",
            )
        self._note("*", "X-Ray's write calls name no resource")
        for item in allowed:
            self.role.add_to_policy(item.statement)
            for resource, reason in item.patterns.items():
                self._note(resource, reason)
        if dead_letters:
            self.role.add_to_policy(
                iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=[key.key_arn],
                    conditions=through_service(stack.arns, "sqs"),
                )
            )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=description,
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            handler=handler,
            code=code,
            layers=[layer] if layer else None,
            environment=dict(variables),
            timeout=cdk.Duration.seconds(timeout_seconds),
            memory_size=memory_mb,
            ephemeral_storage_size=cdk.Size.mebibytes(storage_mb),
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            vpc=placement.vpc if placement else None,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED) if placement else None,
            security_groups=list(placement.security_groups) if placement else None,
            dead_letter_queue=dead_letters,
            reserved_concurrent_executions=concurrency.reserved_concurrency,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if concurrency.snap_start else None,
        )
        for resource, reasons in self._patterns.items():
            acknowledge_wildcard(self.role, resource, "; ".join(reasons))

    def _allow(self, actions: list[str], resource: str, reason: str) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
        self._note(resource, reason)

    def _note(self, resource: str, reason: str) -> None:
        self._patterns.setdefault(resource, []).append(reason)
