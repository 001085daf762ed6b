"""What ``--json`` prints: documented in docs/cli.md, and changed only by adding to it."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from rft.aws.history import Visit, seconds_by_state
from rft.cli.phases import seconds_by_phase
from rft.schemas import Run
from rft.training.curve import Point

HIDDEN = ("task_token",)  # lets its holder end the wait of a running workflow


class Dropped(Struct, frozen=True, kw_only=True):
    """Answer of ``rft drop``."""

    run_id: str
    task: str
    bucket: str
    key: str
    version_id: str


class RunList(Struct, frozen=True, kw_only=True):
    """Answer of ``rft runs``."""

    runs: list[dict[str, Any]]


class RunView(Struct, frozen=True, kw_only=True):
    """Answer of ``rft show``, and the last line of ``rft watch``."""

    run: dict[str, Any]
    states: dict[str, float]  # seconds by state
    phases: dict[str, float]  # seconds by phase
    curve: list[Point]


class Retried(Struct, frozen=True, kw_only=True):
    """Answer of ``rft retry``."""

    run_id: str
    retry_of: str


class RemovalView(Struct, frozen=True, kw_only=True):
    """Answer of ``rft remove``; without ``--yes`` only ``found`` holds anything."""

    found: list[str]
    removed: list[str]
    waiting: list[str]  # still mutating: call again
    failures: list[str]
    kept: list[str]  # buckets with data that retention.remove_data_with_stacks = false protects
    then: str  # the command that removes the stacks


class Change(Struct, frozen=True, kw_only=True):
    """A line of ``rft watch`` while the run goes on."""

    run_id: str
    at: str
    status: str
    state: str
    progress: float
    reward: float | None  # the curve's last point


def run_record(run: Run) -> dict[str, Any]:
    """Return a run record as plain JSON types, without what is not for printing."""
    plain: dict[str, Any] = msgspec.to_builtins(run)
    return {name: value for name, value in plain.items() if name not in HIDDEN}


def run_view(run: Run, stays: list[Visit], curve: list[Point], now: datetime) -> RunView:
    """Return all that is known of a run."""
    return RunView(
        run=run_record(run),
        states=_rounded(seconds_by_state(stays, now)),
        phases=_rounded(seconds_by_phase(stays, now)),
        curve=curve,
    )


def as_json(value: Struct, *, indent: int = 2) -> str:
    """Return a shape as JSON text; ``indent=0`` gives one line."""
    return msgspec.json.format(msgspec.json.encode(value), indent=indent if indent else -1).decode()


def _rounded(seconds: dict[Any, float]) -> dict[str, float]:
    return {str(name): round(value, 3) for name, value in seconds.items()}
