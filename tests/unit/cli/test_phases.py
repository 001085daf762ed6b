import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rft.aws.history import Visit, read_visits, seconds_by_state
from rft.cli.phases import STATES, RunPhase, phase_of, progress, seconds_by_phase
from rft.cli.target import ROOT

START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def entered(state: str, seconds: float, kind: str = "TaskStateEntered") -> dict[str, Any]:
    return {"type": kind, "timestamp": at(seconds), "stateEnteredEventDetails": {"name": state}}


def left(state: str, seconds: float) -> dict[str, Any]:
    return {"type": "TaskStateExited", "timestamp": at(seconds), "stateExitedEventDetails": {"name": state}}


def test_every_state_of_the_workflow_belongs_to_a_phase() -> None:
    machine = json.loads((ROOT / "step_functions" / "training.asl.json").read_text())
    assert {state for states in STATES.values() for state in states} == set(machine["States"])


def test_a_stay_ends_where_the_next_begins_even_without_an_event_of_its_own() -> None:
    stays = read_visits(
        [
            {"type": "ExecutionStarted", "timestamp": at(0)},
            entered("Preflight", 1),
            {"type": "TaskFailed", "timestamp": at(3)},
            entered("CleanUp", 4),
            left("CleanUp", 6),
            entered("Report", 6),
            {"type": "ExecutionAborted", "timestamp": at(7)},
        ]
    )
    assert [(stay.state, stay.seconds(at(99))) for stay in stays] == [("Preflight", 3), ("CleanUp", 2), ("Report", 1)]


def test_the_last_stay_lasts_until_now() -> None:
    stays = read_visits([entered("Preflight", 1)])
    assert seconds_by_state(stays, at(11)) == {"Preflight": 10}


def test_repeated_stays_are_added_up_by_state_and_by_phase() -> None:
    events = [entered("AcquireSlot", 0), entered("WaitForSlot", 1, "WaitStateEntered"), entered("AcquireSlot", 5)]
    stays = read_visits([*events, left("AcquireSlot", 7)])
    assert seconds_by_state(stays, at(9)) == {"AcquireSlot": 3, "WaitForSlot": 4}
    assert seconds_by_phase(stays, at(9)) == {RunPhase.SLOT: 7}


def test_a_state_of_a_newer_workflow_has_no_phase_and_disturbs_nothing() -> None:
    stays = [Visit(state="Approve", entered=at(0), left=at(1))]
    assert phase_of("Approve") is None
    assert seconds_by_phase(stays, at(2)) == {}
    assert progress(stays, final=False) == 0.0


@pytest.mark.parametrize(("state", "expected"), [("Preflight", 0.0), ("Gate", 6 / 9), ("CleanUp", 0.0)])
def test_progress_counts_phases(state: str, expected: float) -> None:
    assert progress([Visit(state=state, entered=START)], final=False) == pytest.approx(expected)


def test_a_run_that_has_ended_is_complete_however_it_ended() -> None:
    assert progress([Visit(state="CleanUp", entered=START)], final=True) == 1.0


def test_progress_does_not_fall_back_in_clean_up() -> None:
    stays = [Visit(state=state, entered=START) for state in ("Preflight", "Gate", "CleanUp")]
    assert progress(stays, final=False) == pytest.approx(6 / 9)
