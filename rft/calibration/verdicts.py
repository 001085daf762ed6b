"""What calibration finds: measures and probes, each with a verdict and, where it is no pass, the fix."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from rft.calibration.rules import Limits, Probe

SHOWN = 5  # records that a measure names


class Verdict(StrEnum):
    """How a measure ended, the gravest last."""

    PASSED = "pass"
    WARNED = "warn"
    FAILED = "fail"


class Measure(Struct, frozen=True, kw_only=True):
    """One thing measured."""

    name: str
    verdict: Verdict
    said: str  # what was found, for a person
    value: float | None = None
    fix: str = ""  # empty for a pass
    records: list[str] = []  # ids of the first ones at fault


class ProbeVerdict(Struct, frozen=True, kw_only=True):
    """What the grader makes of a probe, over all records that it could be made of."""

    probe: Probe
    verdict: Verdict
    records: int
    outscored: int  # records on which it beats the best honest answer
    matched: int  # records on which it is worth as much, and not all answers are
    mean: float  # its scores
    honest: float  # mean of the best honest answers to the same records
    worst: str  # the record on which it does best, compared with the honest answer
    worst_score: float
    worst_honest: float
    fix: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """A calibration as a whole."""

    task: str
    verdict: Verdict
    records: int
    answers: int  # scored, each one twice
    left_out: int  # records without an honest answer to compare with
    measures: list[Measure]
    probes: list[ProbeVerdict]


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of verdicts, pass for none."""
    order = list(Verdict)
    return max(verdicts, key=order.index, default=Verdict.PASSED)


def at_least(value: float, limits: Limits) -> Verdict:
    """Return the verdict of a value that is good when high."""
    return Verdict.FAILED if value < limits.fail else Verdict.WARNED if value < limits.warn else Verdict.PASSED


def at_most(value: float, limits: Limits) -> Verdict:
    """Return the verdict of a value that is good when low."""
    return Verdict.FAILED if value > limits.fail else Verdict.WARNED if value > limits.warn else Verdict.PASSED
