"""The workflow files speak the words of ``rft.keys`` and leave no way that skips clean-up."""

import json
import re
from pathlib import Path

import pytest

from rft.keys import State

FILES = Path(__file__).parents[3] / "step_functions"
TRAINING = json.loads((FILES / "training.asl.json").read_text())
CLEAN_UP = json.loads((FILES / "clean_up.asl.json").read_text())
MAPS = {name: state for name, state in TRAINING["States"].items() if state["Type"] == "Map"}
TASKS = {name: state for name, state in TRAINING["States"].items() if state["Type"] == "Task"}


def test_every_function_state_is_a_word_of_the_keys_module():
    states = set(TASKS) | set(MAPS) | {name for one in MAPS.values() for name in one["ItemProcessor"]["States"]}
    assert states == {str(state) for state in State}


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_is_bounded_retried_with_jitter_and_caught(name):
    state = TASKS[name]
    assert "TimeoutSeconds" in state
    assert all(retry["JitterStrategy"] == "FULL" for retry in state["Retry"])
    last = state["Catch"][-1]
    assert last["ErrorEquals"] == ["States.ALL"]
    expected = {"CleanUp": "ReportFailure", "ReportFailure": "Failed"}.get(name, "CleanUp")
    assert last["Next"] == expected


@pytest.mark.parametrize("name", sorted(MAPS))
def test_a_map_goes_to_clean_up_when_a_batch_fails(name):
    assert MAPS[name]["Catch"][-1]["Next"] == "CleanUp"
    assert MAPS[name]["ToleratedFailurePercentage"] == 0


PAYING = {"PrepareGrader", "Calibrate", "LaunchTraining", "DeployCandidate", "Evaluate", "Promote"}


def test_nothing_is_paid_for_before_the_cost_is_known_to_be_within_the_cap():
    assert reached("EstimateCost", without=()) >= PAYING
    assert not PAYING & reached(TRAINING["StartAt"], without=("EstimateCost",))


def reached(name: str, *, without: tuple[str, ...]) -> set[str]:
    """Return the states that can follow a state, without passing through some."""
    found, left = set[str](), [name]
    while left:
        name = left.pop()
        if name not in found and name not in without:
            found.add(name)
            state = TRAINING["States"][name]
            ways = [state, *state.get("Choices", []), *state.get("Catch", [])]
            left += [way[key] for way in ways for key in ("Next", "Default") if key in way]
    return found


def test_payloads_hold_pointers_only():
    payloads = [state["Arguments"]["Payload"] for state in TASKS.values()]
    assert {key for payload in payloads for key in payload} == {"run_id", "task_token", "error", "cause"}


def test_only_numbers_and_names_are_left_to_the_stacks():
    left = set(re.findall(r"\$\{(\w+)\}", json.dumps([TRAINING, CLEAN_UP])))
    numbers = {
        "SlotPollSeconds",
        "TrainingPollSeconds",
        "DeploymentPollSeconds",
        "EvaluationConcurrency",
        "SamplingConcurrency",
        "QueueAttempts",
        "CleanUpPollSeconds",
        "CleanUpAttempts",
        "ArtefactsBucket",
    }
    assert left - numbers == {str(state) for state in State} - {*MAPS, "ReportFailure"}
    assert numbers <= left


def test_clean_up_ends_in_a_report():
    assert CLEAN_UP["States"]["CleanUp"]["Next"] == "Report"
    assert CLEAN_UP["States"]["CleanUp"]["Catch"][-1]["Next"] == "Report"
    assert CLEAN_UP["States"]["Report"]["End"] is True
