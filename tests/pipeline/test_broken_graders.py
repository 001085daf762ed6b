"""Graders that break: found before the job where it can be, and else the job ends with their own words."""

import json
from pathlib import Path

import pytest

from local.bedrock.options import BedrockOptions
from rft import names
from rft.aws.curve import reward_curve
from rft.keys import METRIC_NAMESPACE, Metric, Step
from tests.pipeline.golden import SHIPPED, recorded_with
from tests.pipeline.outcomes import failed
from tests.pipeline.pipeline import PREFIX, ROOT, Pipeline, records

pytestmark = pytest.mark.xdist_group("graders")
REWARD = (ROOT / "tasks/arithmetic/reward.py").read_text()
RAISES = """
def reward(sample):
    raise KeyError("no such column")
"""
RAISES_IN_TRAINING = (
    REWARD.replace("def reward(", "def of_number(")
    + """
def reward(sample):
    if "/" not in sample.id:  # as calibration names its answers
        raise TimeoutError("the judge did not answer")
    return of_number(sample)
"""
)
UNREADABLE_IN_TRAINING = (
    REWARD.replace("def reward(", "def of_number(")
    + """
import time
from rft.rewards.errors import UnreadableAnswer
def reward(sample):
    if "/" not in sample.id:  # a model that begins to write in another form
        time.sleep(0.004)  # so that the job takes some of the seconds by which the emulator's metrics are asked for
        raise UnreadableAnswer("no number")
    return of_number(sample)
"""
)
SHIFTED = REWARD.replace("RIGHT = 0.6", "RIGHT = 0.5")
WRONG_SHAPE = """
def reward(sample):
    return {"reward": len(sample.answer) % 7 / 7}
"""


@pytest.mark.parametrize(
    ("source", "words"),
    [(RAISES, ["KeyError", "no such column"]), (WRONG_SHAPE, ["the reward returned", "type dict", "return a Score"])],
    ids=["raises", "wrong shape"],
)
def test_a_broken_grader_is_found_by_calibration(pipeline: Pipeline, source, words):
    pipeline.change_grader(source)
    try:
        run = failed(pipeline, records(130), *words)
    finally:
        pipeline.change_grader(REWARD)
    assert run.job is None, "nothing was paid"


def test_a_grader_that_breaks_in_training_fails_the_job_with_its_cause(pipeline: Pipeline):
    pipeline.change_grader(RAISES_IN_TRAINING)
    try:
        run = failed(pipeline, records(140), "the judge did not answer")
    finally:
        pipeline.change_grader(REWARD)
    assert run.job is not None


def test_a_training_whose_answers_cannot_be_read_is_stopped_early(pipeline: Pipeline):
    pipeline.change_grader(UNREADABLE_IN_TRAINING)
    pipeline.options(training_seconds=600.0)
    try:
        words = ["stopped early", "100% are parse failures", "stop_loss.parse_failures (0.8)", "rft retry"]
        run = failed(pipeline, records(150), *words)
    finally:
        pipeline.options(training_seconds=BedrockOptions().training_seconds)
        pipeline.change_grader(REWARD)
    assert run.job.status == "Stopped"
    assert sum(point.parse_failures for point in reward_curve(run)) > 2000
    assert all(point.mean == 0 and point.length > 0 for point in reward_curve(run))


def check_graders(pipeline: Pipeline) -> dict[str, float]:
    client = pipeline.aws.client("lambda")
    answer = client.invoke(FunctionName=names.function_name(PREFIX, Step.CHECK_GRADERS), Payload=b"{}")
    drifts: dict[str, float] = json.loads(answer["Payload"].read())["drifts"]
    return drifts


def test_a_grader_that_moved_is_refused_until_its_golden_samples_are_recorded_again(pipeline: Pipeline, tmp_path: Path):
    pipeline.change_grader(SHIFTED)
    try:
        said = ["GraderDrifted", "3 of 15 golden samples moved", "right-boxed 0.6 to 0.5", "rft golden record"]
        run = failed(pipeline, records(160), *said)
        assert run.job is None, "nothing was launched"
        assert run.calibration is None, "and nobody was asked"
        assert {one.id for one in run.golden.moved} > {"right-boxed"}
        assert check_graders(pipeline)["arithmetic"] == pytest.approx(0.1)

        pipeline.change_golden(recorded_with(SHIFTED, tmp_path))
        accepted = pipeline.until(pipeline.drop(records(160)), lambda run: run.job is not None or run.final)
        assert accepted.golden.inside, accepted.message
        assert accepted.job is not None, accepted.message
        assert accepted.grader.meaning != run.golden.fingerprint
        assert check_graders(pipeline)["arithmetic"] == 0
        pipeline.finish(accepted.run_id)
    finally:
        pipeline.change_golden(SHIPPED)
        pipeline.change_grader(REWARD)


def test_a_drift_on_the_schedule_is_a_metric_of_its_task_and_the_shipped_tasks_do_not_drift(pipeline: Pipeline):
    assert check_graders(pipeline) == {"arithmetic": 0.0, "gsm8k": 0.0, "tickets": 0.0}
    found = pipeline.aws.client("cloudwatch").list_metrics(
        Namespace=METRIC_NAMESPACE, MetricName=Metric.GOLDEN_DRIFT, Dimensions=[{"Name": "task", "Value": "tickets"}]
    )
    assert [{d["Name"]: d["Value"] for d in one["Dimensions"]} for one in found["Metrics"]] == [
        {"environment": "local", "task": "tickets"}
    ]
