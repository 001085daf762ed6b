"""A third task, as a user would add one: GSM8K's shape and size, 7,473 records, from download to decision."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.bedrock.options import BedrockOptions
from local.deploy import CDK
from local.embedded import EmbeddedAws
from rft.keys import RunStatus
from tests.pipeline.pipeline import ROOT, Pipeline

pytestmark = pytest.mark.xdist_group("gsm8k")
RECORDS = 7_473
PROJECT = ("app.py", "cdk.json", "rft", "stacks", "lambdas", "step_functions", "tasks", "environments")


@pytest.fixture(scope="module")
def download(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of GSM8K's shape; the real one where the variable GSM8K_TRAIN names it."""
    if real := os.environ.get("GSM8K_TRAIN"):
        return Path(real)
    path = tmp_path_factory.mktemp("download") / "train.jsonl"
    dice = random.Random(8)
    with path.open("w") as out:
        for number in range(RECORDS):
            first, second = dice.randint(2, 900), dice.randint(2, 60)
            question = (
                f"Ann bakes {first} rolls and puts {second} into each of {number} bags. How many rolls does she bag?"
            )
            bagged = second * number
            answer = f"She bags {second} * {number} = <<{second}*{number}={bagged}>> rolls.\n#### {bagged:,}"
            out.write(json.dumps({"question": question, "answer": answer}) + "\n")
    return path


@pytest.fixture(scope="module")
def pipeline(deployed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Deploy the project with the task folder added onto a copy of the deployed state."""
    project = tmp_path_factory.mktemp("project")
    for name in PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, project / name)
    shutil.copytree(ROOT / "examples/gsm8k/gsm8k", project / "tasks/gsm8k")
    (project / "build").mkdir()
    (project / "build/layers").symlink_to(ROOT / "build/layers")
    state = tmp_path_factory.mktemp("state") / "state"
    shutil.copytree(deployed, state)
    with pytest.MonkeyPatch.context() as patch, EmbeddedAws(state=state, bedrock=BedrockOptions()) as aws:
        app = ["--app", f"{sys.executable} app.py", "-c", "environment=local", "-o", str(project / "cdk.out")]
        done = subprocess.run(
            [str(CDK), "deploy", *app, "--method=direct", "--require-approval", "never", "local/*", "--no-notices"],
            cwd=project,
            env=aws.environment() | {"PYTHONPATH": str(project)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        patch.setenv("AWS_ENDPOINT_URL", aws.url)
        yield Pipeline(aws)


def test_gsm8k_runs_through_as_a_third_task(pipeline: Pipeline, download: Path, tmp_path: Path):
    converted = tmp_path / "gsm8k.jsonl"
    subprocess.run(
        [sys.executable, str(ROOT / "examples/gsm8k/prepare.py"), str(download), "--out", str(converted)], check=True
    )
    assert len(converted.read_bytes().splitlines()) == RECORDS
    run = pipeline.drop_and_finish(converted.read_bytes(), task="gsm8k", name="gsm8k.jsonl")
    assert run.status is RunStatus.PROMOTED, run.message
    splits = run.dataset.splits
    assert sum(split.records for split in splits.values()) + run.dataset.quarantined == RECORDS
    assert run.evaluation.records == splits["test"].records
    assert run.evaluation.gains["baseline"].low > 0
    print({name: split.records for name, split in splits.items()}, run.evaluation)
