"""Roles do what ``stacks/grants.py`` says and nothing else; the most powerful ones are listed here a second time."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping

import pytest

from rft.graders import trains_reward_model
from rft.judges import asks_bedrock
from rft.keys import Step
from rft.names import function_name
from rft.tasks import load_tasks
from stacks.arns import Arns
from stacks.grants import GRANTS, Target
from stacks.steps import STEPS
from stacks.targets import Targets
from tests.stacks.assembly import ROOT, Deployed, key_arn, listed, permissions, settings_of, statements

INTERFACES = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
UNRESTRICTABLE = (
    "bedrock:List",
    "bedrock:GetFoundationModelAvailability",
    "servicequotas:Get",
    "servicequotas:List",
    "cloudwatch:GetMetricData",
)
TRACES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}


def _targets(deployed: Deployed) -> Targets:
    settings = settings_of(deployed.environment)
    return Targets(
        arns=Arns(settings=settings),
        tasks=load_tasks(ROOT / "tasks"),
        data_key_arn=key_arn(deployed, "data"),
        model_key_arn=key_arn(deployed, "model"),
        operations_key_arn=key_arn(deployed, "operations"),
    )


def _own(deployed: Deployed, name: str, *, queue: bool) -> set[tuple[str, str, str]]:
    """Return what every function may do: its log, its traces, its network interfaces, its dead letters."""
    here = f"{deployed.region}:{deployed.account}"
    log = f"arn:aws:logs:{here}:log-group:/aws/lambda/{name}:*"
    found = {(action, log, "{}") for action in ("logs:CreateLogStream", "logs:PutLogEvents")}
    found |= {(action, "*", "{}") for action in TRACES}
    if "network" in deployed.templates:
        found |= {(action, "*", "{}") for action in INTERFACES}
    if queue:
        through = json.dumps({"StringEquals": {"kms:ViaService": f"sqs.{deployed.region}.amazonaws.com"}})
        key = key_arn(deployed, "operations")
        found |= {("kms:Decrypt", key, through), ("kms:GenerateDataKey", key, through)}
        found.add(("sqs:SendMessage", f"arn:aws:sqs:{here}:rft-{deployed.environment}-dead-letters", "{}"))
    return found


def test_every_step_has_grants_and_a_description() -> None:
    assert set(GRANTS) == set(Step) == set(STEPS)


@pytest.mark.parametrize("step", list(Step))
def test_a_function_may_do_exactly_what_its_grants_say(deployed: Deployed, step: Step) -> None:
    targets = _targets(deployed)
    granted = {
        (action, resource, json.dumps(dict(targets.scope(grant.on).conditions), sort_keys=True))
        for grant in GRANTS[step]
        for action in grant.actions
        for resource in targets.scope(grant.on).resources
    }
    name = function_name(f"rft-{deployed.environment}", step)
    own = _own(deployed, name, queue=STEPS[step].event_driven)
    assert permissions(deployed, name) == granted | own


def test_graders_may_write_their_log_and_read_the_reward_models_that_they_ask(deployed: Deployed) -> None:
    models = f"{Arns(settings=settings_of(deployed.environment)).bucket('artefacts')}/runs/*/reward-model"
    through = json.dumps({"StringEquals": {"kms:ViaService": f"s3.{deployed.region}.amazonaws.com"}})
    reading = {("s3:GetObject", models, "{}"), ("kms:Decrypt", key_arn(deployed, "data"), through)}
    for name, task in load_tasks(ROOT / "tasks").items():
        function = f"rft-{deployed.environment}-grader-{name}"
        more = reading if trains_reward_model(task) else set()
        asking = {one for one in permissions(deployed, function) if one[0].startswith("bedrock:")}
        assert bool(asking) == asks_bedrock(task)  # what exactly: test_judging
        assert permissions(deployed, function) - asking == _own(deployed, function, queue=False) | more


def test_no_identity_policy_allows_all_of_a_service(deployed: Deployed) -> None:
    for policy in deployed.of("AWS::IAM::Policy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            for action in listed(statement["Action"]):
                assert "*" not in action, f"{policy.logical_id}: {action}"


def test_a_lone_star_is_only_for_actions_without_a_resource(deployed: Deployed) -> None:
    delivery = {"CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups", "DescribeResourcePolicies"}
    delivery |= {"GetLogDelivery", "ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery"}
    known = INTERFACES | TRACES | {f"logs:{action}" for action in delivery}
    known |= {"xray:GetSamplingRules", "xray:GetSamplingTargets"}
    known |= {action for grants in GRANTS.values() for g in grants if g.on is Target.ANY for action in g.actions}
    for action in sorted(a for grants in GRANTS.values() for g in grants if g.on is Target.ANY for a in g.actions):
        assert action.startswith(UNRESTRICTABLE), f"{action} can be restricted to a resource"
    for policy in deployed.of("AWS::IAM::Policy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            if "*" in listed(statement["Resource"]):
                assert set(listed(statement["Action"])) <= known, policy.logical_id


def test_no_role_has_a_managed_policy(deployed: Deployed) -> None:
    for role in deployed.of("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role.properties, role.logical_id
        assert role.properties["Description"]


def test_keys_are_granted_for_a_service_only(deployed: Deployed) -> None:
    for policy in deployed.of("AWS::IAM::Policy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            if any(action.startswith("kms:") for action in listed(statement["Action"])):
                assert "kms:ViaService" in statement["Condition"]["StringEquals"], policy.logical_id


def _short(deployed: Deployed, role: str) -> dict[str, set[str]]:
    return shortened(
        permissions(deployed, role),
        environment=deployed.environment,
        account=deployed.account,
        region=deployed.region,
        keys={name: key_arn(deployed, name) for name in ("data", "model", "operations")},
    )


def shortened(
    given: set[tuple[str, str, str]], *, environment: str, account: str, region: str, keys: Mapping[str, str]
) -> dict[str, set[str]]:
    """Return permissions as resource -> actions, without account, Region and prefix."""
    prefix, here = f"rft-{environment}", f"{region}:{account}"
    found: dict[str, set[str]] = defaultdict(set)
    for action, resource, condition in given:
        for name, arn in keys.items():
            resource = name + " key" if resource == arn else resource
        resource = resource.replace(f"{here}:", "").replace(prefix, "rft").replace("arn:aws:", "")
        resource = resource.replace(f"-{account}-{region}", "").replace(account, "")
        resource = re.sub(r"rft-grader-[a-z0-9-]+", "rft-grader-<task>", resource)
        via = json.loads(condition).get("StringEquals", {}).get("kms:ViaService", "")
        found[f"{resource} by {via.split('.')[0]}" if via else resource].add(action)
    return dict(found)


def test_the_critical_roles_are_what_a_reviewer_agreed_to(dev: Deployed) -> None:
    agreed = json.loads((ROOT / "tests" / "stacks" / "agreed_roles.json").read_text())
    for role, permitted in agreed.items():
        found = {resource: sorted(actions) for resource, actions in _short(dev, f"rft-dev-{role}").items()}
        assert found == permitted, role


def test_passing_a_role_is_for_one_role_and_one_service(deployed: Deployed) -> None:
    passing = [
        (policy.logical_id, statement)
        for policy in deployed.of("AWS::IAM::Policy")
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if "iam:PassRole" in listed(statement["Action"]) and "FlowLog" not in policy.logical_id
    ]
    assert len(passing) == 1
    assert passing[0][1]["Condition"] == {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}}
    assert str(passing[0][1]["Resource"]).endswith(":role/" + f"rft-{deployed.environment}-bedrock-customization")
    assert list(statements(deployed, f"rft-{deployed.environment}-launch-training"))
