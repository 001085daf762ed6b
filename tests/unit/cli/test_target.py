import os

import pytest
from botocore.stub import Stubber

from local.embedded import client_environment
from rft.cli.exits import NoAws
from rft.cli.target import ROOT, choose_settings, connect, deploy_command, use_only
from rft.errors import SettingsInvalid
from rft.settings import load_settings

UP = client_environment("http://127.0.0.1:1234")


@pytest.mark.parametrize(
    ("named", "variable", "up", "expected"),
    [
        ("staging", "prod", True, "staging"),
        (None, "prod", True, "prod"),
        (None, None, True, "local"),
        (None, None, False, "dev"),
    ],
)
def test_the_environment_is_the_named_one_else_the_variable_else_local_if_up_else_dev(
    monkeypatch: pytest.MonkeyPatch, named: str | None, variable: str | None, up: bool, expected: str
) -> None:
    if variable:
        monkeypatch.setenv("RFT_ENVIRONMENT", variable)
    assert choose_settings(named, root=ROOT, find_embedded=lambda: UP if up else None).name == expected


def test_an_unknown_environment_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsInvalid, match="known environments: dev, local, prod, staging"):
        choose_settings("production", root=ROOT, find_embedded=lambda: None)


def test_the_embedded_aws_replaces_what_the_shell_says_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    use_only(UP)
    mine = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    assert mine["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1234"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & set(mine)


def test_only_aws_variables_are_taken_over() -> None:
    path = os.environ["PATH"]
    use_only(UP)
    assert os.environ["PATH"] == path


def test_a_local_environment_that_is_down_is_refused_with_the_command_that_starts_it() -> None:
    settings = load_settings(ROOT / "environments" / "local.toml")
    with pytest.raises(NoAws, match="rft local up"):
        connect(settings, root=ROOT, find_embedded=lambda: None)


def test_credentials_of_another_account_are_refused(aws: dict[str, Stubber]) -> None:
    aws["sts"].add_response("get_caller_identity", {"Account": "999999999999"})
    settings = load_settings(ROOT / "environments" / "dev.toml")
    with pytest.raises(NoAws, match=r"account 999999999999, but environments/dev.toml names 111111111111"):
        connect(settings, root=ROOT, find_embedded=lambda: None)


def test_on_aws_region_and_names_come_from_the_settings(aws: dict[str, Stubber]) -> None:
    aws["sts"].add_response("get_caller_identity", {"Account": "111111111111"})
    target = connect(load_settings(ROOT / "environments" / "dev.toml"), root=ROOT, find_embedded=lambda: None)
    assert os.environ["AWS_REGION"] == "us-east-1"
    assert target.intake_bucket == "rft-dev-intake-111111111111-us-east-1"
    assert target.store.table == "rft-dev-runs"
    assert not target.embedded


def test_the_deploy_command_fits_the_environment() -> None:
    assert deploy_command(load_settings(ROOT / "environments" / "local.toml")) == "rft local up"
    assert "'prod/*'" in deploy_command(load_settings(ROOT / "environments" / "prod.toml"))
