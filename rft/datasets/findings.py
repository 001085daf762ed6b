"""What the checks found in a dropped file, as the manifest, the report and the notification tell it."""

from msgspec import Struct

from rft.datasets.codes import CHECKS, Code, Severity
from rft.datasets.rules import DataRules


class Place(Struct, frozen=True):
    """Where something was found: the line of the dropped file, and what is there in a few words."""

    line: int
    detail: str = ""


class Finding(Struct, frozen=True, kw_only=True):
    """All that one check found.

    ``count`` of ``of`` records (or pairs, or categories) are concerned; ``measured`` is the measure where the check
    compares one with ``threshold``; ``places`` are the first ones, at most ``SHOWN``.
    """

    code: Code
    severity: Severity
    message: str  # for a person: what was found, with its numbers
    fix: str
    count: int
    of: int
    measured: float | None = None
    threshold: float | None = None
    places: list[Place] = []


SHOWN = 5


def finding(
    code: Code,
    message: str,
    rules: DataRules,
    *,
    count: int,
    of: int,
    measured: float | None = None,
    threshold: float | None = None,
    places: list[Place] | None = None,
) -> Finding:
    """Return a finding with the severity that the task gives the check, and the fix of the catalogue."""
    return Finding(
        code=code,
        severity=rules.severity(code),
        message=message,
        fix=CHECKS[code].fix,
        count=count,
        of=of,
        measured=measured,
        threshold=threshold,
        places=places or [],
    )
