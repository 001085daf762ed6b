"""Calibrate: a grader that cannot teach is found before anything is paid."""

import base64
import json
from itertools import count
from typing import Any

import pytest

from rft.aws.tasks import packaged_tasks
from rft.errors import GraderBroken
from rft.keys import Phase, Step
from tests.contract.launching import LaunchWorld, even

RUN = {"run_id": "arithmetic-1"}


def test_rollouts_of_the_base_model_go_through_the_deployed_grader_twice_and_probes_once(launch: LaunchWorld) -> None:
    launch.ready()
    rules = packaged_tasks()["arithmetic"].calibration
    answer = launch.invoke(Step.CALIBRATE, **RUN)
    found = launch.run().calibration
    assert found
    assert (found.prompts, found.rollouts) == (rules.prompts, rules.prompts * rules.samples)
    assert (found.deterministic, found.pass_rate, found.mixed) == (True, 0.5, 1.0)
    assert answer == {"mean": found.mean, "spread": found.spread, "verdict": found.verdict}
    assert found.verdict in ("pass", "warn")
    golden, *calls = launch.made("Invoke")
    assert {call["FunctionName"].split(":")[-2:][1] for call in (golden, *calls)} == {"arithmetic-1"}
    knobs = packaged_tasks()["arithmetic"].hyperparameters
    at_once = knobs.batch_size * knobs.training_sample_per_prompt // 64
    once, *spread = (json.loads(call["Payload"]) for call in calls[: 1 + at_once])
    assert sorted(item["id"] for item in once) == sorted(item["id"] for part in spread for item in part)
    phases = [json.loads(base64.b64decode(call["ClientContext"]))["custom"]["phase"] for call in calls]
    assert phases[: 1 + at_once] == [Phase.CALIBRATION] * (1 + at_once)
    assert set(phases[1 + at_once :]) == {Phase.PROBES}
    asked = launch.made("Converse")
    assert len(asked) == found.rollouts
    assert {call["inferenceConfig"]["temperature"] for call in asked} == {rules.temperature}
    graded = {item["messages"][1]["content"] for item in json.loads(calls[0]["Payload"])}
    assert {call["messages"][0]["content"][0]["text"] for call in asked} == graded
    assert len(graded) == found.prompts


def test_the_whole_report_is_an_artefact_of_the_run(launch: LaunchWorld) -> None:
    launch.ready()
    launch.invoke(Step.CALIBRATE, **RUN)
    found = launch.run().calibration
    assert found
    assert found.report_key == "runs/arithmetic-1/calibration.json"
    report = json.loads(launch.objects[f"artefacts-bucket/{found.report_key}"])
    assert report["verdict"] == found.verdict
    assert {"contract", "determinism", "mixed prompts", "pass rate"} <= {one["name"] for one in report["measures"]}
    assert {"empty", "echo", "keywords", "injected"} <= {one["probe"] for one in report["probes"]}


def test_the_rehearsal_advises_and_refuses_nothing(launch: LaunchWorld) -> None:
    launch.ready()
    launch.invoke(Step.CALIBRATE, **RUN)  # the grader pays nothing but rollouts, so that a policy learns nothing
    found = launch.run().calibration
    assert found
    assert found.rehearsal == "fail"
    assert any(note.startswith("rehearsal: ") for note in found.notes)
    played = json.loads(launch.objects["artefacts-bucket/runs/arithmetic-1/rehearsal.json"])
    assert played["verdict"] == "fail"
    assert played["curve"][0]["honest"] == pytest.approx(played["curve"][-1]["honest"])


def test_calibration_repeats_with_the_same_records(launch: LaunchWorld) -> None:
    launch.ready()
    asked = []
    for _ in range(2):
        launch.invoke(Step.CALIBRATE, **RUN)
        asked.append(sorted(call["messages"][0]["content"][0]["text"] for call in launch.made("Converse")))
    assert asked[1] == sorted(asked[0] * 2)


def test_a_grader_that_a_probe_plays_is_refused(launch: LaunchWorld) -> None:
    launch.ready()
    launch.grader = lambda event: [
        {**entry, "aggregate_reward_score": 2.0} if entry["id"].endswith("/probe/keywords") else entry
        for entry in even(event)
    ]
    with pytest.raises(GraderBroken, match=r"hack probe keywords scores 2 on record r\d+, the honest answer 1; do not"):
        launch.invoke(Step.CALIBRATE, **RUN)
    found = launch.run().calibration
    assert found
    assert found.verdict == "fail"
    assert any("keywords" in note for note in found.notes)


def test_prompts_whose_rollouts_all_score_alike_teach_nothing(launch: LaunchWorld) -> None:
    launch.ready()
    launch.grader = lambda event: [
        {**entry, "aggregate_reward_score": float(int(entry["id"][1:].split("/")[0]) % 2)} for entry in even(event)
    ]
    with pytest.raises(GraderBroken, match="mixed prompts: the rollouts of 0 of 16 prompts score differently"):
        launch.invoke(Step.CALIBRATE, **RUN)


def test_a_grader_that_scores_all_alike_is_refused_and_its_numbers_are_kept(launch: LaunchWorld) -> None:
    launch.ready()
    launch.grader = lambda event: [{**entry, "aggregate_reward_score": 0.5} for entry in even(event)]
    with pytest.raises(GraderBroken, match=r"score 0\.5.*partial credit"):
        launch.invoke(Step.CALIBRATE, **RUN)
    found = launch.run().calibration
    assert found
    assert (found.mean, found.spread) == (0.5, 0.0)


def test_a_random_grader_is_refused(launch: LaunchWorld) -> None:
    launch.ready()
    number = count()
    launch.grader = lambda event: [{**e, "aggregate_reward_score": float(next(number))} for e in even(event)]
    with pytest.raises(GraderBroken, match="random"):
        launch.invoke(Step.CALIBRATE, **RUN)


def test_a_grader_that_raises_is_quoted(launch: LaunchWorld) -> None:
    def broken(event: list[dict[str, Any]]) -> Any:
        raise RuntimeError("division by zero in line 7")

    launch.ready()
    launch.grader = broken
    with pytest.raises(GraderBroken, match="RuntimeError: division by zero in line 7"):
        launch.invoke(Step.CALIBRATE, **RUN)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda answer: answer[1:],
        lambda answer: {"results": answer},
        lambda answer: [{**entry, "id": "0"} for entry in answer],
        lambda answer: [{**entry, "aggregate_reward_score": float("nan")} for entry in answer],
        lambda answer: [{**entry, "aggregate_reward_score": "1"} for entry in answer],
        lambda answer: None,
    ],
    ids=["one missing", "wrapped", "ids lost", "nan", "text", "nothing"],
)
def test_a_grader_that_breaks_bedrocks_contract_is_refused(launch: LaunchWorld, break_it: Any) -> None:
    launch.ready()
    launch.grader = lambda event: break_it(even(event))
    with pytest.raises(GraderBroken, match="contract"):
        launch.invoke(Step.CALIBRATE, **RUN)


@pytest.mark.parametrize(("step", "section"), [(Step.CALIBRATE, "dataset"), (Step.CALIBRATE, "grader")])
def test_a_step_out_of_turn_says_what_is_missing(launch: LaunchWorld, step: Step, section: str) -> None:
    launch.ready()
    launch.store.update("arithmetic-1", **{section: None})
    with pytest.raises(ValueError, match="no dataset version or no grader yet"):
        launch.invoke(step, **RUN)
