"""The deployed pipeline: deploy once for all workers, then start every module from a copy of the state folder."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.bedrock.options import BedrockOptions
from local.deploy import bootstrap, deploy
from local.embedded import EmbeddedAws
from tests.pipeline.pipeline import Pipeline


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, only_loopback: None) -> Path:
    """Return the state folder of an embedded AWS onto which the CDK CLI deployed all stacks."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    state = shared / "deployed"
    with (shared / "deployed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "deployed.done").exists():
            shutil.rmtree(state, ignore_errors=True)
            with EmbeddedAws(state=state) as aws:
                bootstrap(aws)
                deploy(aws)
            (shared / "deployed.done").touch()
    return state


@pytest.fixture(scope="module")
def pipeline(deployed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Start an embedded AWS of the module's own from the deployed state."""
    state = tmp_path_factory.mktemp("state") / "state"
    shutil.copytree(deployed, state)
    aws = EmbeddedAws(state=state, save=False, packages=deployed.parent / "packages", bedrock=BedrockOptions())
    with pytest.MonkeyPatch.context() as patch, aws:
        patch.setenv("AWS_ENDPOINT_URL", aws.url)
        yield Pipeline(aws)
    shutil.rmtree(state)


@pytest.fixture(autouse=True)
def no_faults_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Clear injected faults after each test."""
    yield
    if "pipeline" in request.fixturenames:
        request.getfixturevalue("pipeline").aws.bedrock_admin("DELETE", "/_local/faults")
