import json
import re
from pathlib import Path

import pytest

from tests.stacks.assembly import ROOT, Deployed, synthesise

DEV = (ROOT / "environments" / "dev.toml").read_text()


def _environments(folder: Path, text: str) -> Path:
    (folder / "dev.toml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Dev with the options that the committed environments leave off."""
    text = DEV.replace("[security]", '[security]\npermission_boundary_policy = "our-boundary"')
    text = text.replace("notify_emails = []", 'notify_emails = ["a@example.com", "b@example.com"]')
    folder = _environments(tmp_path_factory.mktemp("bounded"), text)
    out = tmp_path_factory.mktemp("bounded-out") / "cdk.out"
    done = synthesise(out, environments=folder)
    assert done.returncode == 0, done.stderr[-4000:]
    return Deployed(out, "dev")


def test_every_role_gets_the_permission_boundary_of_the_settings(bounded: Deployed, dev: Deployed) -> None:
    boundaries = {json.dumps(role.properties["PermissionsBoundary"]) for role in bounded.of("AWS::IAM::Role")}
    assert len(boundaries) == 1
    assert "policy/our-boundary" in boundaries.pop()
    assert not any("PermissionsBoundary" in role.properties for role in dev.of("AWS::IAM::Role"))


def test_people_of_the_settings_are_told(bounded: Deployed) -> None:
    subscriptions = {s.properties["Endpoint"]: s.properties["Protocol"] for s in bounded.of("AWS::SNS::Subscription")}
    assert subscriptions == {"a@example.com": "email", "b@example.com": "email"}


def test_a_finding_that_nobody_acknowledged_fails_the_synthesis(tmp_path: Path) -> None:
    naked = "import aws_cdk.aws_s3 as s3\ns3.Bucket(stages[0].data, 'Naked')"
    done = synthesise(tmp_path / "out", afterwards=naked, chosen="dev")
    assert done.returncode != 0
    assert "AwsSolutions-S10" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (DEV.replace('region = "us-east-1" ', 'region = "us east" '), r"dev\.toml: region: "),
        (DEV.replace("max_run_usd = 600.0", "max_run_usd = -1.0"), r"dev\.toml: caps\.max_run_usd: "),
        (DEV.replace("[caps]", "[cap]"), r"dev\.toml: .*cap"),
        (DEV + "[graders.poetry]\nsnap_start = true\n", r"dev\.toml: graders\.poetry: .*arithmetic"),
    ],
)
def test_a_wrong_setting_fails_at_synthesis_with_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    assert text != DEV
    done = synthesise(tmp_path / "out", environments=_environments(tmp_path, text))
    assert done.returncode != 0
    assert re.search(message, done.stderr), done.stderr[-600:]


def test_an_unknown_environment_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    done = synthesise(tmp_path / "out", chosen="nowhere")
    assert done.returncode != 0
    assert "known environments: dev, local, prod, staging" in done.stderr


def test_one_environment_can_be_chosen(tmp_path: Path) -> None:
    done = synthesise(tmp_path / "out", chosen="dev", afterwards="print([s.node.id for s in stages]); sys.exit()")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "['dev']" in done.stdout


def test_a_project_without_tasks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    done = synthesise(tmp_path / "out", root=tmp_path, environments=ROOT / "environments")
    assert done.returncode != 0
    assert "holds no task" in done.stderr


def test_synthesis_asks_nobody_anything() -> None:
    """No look-ups, and no context file that would hold their answers."""
    assert not (ROOT / "cdk.context.json").exists()
    text = "".join(path.read_text() for path in [ROOT / "app.py", *(ROOT / "stacks").rglob("*.py")])
    for word in ("import boto3", "from_lookup", "import datetime", "import time", "os.environ", "import subprocess"):
        assert word not in text, word


def test_feature_flags_are_the_recommended_ones_but_for_two() -> None:
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    # a custom resource would come along; exports keep a producer from leaving before its consumers
    assert context["@aws-cdk/aws-ec2:restrictDefaultSecurityGroup"] is False
    assert context["@aws-cdk/core:defaultCrossStackReferences"] == "strong"
    assert len(context) > 80
