"""Which job a run uses: a living one of the same content, or a new attempt. Pure."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from rft.clock import parse
from rft.keys import JobStatus
from rft.schemas import Job


class Move(StrEnum):
    """What to do about a job."""

    REUSE = "reuse"  # completed, and its model lives
    ATTACH = "attach"  # it runs
    CREATE = "create"
    REFUSE = "refuse"  # it failed or was stopped; only a retry may follow it


class Choice(Struct, frozen=True, kw_only=True):
    """A move, with the job it concerns or the attempt number to create."""

    move: Move
    job: Job | None = None
    attempt: int = 1


def choose(jobs: Sequence[Job], run_attempt: int, model_lives: Callable[[Job], bool]) -> Choice:
    """Return the move for a run's attempt, given all jobs of its content hash.

    A running job is joined and a completed one with a living model is reused. A failed or stopped job ends the run,
    unless the run is a retry (``run_attempt`` above 1) and the job is another run's (``reused``): then a job with the
    next attempt number follows. So a run launches one job, however often its step is repeated.
    """
    ordered = sorted(jobs, key=attempt_of)
    for job in reversed(ordered):
        if job.status is JobStatus.IN_PROGRESS:
            return Choice(move=Move.ATTACH, job=job)
        if job.status is JobStatus.COMPLETED and model_lives(job):
            return Choice(move=Move.REUSE, job=job)
    if not ordered:
        return Choice(move=Move.CREATE, attempt=1)
    last = ordered[-1]
    following = attempt_of(last) + 1
    if last.status is JobStatus.COMPLETED or (run_attempt > 1 and last.reused):
        return Choice(move=Move.CREATE, attempt=following)
    return Choice(move=Move.REFUSE, job=last)


def attempt_of(job: Job) -> int:
    """Return the attempt number at the end of a job's name."""
    found = re.search(r"-a(\d+)$", job.name)
    return int(found[1]) if found else 0


def over_time(job: Job, now: datetime, max_hours: float) -> bool:
    """Return whether a job has run longer than it may, counted from its submission."""
    return (now - parse(job.submitted_at)).total_seconds() > max_hours * 3600
