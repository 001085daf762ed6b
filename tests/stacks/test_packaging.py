import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rft.keys import Step
from rft.rewards.entry import grader_of
from rft.tasks import load_tasks
from stacks.constructs.packaging import PackagingError, Sources
from tests.stacks.assembly import ROOT, Deployed

LIMIT = 250 * 1024 * 1024  # bytes, function and layers unzipped (Lambda quotas)
TASKS = load_tasks(ROOT / "tasks")
LAYERS = ROOT / "build" / "layers"


def _asset(deployed: Deployed, key: str) -> Path:
    return deployed.folder.parent / f"asset.{key.removesuffix('.zip')}"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_every_function_with_its_layers_fits_into_lambda(deployed: Deployed) -> None:
    layers = {
        f"{layer.raw['Properties']['LayerName']}": _size(_asset(deployed, layer.properties["Content"]["S3Key"]))
        for layer in deployed.of("AWS::Lambda::LayerVersion")
    }
    assert layers
    largest = max(layers.values())
    for function in deployed.of("AWS::Lambda::Function"):
        size = _size(_asset(deployed, function.properties["Code"]["S3Key"]))
        assert 0 < size + largest < LIMIT, function.properties["FunctionName"]


def test_the_steps_have_the_layer_that_the_next_test_looks_at(prod: Deployed) -> None:
    layer = prod.one("AWS::Lambda::LayerVersion", LayerName="rft-prod-training-dependencies")
    names = {path.name for path in (_asset(prod, layer.properties["Content"]["S3Key"]) / "python").iterdir()}
    assert names == {path.name for path in (LAYERS / "aarch64" / "python").iterdir()}


@pytest.mark.parametrize(
    ("layer", "packages"),
    [
        ("aarch64", {"boto3", "msgspec", "aws_lambda_powertools"}),
        ("grader-aarch64", {"sacrebleu", "rapidfuzz", "lxml"}),
    ],
)
def test_a_layer_fits_runtime_and_architecture(layer: str, packages: set[str]) -> None:
    folder = LAYERS / layer
    wheels = list(folder.glob("python/*.dist-info/WHEEL"))
    assert packages <= {wheel.parent.name.split("-")[0] for wheel in wheels}
    for wheel in wheels:
        tags = re.findall(r"^Tag: (\S+)$", wheel.read_text(), re.MULTILINE)
        assert any(_fits(tag) for tag in tags), f"{wheel.parent.name}: {tags}"
    for library in folder.rglob("*.so*"):
        if not library.parent.name.endswith(".libs"):  # what a wheel brings for its modules, bound to no Python
            assert "cpython-314-aarch64" in library.name or "abi3" in library.name, library.name
        assert library.read_bytes()[18:20] == b"\xb7\x00", f"{library.name} is no ELF file for aarch64"


def _fits(tag: str) -> bool:
    """Return whether a wheel's tag runs on Python 3.14 on arm64 Linux."""
    python, abi, platform = tag.split("-")
    if (abi, platform) == ("none", "any"):
        return "py3" in python
    return "manylinux" in platform and "aarch64" in platform and (python == "cp314" or abi == "abi3")


def test_a_step_holds_its_handler_the_domain_and_the_tasks_settings(prod: Deployed) -> None:
    for step in Step:
        name = f"rft-prod-{step.replace('_', '-')}"
        function = prod.one("AWS::Lambda::Function", FunctionName=name)
        folder = _asset(prod, function.properties["Code"]["S3Key"])
        assert (folder / "handler.py").read_bytes() == (ROOT / "lambdas" / step / "handler.py").read_bytes()
        assert (folder / "rft" / "keys.py").exists()
        assert not (folder / "rft" / "cli").exists()
        assert {path.parent.name for path in folder.glob("tasks/*/task.toml")} == set(TASKS)
        golden = {path.parent.name for path in folder.glob("tasks/*/golden.jsonl")}
        assert golden == {name for name, task in TASKS.items() if task.golden}
        others = {path.suffix for path in folder.rglob("*") if path.is_file() and path.name != "golden.jsonl"}
        assert others <= {".py", ".toml"}


@pytest.mark.parametrize("task", list(TASKS))
def test_a_grader_holds_the_reward_library_and_its_task_and_nothing_else(prod: Deployed, task: str) -> None:
    function = prod.one("AWS::Lambda::Function", FunctionName=f"rft-prod-grader-{task}")
    folder = _asset(prod, function.properties["Code"]["S3Key"])
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    outside = {f for f in files if not f.startswith(("rft/rewards/", f"tasks/{task}/"))}
    assert outside == {"rft/__init__.py"}
    assert f"tasks/{task}/{'task.json' if TASKS[task].reward else 'task.toml'}" in files
    assert "rft/rewards/entry.py" in files


