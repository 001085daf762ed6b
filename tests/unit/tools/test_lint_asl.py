import copy
import json
from typing import Any

import pytest

from rft.cli.target import ROOT
from tools.lint_asl import filled, problems_of, unknown, validate

WORKFLOW = ROOT / "step_functions" / "training.asl.json"
Machine = dict[str, Any]


@pytest.fixture
def machine() -> Machine:
    loaded: Machine = json.loads(WORKFLOW.read_text())
    return copy.deepcopy(loaded)


def problems(machine: Machine) -> list[str]:
    return problems_of(json.dumps(machine))


@pytest.mark.parametrize("path", sorted((ROOT / "step_functions").glob("*.asl.json")), ids=lambda path: path.name)
def test_our_workflows_break_no_rule(path: Any) -> None:
    assert problems_of(path.read_text()) == []


def test_a_task_needs_a_timeout(machine: Machine) -> None:
    del machine["States"]["Gate"]["TimeoutSeconds"]
    assert problems(machine) == ["Gate: has no TimeoutSeconds"]


def test_a_task_needs_retries_with_jitter(machine: Machine) -> None:
    del machine["States"]["Gate"]["Retry"][0]["JitterStrategy"]
    del machine["States"]["Promote"]["Retry"]
    assert problems(machine) == ['Gate: retries without "JitterStrategy": "FULL"', "Promote: has no Retry"]


def test_faults_of_lambda_itself_are_retried(machine: Machine) -> None:
    machine["States"]["Gate"]["Retry"][0]["ErrorEquals"].remove("Lambda.ClientExecutionTimeoutException")
    assert problems(machine) == ["Gate: does not retry Lambda.ClientExecutionTimeoutException"]


@pytest.mark.parametrize("state", ["Gate", "Evaluate"])
def test_an_error_need_not_have_a_cause(machine: Machine, state: str) -> None:
    machine["States"][state]["Catch"][0]["Assign"]["cause"] = "{% $states.errorOutput.Cause %}"
    (problem,) = problems(machine)
    assert problem.startswith(f"{state}: catches with $states.errorOutput.Cause without")


def test_a_task_inside_a_map_is_held_to_the_same(machine: Machine) -> None:
    del machine["States"]["Evaluate"]["ItemProcessor"]["States"]["EvaluateBatch"]["TimeoutSeconds"]
    assert problems(machine) == ["EvaluateBatch: has no TimeoutSeconds"]


@pytest.mark.parametrize("state", ["Preflight", "Evaluate", "Report"])
def test_every_task_and_map_catches_everything(machine: Machine, state: str) -> None:
    machine["States"][state]["Catch"] = [{"ErrorEquals": ["Throttled"], "Next": "CleanUp"}]
    assert problems(machine) == [f"{state}: has no Catch of States.ALL"]


def test_a_catch_must_lead_to_clean_up(machine: Machine) -> None:
    machine["States"]["Gate"]["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}]
    assert problems(machine) == ["Gate: catches into Failed, from where clean-up is not reached"]


def test_clean_up_itself_catches_everything_too(machine: Machine) -> None:
    machine["States"]["CleanUp"]["Catch"] = []
    assert problems(machine) == ["CleanUp: has no Catch of States.ALL"]


def test_a_placeholder_that_no_stack_fills_is_found(machine: Machine) -> None:
    machine["States"]["Gate"]["Arguments"]["FunctionName"] = "${Gates}"
    found = problems(machine)
    assert found[0].startswith("${Gates} is neither")
    assert found[1] == "Gate: calls ${Gates}; a state is named after its function"


def test_placeholders_become_values_of_their_kind() -> None:
    assert filled('"{% ${SlotPollSeconds} %}" "{% ${CleanUpAttempts} %}" ${ArtefactsBucket}') == "7 7 bucket"
    assert filled("${Gate}").startswith("arn:aws:lambda:")
    assert unknown("${Gate} ${SlotPollSeconds} ${CleanUpAttempts} ${ArtefactsBucket} ${Else}") == ["Else"]


def test_a_number_must_be_a_whole_value(machine: Machine) -> None:
    machine["States"]["WaitForSlot"]["Seconds"] = "{% ${SlotPollSeconds} * 2 %}"
    assert problems(machine) == ['${SlotPollSeconds} is a number: it must be a whole value, "{% ${SlotPollSeconds} %}"']


def test_the_asl_linter_is_asked_as_well(tmp_path: Any) -> None:
    broken = json.loads(WORKFLOW.read_text())
    broken["States"]["Gate"]["Next"] = "Nowhere"
    path = tmp_path / "broken.asl.json"
    path.write_text(json.dumps(broken))
    assert "Nowhere" in validate(path)
    assert validate(WORKFLOW) == ""
