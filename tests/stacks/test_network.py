from typing import Any

import pytest

from rft.graders import trains_reward_model
from rft.judges import asks_bedrock
from rft.keys import Step
from rft.tasks import load_tasks
from stacks.grants import GRANTS
from stacks.network import IAM_PREFIXES, INTERFACE_ENDPOINTS, PREFIX_LISTS, endpoint_actions
from tests.stacks.assembly import LOG_BUCKET, ROOT, Deployed, listed

GATEWAYS = {"s3", "dynamodb"}
NOT_CALLED = {"iam", "kms"}  # checked by the services that act for the caller


def _endpoints(deployed: Deployed) -> dict[str, Any]:
    found = {}
    for endpoint in deployed.of("AWS::EC2::VPCEndpoint"):
        found[endpoint.properties["ServiceName"].rsplit(".", 1)[-1]] = endpoint.properties
    return found


def test_the_switch_is_in_the_settings(prod: Deployed, dev: Deployed) -> None:
    assert "network" in prod.templates
    assert "network" not in dev.templates
    assert all("VpcConfig" in f.properties for f in prod.of("AWS::Lambda::Function"))
    assert not any("VpcConfig" in f.properties for f in dev.of("AWS::Lambda::Function"))


def test_nothing_leads_to_the_internet(prod: Deployed) -> None:
    kinds = {resource.type for resource in prod.resources}
    assert not kinds & {"AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::Route", "AWS::EC2::EIP"}
    zones = sorted(subnet.properties["AvailabilityZone"] for subnet in prod.of("AWS::EC2::Subnet"))
    assert zones == ["us-east-1a", "us-east-1b"]
    assert not any(subnet.properties["MapPublicIpOnLaunch"] for subnet in prod.of("AWS::EC2::Subnet"))


def test_endpoints_are_exactly_those_that_the_functions_use(prod: Deployed) -> None:
    assert set(_endpoints(prod)) == GATEWAYS | set(INTERFACE_ENDPOINTS)
    services = {action.split(":")[0] for grants in GRANTS.values() for grant in grants for action in grant.actions}
    prefixes = {IAM_PREFIXES.get(endpoint, endpoint) for endpoint in INTERFACE_ENDPOINTS}
    assert services - NOT_CALLED == (GATEWAYS | prefixes) - {"bedrock-runtime"}
    assert all(endpoint_actions(endpoint) for endpoint in (*GATEWAYS, *INTERFACE_ENDPOINTS))


def test_every_endpoint_has_a_policy_for_our_principals_and_actions(prod: Deployed) -> None:
    for name, properties in _endpoints(prod).items():
        statement, *logs = properties["PolicyDocument"]["Statement"]
        assert bool(logs) is (name == "s3")
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": prod.account}}, name
        assert listed(statement["Action"]) == endpoint_actions(name)
        assert not any("*" in action for action in listed(statement["Action"]))


def test_storage_endpoints_reach_our_buckets_and_table_only(prod: Deployed) -> None:
    endpoints = _endpoints(prod)
    for name, prefix in (("s3", "arn:aws:s3:::rft-prod-"), ("dynamodb", "arn:aws:dynamodb:")):
        resources = listed(endpoints[name]["PolicyDocument"]["Statement"][0]["Resource"])
        assert all(resource.startswith(prefix) for resource in resources)
        assert endpoints[name]["VpcEndpointType"] == "Gateway"
    assert "s3:PutObject" in endpoint_actions("s3")


def test_log_buckets_may_be_read_through_the_endpoint_and_nothing_else(prod: Deployed) -> None:
    _, statement = _endpoints(prod)["s3"]["PolicyDocument"]["Statement"]
    assert listed(statement["Action"]) == ["s3:GetObject", "s3:ListBucket"]
    assert listed(statement["Resource"]) == [f"arn:aws:s3:::{LOG_BUCKET}", f"arn:aws:s3:::{LOG_BUCKET}/*"]
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": prod.account}}


def _groups(deployed: Deployed) -> dict[str, dict[str, Any]]:
    return {g.properties["GroupName"].split("-")[-1]: g.properties for g in deployed.of("AWS::EC2::SecurityGroup")}


def test_functions_reach_endpoints_by_https_only(prod: Deployed) -> None:
    rules = _groups(prod)["functions"]["SecurityGroupEgress"]
    assert {(r["FromPort"], r["ToPort"], r["IpProtocol"]) for r in rules} == {(443, 443, "tcp")}
    lists = PREFIX_LISTS["us-east-1"]
    assert {r["DestinationPrefixListId"] for r in rules if "DestinationPrefixListId" in r} == {lists.s3, lists.dynamodb}
    (group,) = [r["DestinationSecurityGroupId"] for r in rules if "DestinationSecurityGroupId" in r]
    assert "EndpointsGroup" in group
    assert len(rules) == 3
    assert not prod.of("AWS::EC2::SecurityGroupEgress")


def test_endpoints_take_https_from_functions_only(prod: Deployed) -> None:
    rules = [rule.properties for rule in prod.of("AWS::EC2::SecurityGroupIngress")]
    assert len(rules) == 2
    for rule, source in zip(
        sorted(rules, key=lambda one: one["SourceSecurityGroupId"]), ("Functions", "Judging"), strict=True
    ):  # step functions, and graders that ask judges
        assert "EndpointsGroup" in rule["GroupId"]
        assert f"{source}Group" in rule["SourceSecurityGroupId"]
        assert (rule["FromPort"], rule["ToPort"]) == (443, 443)
    assert not any("SecurityGroupIngress" in group for group in _groups(prod).values())


def test_graders_have_no_way_out_but_to_the_reward_model_or_the_judges_that_some_ask(prod: Deployed) -> None:
    tasks = load_tasks(ROOT / "tasks")
    for function in prod.of("AWS::Lambda::Function"):
        (group,) = function.properties["VpcConfig"]["SecurityGroupIds"]
        task = tasks.get(function.properties["FunctionName"].removeprefix("rft-prod-grader-"))
        reads = task is not None and trains_reward_model(task)
        asks = task is not None and asks_bedrock(task)
        assert ("GradersGroup" in group) == (task is not None and not reads and not asks)
        assert ("JudgingGroup" in group) == asks
        assert ("ReadersGroup" in group) == reads
    lists = PREFIX_LISTS["us-east-1"]
    assert [rule["DestinationPrefixListId"] for rule in _groups(prod)["readers"]["SecurityGroupEgress"]] == [lists.s3]
    # CDK writes "no egress" as one rule that nothing matches
    for name in ("graders", "endpoints"):
        assert [rule["CidrIp"] for rule in _groups(prod)[name]["SecurityGroupEgress"]] == ["255.255.255.255/32"]


def test_flow_logs_are_written_and_encrypted(prod: Deployed) -> None:
    (flow,) = prod.of("AWS::EC2::FlowLog")
    assert flow.properties["TrafficType"] == "ALL"
    group = prod.one("AWS::Logs::LogGroup", LogGroupName="/aws/vpc/rft-prod-flow")
    assert "OperationsKey" in group.properties["KmsKeyId"]


@pytest.mark.parametrize("step", list(Step))
def test_every_action_of_a_step_passes_some_endpoint(step: Step) -> None:
    open_ = {action for endpoint in (*GATEWAYS, *INTERFACE_ENDPOINTS) for action in endpoint_actions(endpoint)}
    for grant in GRANTS[step]:
        for action in grant.actions:
            assert action in open_ or action.split(":")[0] in NOT_CALLED, action
