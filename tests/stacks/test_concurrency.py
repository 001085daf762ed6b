"""Graders that start warm: reserved concurrency, SnapStart, or environments kept warm while a run lives."""

import pytest

from tests.stacks.assembly import ENVIRONMENTS, Deployed, synthesise

pytestmark = pytest.mark.xdist_group("concurrency")
GRADERS = """
[graders.arithmetic]
reserved_concurrency = 20
provisioned_concurrency = 5

[graders.tickets]
snap_start = true
"""


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Return dev with two graders that start warm."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "dev.toml").write_text((ENVIRONMENTS / "dev.toml").read_text() + GRADERS)
    done = synthesise(folder / "out", environments=folder)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return Deployed(folder / "out", "dev")


def _grader(deployed: Deployed, task: str) -> dict[str, object]:
    return deployed.one("AWS::Lambda::Function", FunctionName=f"rft-dev-grader-{task}").properties


def _deletion(deployed: Deployed, task: str) -> str:
    grader = deployed.one("AWS::Lambda::Function", FunctionName=f"rft-dev-grader-{task}")
    (version,) = [
        one
        for one in deployed.of("AWS::Lambda::Version")
        if one.raw["Properties"]["FunctionName"]["Ref"] == grader.logical_id
    ]
    assert "ProvisionedConcurrencyConfig" not in version.properties, "it would be billed without a run"
    return str(version.raw["DeletionPolicy"])


def test_concurrency_is_reserved_where_the_settings_say_so(warm: Deployed) -> None:
    assert _grader(warm, "arithmetic")["ReservedConcurrentExecutions"] == 20
    assert "ReservedConcurrentExecutions" not in _grader(warm, "tickets")


def test_a_snapshot_is_taken_of_published_versions_and_goes_with_them(warm: Deployed) -> None:
    assert _grader(warm, "tickets")["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert "SnapStart" not in _grader(warm, "arithmetic")
    assert _deletion(warm, "tickets") == "Delete"
    assert _deletion(warm, "arithmetic") == "Retain"


def test_functions_that_are_no_graders_are_left_alone(warm: Deployed) -> None:
    for function in warm.of("AWS::Lambda::Function"):
        if "-grader-" not in function.properties["FunctionName"]:
            assert not {"ReservedConcurrentExecutions", "SnapStart"} & set(function.properties)
