"""``rft remove``: what runs made goes, what others made stays, and data stays unless the settings let it go."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from rft import names
from rft.cli import session as command_session
from rft.cli.main import app
from rft.cli.target import Target
from rft.keys import Role, Serving, Tag
from tests.contract.account import service_error
from tests.contract.conftest import ROOT, settings_of
from tests.contract.test_promotion import NAME
from tests.contract.world import World

PAGE = 2  # versions in a page, so that paging is tried


class Removing(World):
    """The account with what only an operator calls."""

    versions: dict[str, list[dict[str, str]]]
    kept_by_s3: str = ""

    def _s3_ListObjectVersions(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if params["Bucket"] not in self.versions:
            raise service_error(client, "NoSuchBucket", "no bucket", "ListObjectVersions")
        left = [one for one in self.versions[params["Bucket"]] if one["Key"] > params.get("KeyMarker", "")]
        page = {"Versions": left[:1], "DeleteMarkers": left[1:PAGE], "IsTruncated": len(left) > PAGE}
        return page | ({"NextKeyMarker": left[PAGE - 1]["Key"]} if len(left) > PAGE else {})

    def _s3_DeleteObjects(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        doomed = params["Delete"]["Objects"]
        self.versions[params["Bucket"]] = [
            one for one in self.versions[params["Bucket"]] if one not in doomed or one["Key"] == self.kept_by_s3
        ]
        kept = [one["Key"] for one in doomed if one["Key"] == self.kept_by_s3]
        return {"Errors": [{"Key": key, "Message": "locked"} for key in kept]}

    def _ssm_GetParametersByPath(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        found = [name for name in self.parameters if name.startswith(f"{params['Path']}/")]
        return {"Parameters": [{"Name": name} for name in found]}

    def _ssm_DeleteParameter(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        del self.parameters[params["Name"]]
        return {}

    def _stepfunctions_ListExecutions(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if not self.executions:
            raise service_error(client, "StateMachineDoesNotExist", "no machine", "ListExecutions")
        assert params["stateMachineArn"].endswith(":stateMachine:rft-local-training")
        going = [arn for arn, one in self.executions.items() if one["status"] == params["statusFilter"]]
        return {"executions": [{"executionArn": arn} for arn in going]}

    def _stepfunctions_StopExecution(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        self.executions[params["executionArn"]]["status"] = "ABORTED"
        return {}


Call = Callable[..., tuple[int, str]]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Removing:
    world = Removing(settings_of(Serving.PROVISIONED), monkeypatch)
    retention = replace(world.settings.retention, remove_data_with_stacks=True)
    world.settings = replace(world.settings, retention=retention)
    world.versions = {bucket(world, "intake"): [{"Key": f"k{n}", "VersionId": f"v{n}"} for n in range(5)]}
    return world


@pytest.fixture
def remove(account: Removing, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Return the command, in the account in memory."""

    def target(_self: Any, name: str | None) -> Target:
        assert name == "local"
        return Target(settings=account.settings, root=ROOT, embedded=True)

    monkeypatch.setattr(command_session.Session, "target", target)

    def call(*flags: str) -> tuple[int, str]:
        capsys.readouterr()
        code = command_session.run(app, ["remove", "--env", "local", *flags], command_session.Session())
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return call


def bucket(world: World, role: str) -> str:
    return names.bucket_name(world.settings.prefix, role, world.settings.account, world.settings.region)


def busy(account: Removing) -> None:
    """Have a champion with throughput, and a run whose job is in progress."""
    account.promote_first()
    run = account.begin()
    assert run.job
    account.bedrock.store.jobs[run.job.arn].status = "InProgress"
    account.settle()


def state(account: Removing) -> dict[str, Any]:
    bedrock = account.bedrock.store
    return {
        "throughput": sorted(one.name for one in bedrock.throughputs.values()),
        "deployments": sorted(one.name for one in bedrock.deployments.values()),
        "models": sorted(one.name for one in bedrock.models.values()),
        "running jobs": sorted(one.request["jobName"] for one in bedrock.jobs.values() if one.status == "InProgress"),
        "parameters": sorted(account.parameters),
        "versions": {name: len(kept) for name, kept in account.versions.items()},
    }


