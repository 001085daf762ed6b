"""A second opinion on personal data: what a task asks for is allowed and reached, and nothing of it otherwise."""

import shutil
from pathlib import Path

import pytest

from rft.errors import TaskInvalid
from rft.tasks import load_task
from stacks.network import endpoint_actions, interface_endpoints
from stacks.opinions import COMPREHEND, GUARDRAIL
from tests.stacks.assembly import ROOT, Deployed, deployed_with, listed

pytestmark = pytest.mark.xdist_group("opinions")

COMPREHEND_ASKED = '\n[data.personal]\nsecond_opinion = "comprehend"\n'
GUARDRAIL_ASKED = '\n[data.personal]\nsecond_opinion = "guardrail"\nguardrail_id = "abc123def456"\n'


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Return prod with tasks that ask."""
    changes = {
        "arithmetic": lambda text: text + COMPREHEND_ASKED,
        "tickets": lambda text: text + GUARDRAIL_ASKED,
    }
    return deployed_with(tmp_path_factory.mktemp("asking"), "prod", changes)


def _allowed(deployed: Deployed) -> dict[str, dict[str, list[str]]]:
    """Return which role may ask a managed detector, and on what."""
    found: dict[str, dict[str, list[str]]] = {}
    for policy in deployed.of("AWS::IAM::Policy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            for action in listed(statement["Action"]):
                if action in ("comprehend:DetectPiiEntities", "bedrock:ApplyGuardrail"):
                    for role in policy.properties["Roles"]:
                        found.setdefault(role, {})[action] = listed(statement["Resource"])
    return found


def test_only_the_data_step_may_ask_and_only_what_tasks_name(asking: Deployed, prod: Deployed) -> None:
    assert _allowed(prod) == {}
    guardrail = f"arn:aws:bedrock:{asking.region}:{asking.account}:guardrail/abc123def456"
    assert _allowed(asking) == {
        "rft-prod-validate-data": {"comprehend:DetectPiiEntities": ["*"], "bedrock:ApplyGuardrail": [guardrail]}
    }


def test_the_network_lets_it_through_where_it_is_asked(asking: Deployed) -> None:
    policies = {
        endpoint.properties["ServiceName"].rsplit(".", 1)[-1]: endpoint.properties["PolicyDocument"]["Statement"][0]
        for endpoint in asking.of("AWS::EC2::VPCEndpoint")
    }
    assert listed(policies["comprehend"]["Action"]) == ["comprehend:DetectPiiEntities"]
    assert "bedrock:ApplyGuardrail" in listed(policies["bedrock-runtime"]["Action"])
    assert "comprehend" not in interface_endpoints()
    assert interface_endpoints((GUARDRAIL,)) == interface_endpoints()
    assert endpoint_actions("comprehend", (COMPREHEND,)) == ["comprehend:DetectPiiEntities"]


def test_a_guardrail_has_to_be_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tasks" / "tickets", tmp_path / "tickets")
    with (tmp_path / "tickets" / "task.toml").open("a") as file:
        file.write('\n[data.personal]\nsecond_opinion = "guardrail"\n')
    with pytest.raises(TaskInvalid, match="name it in guardrail_id"):
        load_task(tmp_path / "tickets")
