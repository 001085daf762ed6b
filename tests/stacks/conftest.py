import fcntl
import os
from pathlib import Path

import pytest

from tests.stacks.assembly import ROOT, Deployed, synthesise, write_environments

ENVIRONMENTS = sorted(path.stem for path in (ROOT / "environments").glob("*.toml"))


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every environment, synthesised once, also when several test processes share the work."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    out = shared / "cloud-assembly"
    with (shared / "cloud-assembly.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (out / "manifest.json").exists():
            environments = shared / "environments"
            environments.mkdir()
            write_environments(environments)
            done = synthesise(out, environments=environments)
            assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return out


@pytest.fixture(params=ENVIRONMENTS)
def deployed(request: pytest.FixtureRequest, assembly: Path) -> Deployed:
    return Deployed(assembly, request.param)


@pytest.fixture
def prod(assembly: Path) -> Deployed:
    return Deployed(assembly, "prod")


@pytest.fixture
def dev(assembly: Path) -> Deployed:
    return Deployed(assembly, "dev")
