import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rft.cli.target import ROOT
from stacks.constructs.function import RUNTIME
from tools.build_layer import PYTHON, SERVICES
from tools.install_command import install

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)$")
FUNCTIONS = ("requirements-lambda.txt", "requirements-grader.txt")
FILES = ("requirements.txt", "requirements-dev.txt", "requirements-node.txt", *FUNCTIONS)


def pins(name: str) -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    found = [PIN.match(line) for line in lines if line]
    assert all(found), f"{name}: every line pins one package"
    return {match[1].lower(): match[2] for match in found if match}


@pytest.mark.parametrize("name", [*FILES, "local/requirements.txt"])
def test_every_package_is_pinned(name: str) -> None:
    assert pins(name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_get_the_versions_that_the_tests_run_with(name: str) -> None:
    assert pins(name).items() <= pins("requirements.txt").items()


def test_development_packages_pin_no_second_version_of_an_app_package() -> None:
    assert not pins("requirements-dev.txt").keys() & pins("requirements.txt").keys()


def test_every_direct_dependency_has_its_reason_in_the_docs() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text()
    for name in [*FILES, "local/requirements.txt"]:
        direct = (ROOT / name).read_text().split("\n\n")[0]
        wanted = [match[1] for line in direct.splitlines() if (match := PIN.match(line))]
        assert [package for package in wanted if f"`{package}`" not in reasons] == [], name


def test_the_layer_is_built_for_the_runtime_of_the_functions() -> None:
    assert RUNTIME.name == f"python{PYTHON}"


def test_the_layer_describes_every_service_that_a_function_calls() -> None:
    called = set(re.findall(r'boto3\.client\("([a-z0-9-]+)"', (ROOT / "rft" / "aws" / "clients.py").read_text()))
    assert called
    assert called <= SERVICES


def test_without_a_fitting_python_the_fix_is_named(tmp_path: Path) -> None:
    shim = tmp_path / "python3"
    shim.write_text("#!/bin/sh\necho 'python3: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    done = subprocess.run(
        [shutil.which("sh") or "/bin/sh", str(ROOT / "tools" / "host_python")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "No Python from 3.11 to 3.14" in done.stderr


def test_an_older_python_is_passed_over(tmp_path: Path) -> None:
    for name, code in (("python3.12", "exit 1"), ("python3", f'exec "{sys.executable}" "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{code}\n")
        (tmp_path / name).chmod(0o755)
    command = [shutil.which("sh") or "/bin/sh", str(ROOT / "tools" / "host_python")]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == sys.executable


@pytest.mark.parametrize(("version", "taken"), [("v24.1.0", True), ("v22.0.0", True), ("v20.20.2", False)])
def test_the_machines_node_is_taken_if_it_is_new_enough(tmp_path: Path, version: str, taken: bool) -> None:
    machine, venv = tmp_path / "machine", tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    machine.mkdir()
    scripts = {
        machine / "node": f"echo {version.lstrip('v').split('.')[0]}",
        machine / "npm": "true",
        machine / "npx": "true",
    }
    scripts[venv / "bin" / "python"] = f'echo "$@" > {tmp_path}/installed'
    for path, code in scripts.items():
        path.write_text(f"#!/bin/sh\n{code}\n")
        path.chmod(0o755)
    subprocess.run(
        ["sh", ROOT / "tools" / "host_node", venv, "requirements-node.txt"],
        env={"PATH": f"{machine}:{os.environ['PATH']}"},
        check=True,
    )
    assert (venv / "bin" / "node").exists() == taken
    assert (tmp_path / "installed").exists() == (not taken)


def test_the_command_works_from_any_folder_and_a_path_with_spaces(tmp_path: Path) -> None:
    scripts, packages = tmp_path / "a folder", tmp_path / "packages"
    scripts.mkdir()
    packages.mkdir()
    (scripts / "python").write_text('#!/bin/sh\necho "$@" "first: ${PATH%%:*}"\n')
    (scripts / "python").chmod(0o755)
    command = install(scripts, packages)
    done = subprocess.run([command, "runs", "--json"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"-m local.command runs --json first: {scripts}\n"
    assert (packages / "bedrock-rft.pth").read_text() == f"{ROOT}\n"


def host_chromium(folder: Path, **programs: str) -> "subprocess.CompletedProcess[str]":
    """Look for a browser where only these programs are."""
    for name, code in programs.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{code}\n")
        path.chmod(0o755)
    return subprocess.run(
        [shutil.which("sh") or "/bin/sh", str(ROOT / "tools" / "host_chromium")],
        env={"PATH": str(folder), "APPLICATIONS": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_machines_browser_is_taken_if_it_starts(tmp_path: Path) -> None:
    done = host_chromium(tmp_path, chromium_browser="echo 'install the snap' >&2; exit 1", google_chrome="echo 150")
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/google-chrome\n")


def test_root_gets_a_browser_from_the_distribution(tmp_path: Path) -> None:
    made, chmod = tmp_path / "chromium", shutil.which("chmod")
    get = f"echo noise; [ $1 = update ] || {{ printf '#!/bin/sh\\n' >{made}; {chmod} +x {made}; }}"
    done = host_chromium(tmp_path, id="echo 0", apt_get=get)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/chromium\n")


@pytest.mark.parametrize("user", ["0", "1000"])
def test_without_a_browser_the_fix_is_named(tmp_path: Path, user: str) -> None:
    done = host_chromium(tmp_path, id=f"echo {user}", **({"apt_get": "true"} if user != "0" else {}))
    assert (done.returncode, done.stdout) == (1, "")
    assert "No Chromium or Chrome" in done.stderr
    assert "apt-get install chromium" in done.stderr
