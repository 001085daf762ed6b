"""The private network: isolated subnets, no way out but endpoints, each of which lets through what we use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from rft.judges import asks_bedrock
from rft.settings import Settings
from rft.tasks import Task
from stacks.base import RftStack
from stacks.constructs.function import Placement, log_retention
from stacks.graders import grader_grants
from stacks.grants import GRANTS, Grant
from stacks.judging import judging_grants
from stacks.opinions import COMPREHEND, opinion_grants

INTERFACE_ENDPOINTS = ("bedrock", "bedrock-runtime", "lambda", "monitoring", "servicequotas", "sns", "ssm", "states")
IAM_PREFIXES = {"monitoring": "cloudwatch"}  # of endpoints that are called otherwise than their service's actions
RUNTIME_CALLS = frozenset({"bedrock:ApplyGuardrail", "bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"})


@dataclass(frozen=True)
class PrefixLists:
    """AWS's own address lists of the gateway endpoints of a Region (`aws ec2 describe-prefix-lists`)."""

    s3: str
    dynamodb: str


# Bedrock fine-tunes by reinforcement in these Regions only.
PREFIX_LISTS = {
    "us-east-1": PrefixLists("pl-63a5400a", "pl-02cd2c6b"),
    "us-west-2": PrefixLists("pl-68a54001", "pl-00a54069"),
}


def interface_endpoints(asked: tuple[Grant, ...] = ()) -> list[str]:
    """Return the interface endpoints that the functions use; ``asked`` are the grants of second opinions."""
    return sorted({*INTERFACE_ENDPOINTS, *(["comprehend"] if COMPREHEND in asked else [])})


def endpoint_actions(endpoint: str, asked: tuple[Grant, ...] = ()) -> list[str]:
    """Return the actions that step functions need through an endpoint, from the grants."""
    every = [*(grant for grants in GRANTS.values() for grant in grants), *asked]
    granted = {action for grant in every for action in grant.actions}
    if endpoint == "bedrock-runtime":
        return sorted(granted & RUNTIME_CALLS)
    prefix = IAM_PREFIXES.get(endpoint, endpoint)
    return sorted(action for action in granted - RUNTIME_CALLS if action.split(":")[0] == prefix)


def _https(description: str, **destination: str) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Description": description, **destination}


def _let_out(group: ec2.SecurityGroup, *rules: dict[str, Any]) -> None:
    """Write egress rules inline: a group without any inline starts with one that lets everything out."""
    cast("ec2.CfnSecurityGroup", group.node.default_child).add_property_override("SecurityGroupEgress", list(rules))


