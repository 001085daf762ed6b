import os
import time
from pathlib import Path

import pytest

from local import deploy as module
from local.deploy import At, DeployError, bootstrap, deploy

AWS = At({"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})


@pytest.fixture
def cdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a test puts a program in place of the CDK CLI."""
    path = tmp_path / "cdk"
    monkeypatch.setattr(module, "CDK", path)
    return path


def program(path: Path, code: str) -> None:
    path.write_text(f"#!/bin/sh\n{code}\n")
    path.chmod(0o755)


def test_stacks_are_told_as_they_are_done(cdk: Path) -> None:
    lines = [
        "local/security (rft-local-security): deploying... [1/2]",
        " ✅  local/security (rft-local-security)",
        " ✅  local/data (rft-local-data) (no changes)",
        "✨  Deployment time: 0.04s",
    ]
    program(cdk, "\n".join(f"echo '{line}'" for line in lines))
    seen: list[str] = []
    deploy(AWS, on_stack=seen.append)
    assert seen == ["local/security", "local/data, unchanged"]


def test_only_the_embedded_aws_is_spoken_to_and_every_stack_of_the_environment_deployed(
    cdk: Path, tmp_path: Path
) -> None:
    program(cdk, 'echo "$AWS_ENDPOINT_URL"; for one in "$@"; do echo "arg $one"; done')
    log = tmp_path / "deploy.log"
    deploy(AWS, log=log)
    text = log.read_text()
    assert "http://127.0.0.1:9" in text
    assert "arg environment=local\n" in text
    assert "arg local/*\n" in text
    assert "arg --method=direct\n" in text


def test_bootstrap_needs_no_synthesis(cdk: Path, tmp_path: Path) -> None:
    program(cdk, 'for one in "$@"; do echo "arg $one"; done')
    bootstrap(AWS, log=tmp_path / "log")
    assert "arg --app\narg \narg aws://000000000000/us-east-1\n" in (tmp_path / "log").read_text()


def test_a_failed_deployment_quotes_the_end_of_its_output(cdk: Path, tmp_path: Path) -> None:
    program(cdk, "echo first; echo 'rft-local-data: no such type' >&2; exit 1")
    log = tmp_path / "log"
    with pytest.raises(DeployError, match=r"(?s)`cdk deploy` failed:.*no such type"):
        deploy(AWS, log=log)
    assert "first" in log.read_text()


def test_without_the_cdk_cli_the_fix_is_named(cdk: Path) -> None:
    with pytest.raises(DeployError, match="make setup"):
        deploy(AWS)


def test_an_interrupted_deployment_leaves_no_process(cdk: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    program(cdk, f"sleep 600 & echo $! > {pid}; echo ' ✅  local/data (x)'; wait")

    def interrupt(_stack: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deploy(AWS, on_stack=interrupt)
    child = int(pid.read_text())
    end = time.monotonic() + 5
    while _running(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _running(child)


def _running(pid: int) -> bool:
    """Return whether a process runs; one that is dead but not yet collected by its parent does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
