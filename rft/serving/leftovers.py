"""What in Bedrock belongs to no living run and no champion, and what has run out of time. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from rft.clock import parse
from rft.keys import Role, RunStatus, Tag
from rft.schemas import Champion, Run
from rft.serving.rollback import is_promoting


class Kind(StrEnum):
    """What may be left behind in Bedrock."""

    JOB = "training job"
    DEPLOYMENT = "deployment"
    THROUGHPUT = "provisioned throughput"


class Found(Struct, frozen=True, kw_only=True):
    """Something of this environment in Bedrock, with its tags. ``model_arn`` is what it serves or is headed for."""

    kind: Kind
    arn: str
    name: str
    tags: Mapping[str, str]
    created_at: datetime | None = None
    model_arn: str = ""
    units: int = 0
    committed_until: datetime | None = None

    @property
    def task(self) -> str:
        """The task that it was made for."""
        return self.tags.get(Tag.TASK, "")


class Remedy(StrEnum):
    """What to do about it."""

    REMOVE = "remove"
    EXPIRE = "fall back to on demand, then remove"
    PUT_BACK = "put back to the champion's model"


class Leftover(Struct, frozen=True, kw_only=True):
    """Something to put right, and why, for a person."""

    found: Found
    remedy: Remedy
    why: str


def leftovers(
    present: Iterable[Found],
    *,
    environment: str,
    runs: Mapping[str, Run],
    champions: Mapping[str, Champion],
    now: datetime,
    max_hours: float,
) -> list[Leftover]:
    """Return what to put right, what bills by the hour first.

    ``runs`` are all runs by id, ``champions`` the champions by task; ``max_hours`` bounds throughput whose expiry tag
    was lost. What carries another environment's tag, or none, is not ours and stays.
    """
    order = [Kind.THROUGHPUT, Kind.JOB, Kind.DEPLOYMENT]
    judged = []
    for found in present:
        if found.tags.get(Tag.ENVIRONMENT) != environment:
            continue
        if found.kind is Kind.THROUGHPUT:
            verdict = _throughput(found, runs, champions.get(found.task), now, max_hours)
        elif found.kind is Kind.JOB:
            verdict = _job(found, runs)
        elif found.tags.get(Tag.ROLE) == Role.CHAMPION:
            verdict = _champion(found, runs, champions.get(found.task))
        else:
            verdict = _of_dead_run(found, runs)
        if verdict:
            judged.append(Leftover(found=found, remedy=verdict[0], why=verdict[1]))
    return sorted(judged, key=lambda leftover: order.index(leftover.found.kind))


def expires_at(found: Found, max_hours: float) -> datetime | None:
    """Return when throughput may be removed at the latest; a commitment is paid, and cannot be removed, to its end."""
    text = found.tags.get(Tag.EXPIRES_AT)
    end: datetime | None = None
    if text:
        end = parse(text)
    elif found.created_at:
        end = found.created_at + timedelta(hours=max_hours)
    return max(end, found.committed_until) if end and found.committed_until else end


def _throughput(
    found: Found, runs: Mapping[str, Run], champion: Champion | None, now: datetime, max_hours: float
) -> tuple[Remedy, str] | None:
    if found.committed_until and found.committed_until > now:
        return None  # Bedrock refuses to delete it
    if champion and champion.serving_arn == found.arn:
        end = expires_at(found, max_hours)
        if end and end <= now:
            return Remedy.EXPIRE, f"its time was up at {end.isoformat(timespec='minutes')} (max_pt_hours)"
        if found.model_arn != champion.model_arn and not _task_is_promoting(found.task, runs):
            return Remedy.PUT_BACK, "a promotion that failed left it with another model than the champion's"
        return None
    if _lives(found, runs) or _task_is_promoting(found.task, runs):
        return None
    return Remedy.REMOVE, "no champion serves through it and no running run asked for it"


def _champion(found: Found, runs: Mapping[str, Run], champion: Champion | None) -> tuple[Remedy, str] | None:
    if _task_is_promoting(found.task, runs):
        return None
    if champion is None or champion.deployment_arn != found.arn:
        return Remedy.REMOVE, "no champion parameter points to it"
    if found.model_arn != champion.model_arn:
        return Remedy.PUT_BACK, "a promotion that failed left it with another model than the champion's"
    return None


def _job(found: Found, runs: Mapping[str, Run]) -> tuple[Remedy, str] | None:
    if any((job := run.current_job) and job.arn == found.arn and not run.final for run in runs.values()):
        return None
    return _of_dead_run(found, runs)


def _of_dead_run(found: Found, runs: Mapping[str, Run]) -> tuple[Remedy, str] | None:
    if _lives(found, runs):
        return None
    run = runs.get(found.tags.get(Tag.RUN, ""))
    state = f"ended as {run.status}" if run else "is not in the runs table"
    return Remedy.REMOVE, f"its run {found.tags.get(Tag.RUN, '(no tag)')} {state}"


def _lives(found: Found, runs: Mapping[str, Run]) -> bool:
    run = runs.get(found.tags.get(Tag.RUN, ""))
    return run is not None and run.status is RunStatus.RUNNING


def _task_is_promoting(task: str, runs: Mapping[str, Run]) -> bool:
    return any(run.task == task and is_promoting(run) for run in runs.values())
