"""For which run a grader scores: Lambda handles one event at a time, so that a function's process has one at a time."""

from __future__ import annotations

NO_RUN = "none"
current = NO_RUN  # the run whose alias the function was called by; the entry sets it at every call


def run_of(arn: str) -> str:
    """Return the run that a function ARN's alias names, ``none`` if it names none."""
    parts = arn.split(":")
    return parts[7] if len(parts) > 7 and not parts[7].isdigit() and parts[7] != "$LATEST" else NO_RUN
