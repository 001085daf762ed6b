"""The task ``preferences``: judged pairs become a reward model, which the deployed grader asks, and a better model."""

import json
import os
from pathlib import Path

import pytest

from rft.keys import REWARD_MODEL_REPORT, RunStatus, State, artefact_key
from rft.rewards.model import RewardModel
from tests.pipeline.pipeline import ROOT, Pipeline

pytestmark = pytest.mark.xdist_group("gsm8k")
DATA = (ROOT / "tasks/preferences/data/preferences.jsonl").read_bytes()


def test_preferences_become_a_reward_model_and_a_better_model(pipeline: Pipeline):
    run = pipeline.drop_and_finish(DATA, task="preferences")
    assert run.status is RunStatus.PROMOTED, run.message
    found = run.grader.reward_model
    assert found.accuracy.low > 0.5
    assert found.accuracy.mean > max(found.longer_wins, 1 - found.longer_wins)
    assert run.evaluation.gains["baseline"].low > 0
    assert run.calibration.verdict in ("pass", "warn")

    s3 = pipeline.aws.client("s3")
    stored = s3.get_object(Bucket=pipeline.bucket("artefacts"), Key=found.key)["Body"].read()
    assert RewardModel.from_bytes(stored).to_bytes() == stored
    report = s3.get_object(Bucket=pipeline.bucket("artefacts"), Key=found.report_key)["Body"].read()
    assert json.loads(report)["held_out"]["accuracy"]["share"]["mean"] == found.accuracy.mean
    page = s3.get_object(Bucket=pipeline.bucket("artefacts"), Key=artefact_key(run.run_id, "report.html"))[
        "Body"
    ].read()
    assert found.sha256.encode() in page


def test_preferences_that_say_nothing_launch_nothing(pipeline: Pipeline):
    lines = [json.loads(line) for line in DATA.splitlines()]
    for number, line in enumerate(lines):
        vote = 1 + number * 7919 % 13 % 2  # whichever stands there
        line.update(annotator1=vote, annotator2=vote, annotator3=vote)
    run = pipeline.drop_and_finish("".join(json.dumps(line) + "\n" for line in lines).encode(), task="preferences")
    assert run.status is RunStatus.DATA_REJECTED
    assert run.message.startswith("Reward model refused: it is right on ")
    assert artefact_key(run.run_id, REWARD_MODEL_REPORT) in run.message
    assert run.message in pipeline.message_about(run.run_id)
    assert (run.grader, run.calibration, run.job) == (None, None, None)
    assert State.CALIBRATE not in pipeline.history(run)


def test_a_drop_without_pairs_says_what_is_missing(pipeline: Pipeline):
    sums = b"".join((ROOT / "tasks/arithmetic/data/arithmetic.jsonl").read_bytes().splitlines(keepends=True)[:300])
    run = pipeline.drop_and_finish(sums, task="preferences")
    assert run.status is RunStatus.DATA_REJECTED
    assert "the dataset holds no pair; drop records with a prompt, and answers chosen and rejected" in run.message


@pytest.mark.skipif(
    "PANDALM_TEST" not in os.environ, reason="the variable PANDALM_TEST names PandaLM's testset-v1.json"
)
def test_pandalm_runs_through_to_a_decision(pipeline: Pipeline):
    run = pipeline.drop_and_finish(
        Path(os.environ["PANDALM_TEST"]).read_bytes(), task="preferences", name="pandalm.json"
    )
    print(run.message, run.grader, run.calibration, run.evaluation)
    assert run.status in (RunStatus.PROMOTED, RunStatus.GATE_REJECTED)
    assert run.grader.reward_model.accuracy.mean > 0.7
