"""The training workflow as a person follows it: phases, each of some of the machine's states."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from rft.aws.history import Visit


class RunPhase(StrEnum):
    """A part of a run with a name for people."""

    DATA = "data"
    GRADER = "grader"
    SLOT = "slot"
    TRAINING = "training"
    DEPLOYMENT = "deployment"
    EVALUATION = "evaluation"
    GATE = "gate"
    PROMOTION = "promotion"
    REPORT = "report"
    CLEAN_UP = "clean-up"


STATES: dict[RunPhase, tuple[str, ...]] = {
    RunPhase.DATA: (
        "Start",
        "Preflight",
        "LogsDropped",
        "PlanLogs",
        "LogsFound",
        "SampleLogs",
        "ValidateData",
        "DatasetAccepted",
    ),
    RunPhase.GRADER: ("EstimateCost", "PrepareGrader", "GraderReady", "Calibrate"),
    RunPhase.SLOT: ("AcquireSlot", "SlotFree", "WaitForSlot"),
    RunPhase.TRAINING: ("LaunchTraining", "TrainingNeeded", "WaitForTraining", "CheckTraining", "TrainingCompleted"),
    RunPhase.DEPLOYMENT: ("DeployCandidate", "CandidateActive", "WaitForCandidate"),
    RunPhase.EVALUATION: ("PlanEvaluation", "Evaluate"),
    RunPhase.GATE: ("Gate", "GatePassed"),
    RunPhase.PROMOTION: ("Promote", "Promoted", "WaitForPromotion"),
    RunPhase.REPORT: ("Retire", "Report", "Done"),
    RunPhase.CLEAN_UP: ("CleanUp", "ReportFailure", "Failed"),
}
PLANNED = tuple(
    phase for phase in RunPhase if phase is not RunPhase.CLEAN_UP
)  # what a run that goes well passes through
_BY_STATE = {state: phase for phase, states in STATES.items() for state in states}


def phase_of(state: str) -> RunPhase | None:
    """Return the phase of a state; None for a state of a newer workflow than this command knows."""
    return _BY_STATE.get(state)


def seconds_by_phase(stays: Iterable[Visit], now: datetime) -> dict[RunPhase, float]:
    """Return the seconds spent in each phase that was entered, in the order of the workflow."""
    total: dict[RunPhase, float] = {}
    for stay in stays:
        phase = phase_of(stay.state)
        if phase is not None:
            total[phase] = total.get(phase, 0.0) + stay.seconds(now)
    return {phase: total[phase] for phase in RunPhase if phase in total}


def progress(stays: Iterable[Visit], *, final: bool) -> float:
    """Return how far a run is, from 0 to 1, by phases: they differ in length, so this orders, it does not foretell."""
    if final:
        return 1.0
    reached = [PLANNED.index(phase) for stay in stays if (phase := phase_of(stay.state)) in PLANNED]
    return max(reached, default=0) / len(PLANNED)
