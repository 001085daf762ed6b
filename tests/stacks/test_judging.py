"""Graders that ask judges, guardrails, embeddings: they may ask those that their task names; others nothing."""

import shutil
from pathlib import Path

import pytest

from rft.errors import TaskInvalid
from rft.tasks import load_task
from tests.stacks.assembly import ROOT, Deployed, deployed_with, listed, statements

pytestmark = pytest.mark.xdist_group("judging")

REWARD = """[reward]
components = [
    {kind = "judge", models = ["us.amazon.nova-2-lite-v1:0", "amazon.nova-micro-v1:0"], rubric = "Is it right?"},
    {kind = "guardrail", guardrail_id = "abc123", weight = 0, floor = 1},
]
"""
IN_PYTHON = '[grader]\njudges = ["amazon.nova-lite-v1:0"]\nguardrails = ["def456"]\n'
SEEING = '\n[reward_model]\nembeddings = "amazon.titan-embed-text-v2:0"\n'
EMBEDDING = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0"
SILENT = "gsm8k"
HERE = "arn:aws:bedrock:us-east-1:333333333333:"
BEHIND = "arn:aws:bedrock:{}::foundation-model/amazon.nova-2-lite-v1:0"


@pytest.fixture(scope="module")
def judging(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Return prod with a task that asks by its components, one whose reward asks, one whose reward model does."""
    changes = {
        "arithmetic": lambda text: text.replace('[grader]\nreward = "reward.py:reward"\n', REWARD),
        "tickets": lambda text: text.replace("[grader]\n", IN_PYTHON),
        "preferences": lambda text: text + SEEING,
    }
    return deployed_with(tmp_path_factory.mktemp("judging"), "prod", changes)


def _bedrock(deployed: Deployed, role: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for statement in statements(deployed, f"rft-prod-{role}"):
        for action in listed(statement["Action"]):
            if action.startswith("bedrock:"):
                found.setdefault(action, set()).update(listed(statement["Resource"]))
    return found


def test_a_grader_may_ask_what_its_task_names_and_nothing_else(judging: Deployed) -> None:
    regions = ("us-east-1", "us-east-2", "us-west-2")
    assert _bedrock(judging, "grader-arithmetic") == {
        "bedrock:InvokeModel": {
            f"{HERE}inference-profile/us.amazon.nova-2-lite-v1:0",
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0",
            *(BEHIND.format(region) for region in regions),
        },
        "bedrock:ApplyGuardrail": {f"{HERE}guardrail/abc123"},
    }
    assert _bedrock(judging, "grader-tickets") == {
        "bedrock:InvokeModel": {"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"},
        "bedrock:ApplyGuardrail": {f"{HERE}guardrail/def456"},
    }
    assert _bedrock(judging, "grader-preferences") == {"bedrock:InvokeModel": {EMBEDDING}}
    assert _bedrock(judging, f"grader-{SILENT}") == {}


def test_the_step_that_trains_reward_models_may_ask_for_embeddings_where_a_task_wants_them(
    judging: Deployed, prod: Deployed
) -> None:
    assert _bedrock(judging, "prepare-grader") == {"bedrock:InvokeModel": {EMBEDDING}}
    assert _bedrock(prod, "prepare-grader") == {}
    assert EMBEDDING in _bedrock(judging, "preflight")["bedrock:GetFoundationModel"]
    assert EMBEDDING not in _bedrock(prod, "preflight")["bedrock:GetFoundationModel"]


def test_preflight_may_look_at_judges(judging: Deployed) -> None:
    may = _bedrock(judging, "preflight")
    assert {
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0",
        BEHIND.format("us-east-1"),
    } < may["bedrock:GetFoundationModel"]
    assert f"{HERE}inference-profile/us.amazon.nova-2-lite-v1:0" in may["bedrock:GetInferenceProfile"]


def test_they_reach_endpoints_and_nothing_else(judging: Deployed) -> None:
    groups = {g.properties["GroupName"]: g for g in judging.of("AWS::EC2::SecurityGroup")}
    (rule,) = groups["rft-prod-judging"].properties["SecurityGroupEgress"]
    assert (rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == (443, 443, "tcp")
    assert "EndpointsGroup" in rule["DestinationSecurityGroupId"]
    sources = {r.properties["SourceSecurityGroupId"] for r in judging.of("AWS::EC2::SecurityGroupIngress")}
    assert {next(name for name in ("Functions", "Judging") if f"{name}Group" in source) for source in sources} == {
        "Functions",
        "Judging",
    }
    for task, wanted in (("arithmetic", "Judging"), ("tickets", "Judging"), (SILENT, "Graders")):
        grader = judging.one("AWS::Lambda::Function", FunctionName=f"rft-prod-grader-{task}")
        (group,) = grader.properties["VpcConfig"]["SecurityGroupIds"]
        assert f"{wanted}Group" in group
    grader = judging.one("AWS::Lambda::Function", FunctionName="rft-prod-grader-preferences")
    placed = grader.properties["VpcConfig"]["SecurityGroupIds"]
    assert sorted(name for name in ("Readers", "Judging", "Graders") for one in placed if f"{name}Group" in one) == [
        "Judging",
        "Readers",
    ]


def test_the_endpoint_lets_their_calls_through(judging: Deployed) -> None:
    name = f"com.amazonaws.{judging.region}.bedrock-runtime"
    (statement,) = judging.one("AWS::EC2::VPCEndpoint", ServiceName=name).properties["PolicyDocument"]["Statement"]
    assert {"bedrock:ApplyGuardrail", "bedrock:InvokeModel"} <= set(listed(statement["Action"]))


@pytest.mark.parametrize("model", ["application-inference-profile/x", "abc123"])
def test_a_judge_that_hides_its_model_is_refused(tmp_path: Path, model: str) -> None:
    shutil.copytree(ROOT / "tasks" / "tickets", tmp_path / "tickets")
    path = tmp_path / "tickets" / "task.toml"
    path.write_text(path.read_text().replace("[grader]\n", f'[grader]\njudges = ["{model}"]\n'))
    with pytest.raises(TaskInvalid, match="does not say which model and Regions"):
        load_task(tmp_path / "tickets")