def test_without_yes_nothing_goes_and_everything_is_named(account: Removing, remove: Call) -> None:
    busy(account)
    before = state(account)
    code, text = remove()
    assert code == 0
    assert state(account) == before
    for what in ("execution arithmetic-1", f"provisioned throughput {NAME}", f"deployment {NAME}", "training job rft-"):
        assert f"would remove {what}" in text
    assert "parameter /rft-local/arithmetic/champion" in text
    assert f"all versions of all objects in {bucket(account, 'intake')}" in text
    assert "add --yes" in text


def test_with_yes_all_of_it_goes_and_the_stacks_are_named(account: Removing, remove: Call) -> None:
    busy(account)
    code, text = remove("--yes")
    after = state(account)
    assert code == 0, text
    assert after == {
        "throughput": [],
        "deployments": [],
        "models": [],
        "running jobs": [],
        "parameters": [],
        "versions": {bucket(account, "intake"): 0},
    }
    assert {one["status"] for one in account.executions.values()} == {"ABORTED"}
    assert text.rstrip().endswith("rft local down")
    code, text = remove("--yes", "--json")
    assert (code, json.loads(text)["found"]) == (0, [])


def test_what_is_not_this_environments_stays(account: Removing, remove: Call) -> None:
    busy(account)
    foreign = account.model("rft-local-arithmetic-of-others")
    account.bedrock.store.tags[foreign] = {Tag.ENVIRONMENT: "other", Tag.ROLE: Role.CHAMPION}
    for one in account.bedrock.store.throughputs.values():
        account.bedrock.store.tags[one.arn] = {Tag.TASK: "arithmetic"}
    account.parameters |= {"/rft-local/arithmetic/notes": "{}", "/rft-locally/arithmetic/champion": "{}"}
    remove("--yes")
    after = state(account)
    assert "rft-local-arithmetic-of-others" in after["models"]
    assert after["throughput"] == [NAME]
    assert after["parameters"] == ["/rft-local/arithmetic/notes", "/rft-locally/arithmetic/champion"]


def test_data_that_the_settings_protect_stays_and_is_named(account: Removing, remove: Call) -> None:
    retention = replace(account.settings.retention, remove_data_with_stacks=False)
    account.settings = replace(account.settings, retention=retention)
    code, text = remove("--yes", "--json")
    assert code == 0
    assert json.loads(text)["kept"] == [bucket(account, "intake")]
    assert state(account)["versions"] == {bucket(account, "intake"): 5}


def test_what_mutates_waits_and_what_fails_keeps_nothing_else(account: Removing, remove: Call) -> None:
    busy(account)
    for one in account.bedrock.store.deployments.values():
        one.ready_at = float("inf")
    account.refuse("DeleteProvisionedModelThroughput", "AccessDeniedException", "no bedrock:Delete")
    code, text = remove("--yes", "--json")
    view = json.loads(text)
    assert code == 1
    assert [what.split(":")[0] for what in view["failures"]] == [f"provisioned throughput {NAME}"]
    assert any(what.startswith(f"deployment {NAME}: ") for what in view["waiting"])
    assert state(account)["parameters"] == []
    account.settle()
    assert remove("--yes")[0] == 0


def test_an_object_that_s3_keeps_is_told(account: Removing, remove: Call) -> None:
    account.kept_by_s3 = "k3"
    code, text = remove("--yes")
    assert code == 1
    assert "S3 kept k3: locked" in text


def test_it_works_after_the_stacks_are_gone(account: Removing, remove: Call) -> None:
    account.versions.clear()
    assert not account.executions
    assert remove("--yes")[0] == 0


def test_the_environment_has_to_be_named() -> None:
    assert command_session.run(app, ["remove", "--yes"], command_session.Session()) == 2