@pytest.mark.parametrize("task", list(TASKS))
def test_a_grader_starts_from_its_package_alone(prod: Deployed, task: str) -> None:
    function = prod.one("AWS::Lambda::Function", FunctionName=f"rft-prod-grader-{task}")
    folder = _asset(prod, function.properties["Code"]["S3Key"])
    variables = function.properties["Environment"]["Variables"]
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-B",
            "-c",
            f"import sys; sys.path.insert(0, {str(folder)!r}); import rft.rewards.entry",
        ],
        env={**variables, "LAMBDA_TASK_ROOT": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("rft", "lambdas", "tasks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _hash(root: Path, what: str) -> str:
    """Package a step or a grader, and return the content hash that its folder bears."""
    sources, made = Sources(root=root), root / "build" / "functions"
    shutil.rmtree(made, ignore_errors=True)
    if what in TASKS:
        sources.grader(what)
    else:
        sources.step(Step(what))
    (folder,) = made.iterdir()
    return folder.name


def test_a_change_elsewhere_leaves_a_graders_hash_alone(copy: Path) -> None:
    task, other = sorted(TASKS)[:2]
    before = _hash(copy, task)
    for path in (
        "rft/keys.py",
        "rft/datasets/new.py",
        f"tasks/{other}/task.toml",
        f"tasks/{task}/README.md",
        f"tasks/{task}/generate.py",
        f"tasks/{task}/golden.jsonl",
        f"tasks/{task}/data/more.jsonl",
        f"tasks/{task}/__pycache__/reward.pyc",
        "lambdas/gate/handler.py",
        "rft/rewards/__pycache__/x.pyc",
    ):
        target = copy / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a") as file:
            file.write("# changed\n")
        assert _hash(copy, task) == before, path


@pytest.mark.parametrize(
    "path",
    [
        "rft/rewards/entry.py",
        "tasks/{task}/reward.py",
        "tasks/{task}/words.py",
        "tasks/{task}/units.json",
        "tasks/{task}/tables/rates.csv",
        "tasks/{task}/package/data/words.txt",
    ],
)
def test_a_change_of_task_or_rewards_changes_a_graders_hash(copy: Path, path: str) -> None:
    task = sorted(TASKS)[0]
    before = _hash(copy, task)
    target = copy / path.format(task=task)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("a") as file:
        file.write("# changed\n")
    assert _hash(copy, task) != before


def test_another_reward_is_another_grader_but_another_gate_is_not(copy: Path) -> None:
    task = sorted(TASKS)[0]
    before, settings = _hash(copy, task), copy / "tasks" / task / "task.toml"
    text = settings.read_text()
    assert "[gate]" in text
    settings.write_text(text.replace("[gate]", "# other words\n[gate]"))
    assert _hash(copy, task) == before
    name = TASKS[task].grader.reward
    assert name
    settings.write_text(text.replace(name, "reward.py:other"))
    assert _hash(copy, task) != before


def test_a_package_holds_the_components_of_a_reward_as_json_and_no_more_of_its_settings(copy: Path) -> None:
    task = sorted(TASKS)[0]
    settings = copy / "tasks" / task / "task.toml"
    table = '[reward]\ncomponents = [{kind = "numeric", absolute = 0.5}]\n'
    settings.write_text(settings.read_text().replace(f'[grader]\nreward = "{TASKS[task].grader.reward}"', table))
    before = _hash(copy, task)
    (folder,) = (copy / "build" / "functions").iterdir()
    packaged = folder / "tasks" / task
    assert json.loads((packaged / "task.json").read_text()) == {
        "reward": {"components": [{"absolute": 0.5, "kind": "numeric"}]}
    }
    assert not (packaged / "task.toml").exists()
    settings.write_text(settings.read_text().replace("[gate]", "# other words\n[gate]"))
    assert _hash(copy, task) == before
    settings.write_text(settings.read_text().replace("absolute = 0.5", "absolute = 0.6"))
    assert _hash(copy, task) != before


def test_a_package_holds_the_components_of_an_independent_grader_beside_the_reward(copy: Path) -> None:
    task = sorted(TASKS)[0]
    settings = copy / "tasks" / task / "task.toml"
    settings.write_text(settings.read_text() + '\n[audit]\ncomponents = [{kind = "normalised"}]\n')
    _hash(copy, task)
    (folder,) = (copy / "build" / "functions").iterdir()
    packaged = folder / "tasks" / task
    assert json.loads((packaged / "audit.json").read_text()) == {"audit": {"components": [{"kind": "normalised"}]}}
    assert (packaged / "task.toml").exists()


@pytest.mark.parametrize("task", list(TASKS))
def test_a_packaged_task_names_the_same_reward(copy: Path, task: str) -> None:
    _hash(copy, task)
    (folder,) = (copy / "build" / "functions").iterdir()
    if TASKS[task].reward is None:
        assert grader_of(folder / "tasks" / task) == grader_of(ROOT / "tasks" / task)
    else:
        assert json.loads((folder / "tasks" / task / "task.json").read_text()) == {"reward": TASKS[task].reward}


def test_packages_do_not_depend_on_times_or_compiled_files(copy: Path) -> None:
    first = _hash(copy, "gate")
    for path in (copy / "rft").rglob("*.py"):
        path.touch()
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(copy / "rft")], check=True)
    assert _hash(copy, "gate") == first


def test_the_command_line_is_in_no_function(copy: Path) -> None:
    before = _hash(copy, "gate")
    (copy / "rft" / "cli").mkdir(exist_ok=True)
    (copy / "rft" / "cli" / "new.py").write_text("x = 1\n")
    assert _hash(copy, "gate") == before


def test_what_is_missing_is_named_with_its_fix(copy: Path) -> None:
    sources = Sources(root=copy)
    with pytest.raises(PackagingError, match="make setup"):
        sources.layer("aarch64")
    (copy / "lambdas" / "gate" / "handler.py").unlink()
    with pytest.raises(PackagingError, match="gate"):
        sources.step(Step.GATE)