class NetworkStack(RftStack):
    """A VPC without internet. About 0.01 USD per interface endpoint, zone and hour: a switch in the settings."""

    def __init__(
        self, scope: Construct, *, settings: Settings, tasks: Mapping[str, Task], operations_key: kms.IKey
    ) -> None:
        super().__init__(scope, "network", settings=settings, description="isolated subnets and endpoints")
        self._key = operations_key
        self._asked = (*opinion_grants(tasks.values()), *judging_grants(tasks.values()))
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=f"{settings.prefix}-vpc",
            ip_addresses=ec2.IpAddresses.cidr(settings.network.cidr),
            max_azs=len(settings.network.availability_zones),
            nat_gateways=0,
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24)
            ],
        )
        for subnet in self.vpc.isolated_subnets:
            cdk.Validations.of(subnet).acknowledge(
                cdk.Acknowledgment(
                    id="CloudFormation Validate::W3010",
                    reason="zones come from the settings, so that synthesis never looks anything up",
                )
            )
        self._flow_logs()
        self._endpoint_group = self._group("endpoints", "Interface endpoints: HTTPS from our functions")
        steps = self._group("functions", "Step functions: HTTPS to endpoints, S3 and DynamoDB")
        self._graders = self._group("graders", "Graders: user code that needs no network and gets none")
        self._readers = self._group("readers", "Graders that read a reward model: S3 and nothing else")
        self._judging = self._group("judging", "Graders that ask judges or guardrails: HTTPS to endpoints")
        self.steps = Placement(vpc=self.vpc, security_groups=(steps,))
        self._open(steps)
        self._gateways()
        for endpoint in interface_endpoints(self._asked):
            self._interface(endpoint)

    def grader_placement(self, task: Task) -> Placement:
        """Return where a task's grader runs: it reaches what its reward asks, and nothing else."""
        asked = {self._readers: bool(grader_grants(task)), self._judging: asks_bedrock(task)}
        groups = tuple(group for group, needed in asked.items() if needed)
        return Placement(vpc=self.vpc, security_groups=groups or (self._graders,))

    def _group(self, name: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self,
            f"{name.capitalize()}Group",
            vpc=self.vpc,
            security_group_name=f"{self.settings.prefix}-{name}",
            description=description,
            allow_all_outbound=False,
        )

    def _open(self, steps: ec2.SecurityGroup) -> None:
        region = self.settings.region
        if region not in PREFIX_LISTS:
            raise ValueError(
                f"network: no prefix lists known for {region}; add those that "
                f"`aws ec2 describe-prefix-lists --region {region}` prints to PREFIX_LISTS in stacks/network.py"
            )
        lists = PREFIX_LISTS[region]
        self._endpoint_group.add_ingress_rule(steps, ec2.Port.tcp(443), "Step functions")
        self._endpoint_group.add_ingress_rule(self._judging, ec2.Port.tcp(443), "Graders with judges or guardrails")
        endpoints = _https("Interface endpoints", DestinationSecurityGroupId=self._endpoint_group.security_group_id)
        storage = _https("S3 through its gateway endpoint", DestinationPrefixListId=lists.s3)
        _let_out(
            steps,
            endpoints,
            storage,
            _https("DynamoDB through its gateway endpoint", DestinationPrefixListId=lists.dynamodb),
        )
        _let_out(self._readers, storage)
        _let_out(self._judging, endpoints)

    def _gateways(self) -> None:
        objects = [self.arns.objects(role) for role in ("intake", "datasets", "artefacts")]
        buckets = [self.arns.bucket(role) for role in ("intake", "datasets", "artefacts")]
        storage = self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        storage.add_to_policy(self._ours(endpoint_actions("s3"), [*buckets, *objects]))
        if logs_ := self.arns.log_buckets:  # whoever owns them: theirs is the bucket policy, ours is the principal
            readable = [*logs_, *(f"{bucket}/*" for bucket in logs_)]
            storage.add_to_policy(self._ours(["s3:GetObject", "s3:ListBucket"], readable))
        table = self.vpc.add_gateway_endpoint("DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
        table.add_to_policy(self._ours(endpoint_actions("dynamodb"), [self.arns.table, f"{self.arns.table}/index/*"]))

    def _interface(self, name: str) -> None:
        endpoint = ec2.InterfaceVpcEndpoint(
            self,
            "".join(word.capitalize() for word in name.split("-")) + "Endpoint",
            vpc=self.vpc,
            service=ec2.InterfaceVpcEndpointAwsService(name),
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[self._endpoint_group],
            open=False,
            private_dns_enabled=True,
        )
        endpoint.add_to_policy(self._ours(endpoint_actions(name, self._asked), ["*"]))

    def _ours(self, actions: list[str], resources: list[str]) -> iam.PolicyStatement:
        """Let this account's principals through; what each of them may do stands in its own policy."""
        return iam.PolicyStatement(
            principals=[iam.AnyPrincipal()],
            actions=actions,
            resources=resources,
            conditions={"StringEquals": {"aws:PrincipalAccount": self.settings.account}},
        )

    def _flow_logs(self) -> None:
        group = logs.LogGroup(
            self,
            "FlowLogGroup",
            log_group_name=f"/aws/vpc/{self.settings.prefix}-flow",
            retention=log_retention(self.settings.retention.log_days),
            encryption_key=self._key,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        role = iam.Role(
            self,
            "FlowLogRole",
            role_name=f"{self.settings.prefix}-flow-logs",
            description="Writes the VPC's flow logs",
            assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"),
        )
        self.vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, role))
