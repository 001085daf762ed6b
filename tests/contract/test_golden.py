"""Golden samples in a run: Calibrate scores them first; a grader that moved is refused before anything is asked."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from rft.aws.tasks import packaged_tasks
from rft.errors import GraderBroken, GraderDrifted
from rft.golden.samples import fingerprint, read_golden
from rft.keys import Metric, Phase, Step
from tests.contract.launching import TASKS, VERSION, LaunchWorld, shipped

RUN = {"run_id": "arithmetic-1"}
BOXED = {"right-boxed/golden": 0.9}


def shifted(scores: dict[str, float]) -> Any:
    """Return the shipped grader with other scores for some samples."""

    def golden(task: str, event: list[dict[str, Any]]) -> Any:
        answer = shipped(task, event)
        return [
            {**one, "aggregate_reward_score": scores.get(one["id"], one["aggregate_reward_score"])} for one in answer
        ]

    return golden


def test_a_grader_that_holds_is_pinned_with_its_samples_and_goes_on(launch: LaunchWorld) -> None:
    launch.ready()
    launch.invoke(Step.CALIBRATE, **RUN)
    run = launch.run()
    samples = read_golden(TASKS / "arithmetic" / "golden.jsonl")
    assert run.golden
    assert (run.golden.samples, run.golden.drift, run.golden.inside) == (len(samples), 0.0, True)
    assert run.golden.fingerprint == fingerprint(samples)
    assert run.grader
    assert run.grader.meaning == run.grader.golden == fingerprint(samples)
    assert run.grader.content == launch.code, "rules are determined by their code: a job of equal content is reused"
    first = launch.made("Invoke")[0]
    assert json.loads(base64.b64decode(first["ClientContext"]))["custom"]["phase"] == Phase.GOLDEN
    assert first["FunctionName"].endswith(":arithmetic-1")
    assert len(json.loads(first["Payload"])) == len(samples)


def test_a_grader_that_moved_is_refused_before_a_model_is_asked(launch: LaunchWorld) -> None:
    launch.ready()
    launch.golden = shifted(BOXED)
    with pytest.raises(GraderDrifted) as refused:
        launch.invoke(Step.CALIBRATE, **RUN)
    assert "1 of 15 golden samples moved by more than golden.tolerance (0): right-boxed 0.6 to 0.9" in str(
        refused.value
    )
    assert "`rft golden record --task arithmetic`" in str(refused.value)
    assert not launch.made("Converse")
    run = launch.run()
    assert run.calibration is None
    assert run.golden
    assert [(one.id, one.recorded, one.now) for one in run.golden.moved] == [("right-boxed", 0.6, 0.9)]
    assert run.grader
    assert run.grader.golden == ""


def test_a_grader_that_fails_on_samples_is_broken_not_drifted(launch: LaunchWorld) -> None:
    def broken(task: str, event: list[dict[str, Any]]) -> Any:
        raise RuntimeError("the judge did not answer")

    launch.ready()
    launch.golden = broken
    with pytest.raises(GraderBroken, match="the judge did not answer"):
        launch.invoke(Step.CALIBRATE, **RUN)
    assert launch.run().golden is None
    assert len(launch.made("Invoke")) == 1


def test_a_task_without_samples_is_calibrated_without(launch: LaunchWorld) -> None:
    assert packaged_tasks()["summaries"].golden is None
    launch.ready()
    launch.store.update("arithmetic-1", task="summaries")
    launch.invoke(Step.CALIBRATE, **RUN)
    assert launch.run().golden is None


def test_the_schedule_scores_the_version_that_the_next_run_would_pin(launch: LaunchWorld) -> None:
    assert launch.invoke(Step.CHECK_GRADERS) == {"drifts": {"arithmetic": 0.0}}
    (asked,) = launch.made("Invoke")
    assert asked["FunctionName"] == VERSION
    assert json.loads(base64.b64decode(asked["ClientContext"]))["custom"]["phase"] == Phase.GOLDEN
    assert not launch.messages


def test_a_drift_is_a_metric_and_people_are_told_which_samples(
    launch: LaunchWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    launch.golden = shifted(BOXED)
    assert launch.invoke(Step.CHECK_GRADERS) == {"drifts": {"arithmetic": 0.3}}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metric,) = [line for line in lines if Metric.GOLDEN_DRIFT in line]
    assert (metric[Metric.GOLDEN_DRIFT], metric["task"], metric["environment"]) == ([0.3], "arithmetic", "local")
    (mean,) = [line[Metric.GOLDEN_MEAN_DRIFT] for line in lines if Metric.GOLDEN_MEAN_DRIFT in line]
    assert mean == [pytest.approx(0.3 / 15)]
    (message,) = launch.messages
    assert message["Subject"] == "rft-local: the grader of arithmetic has drifted"
    assert "right-boxed: 0.6 to 0.9" in message["Message"]
    assert "`rft golden record --task arithmetic`" in message["Message"]


def test_a_drift_is_told_on_the_schedule(launch: LaunchWorld) -> None:
    launch.golden = shifted(BOXED)
    launch.invoke(Step.CHECK_GRADERS)
    assert len(launch.messages) == 1


def test_an_outage_on_the_schedule_is_an_error_and_no_drift(launch: LaunchWorld) -> None:
    def broken(task: str, event: list[dict[str, Any]]) -> Any:
        raise RuntimeError("the judge did not answer")

    launch.golden = broken
    with pytest.raises(GraderBroken, match=r"^arithmetic: .*the judge did not answer"):
        launch.invoke(Step.CHECK_GRADERS)
    assert not launch.messages


def test_the_job_of_a_grader_that_asks_a_judge_is_named_by_what_the_judge_thinks(
    launch: LaunchWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "tasks" / "summaries"
    folder.mkdir(parents=True)
    text = (TASKS / "summaries" / "task.toml").read_text()
    (folder / "task.toml").write_text(f"{text}\n[golden]\ntolerance = 0.2\nmean_tolerance = 0.05\n")
    asked = [{"role": "user", "content": "Sum up: the bridge opens."}, {"role": "assistant", "content": "It opens."}]
    samples = [{"id": str(number), "messages": asked, "score": 0.5} for number in range(2)]
    (folder / "golden.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in samples))
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    launch.ready()
    launch.store.update("arithmetic-1", task="summaries")
    thinks = {"0/golden": 0.6, "1/golden": 0.4}
    launch.golden = lambda task, event: [
        {"id": item["id"], "aggregate_reward_score": thinks[item["id"]]} for item in event
    ]
    launch.invoke(Step.CALIBRATE, **RUN)
    pin = launch.run().grader
    assert pin
    assert pin.asks
    assert pin.content == f"{launch.code} {pin.golden}"
    thinks["1/golden"] = 0.6
    with pytest.raises(GraderDrifted, match=r"the mean of 2 golden samples moved by 0\.1"):
        launch.invoke(Step.CALIBRATE, **RUN)
