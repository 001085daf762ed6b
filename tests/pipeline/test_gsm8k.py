"""The task ``gsm8k`` on data of GSM8K's shape and size, 7,473 records, from download to decision."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from rft.keys import RunStatus
from tests.pipeline.pipeline import ROOT, Pipeline

pytestmark = pytest.mark.xdist_group("gsm8k")
RECORDS = 7_473


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


def test_gsm8k_runs_through(pipeline: Pipeline, download: Path, tmp_path: Path):
    converted = tmp_path / "gsm8k.jsonl"
    subprocess.run(
        [sys.executable, str(ROOT / "tasks/gsm8k/prepare.py"), str(download), "--out", str(converted)], check=True
    )
    assert len(converted.read_bytes().splitlines()) == RECORDS
    run = pipeline.drop_and_finish(converted.read_bytes(), task="gsm8k", name="gsm8k.jsonl")
    assert run.status is RunStatus.PROMOTED, run.message
    splits = run.dataset.splits
    assert sum(split.records for split in splits.values()) + run.dataset.quarantined == RECORDS
    assert run.evaluation.records == splits["test"].records
    assert run.evaluation.gains["baseline"].low > 0
    print({name: split.records for name, split in splits.items()}, run.evaluation)
