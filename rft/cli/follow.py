"""Follow a run until it has ended: live in a terminal, a line per change elsewhere."""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.live import Live

from rft.aws.curve import reward_curve
from rft.aws.history import Visit, visits
from rft.aws.operator import execution_status
from rft.aws.store import RunStore
from rft.cli.draw import curve_text, run_panel
from rft.cli.exits import UnusableCall
from rft.cli.phases import progress
from rft.cli.shapes import Change, as_json, run_view
from rft.clock import now
from rft.errors import RunUnknown
from rft.keys import State
from rft.schemas import Run
from rft.training.curve import Point

DROPPED_SECONDS = 60.0  # from a drop to its run record, at most
APPEAR_SECONDS = 8.0  # for a run of which we only have the name: it may have been dropped in the command before
CLOSE_SECONDS = 120.0  # from a dead execution to a closed record, at most: clean-up runs in a machine of its own
TRAINING_STATES = frozenset({State.WAIT_FOR_TRAINING, State.CHECK_TRAINING, State.DEPLOY_CANDIDATE})

Show = Callable[[Run, list[Visit], list[Point], datetime], None]


def follow(store: RunStore, run_id: str, *, every: float, show: Show, dropped: bool) -> Run:
    """Look at a run every ``every`` seconds and show it, until it has ended; return it.

    ``dropped`` says that its file was dropped a moment ago; otherwise the name may be a mistake.

    Raises:
        RunUnknown: no such run, not even after a wait.
        UnusableCall: the execution is gone and nothing closed the record.

    """
    run = await_record(store, run_id, every=every, dropped=dropped)
    curve: list[Point] = []
    dead_since: float | None = None
    while True:
        stays = visits(run.execution_arn) if run.execution_arn else []
        if run.state in TRAINING_STATES or (run.final and not curve):
            curve = reward_curve(run) or curve
        show(run, stays, curve, now())
        if run.final:
            return run
        dead_since = _dead(run, stays, dead_since)
        time.sleep(every)
        run = store.load(run_id)


def await_record(store: RunStore, run_id: str, *, every: float, dropped: bool) -> Run:
    """Return a run; wait for it a minute if its file was ``dropped`` a moment ago, else a few seconds and say so.

    Raises:
        RunUnknown: it does not appear in that time.

    """
    end = time.monotonic() + (DROPPED_SECONDS if dropped else APPEAR_SECONDS)
    said = dropped
    while True:
        try:
            return store.load(run_id)
        except RunUnknown:
            if not said:
                print(f"waiting for {run_id} to appear", file=sys.stderr)
                said = True
            if time.monotonic() > end:
                raise
        time.sleep(every)


def _dead(run: Run, stays: list[Visit], since: float | None) -> float | None:
    """Return since when the execution is over although the run record is open, or None."""
    if not stays or stays[-1].left is None:
        return None
    status = execution_status(run.execution_arn)
    if status == "RUNNING":
        return None
    since = since or time.monotonic()
    if time.monotonic() - since > CLOSE_SECONDS:
        raise UnusableCall(
            f"execution {run.execution_arn} is {status or 'gone'}, but the record of {run.run_id} is still open; "
            "the reconciler closes it, look again later with `rft show`"
        )
    return since


def watch(store: RunStore, run_id: str, *, every: float, json: bool, console: Console, dropped: bool) -> Run:
    """Follow a run in the way that fits the output: JSON lines, a live picture, or a line per change."""
    if json:
        lines = _JsonLines(console)
        return follow(store, run_id, every=every, show=lines, dropped=dropped)
    if not console.is_terminal:
        return follow(store, run_id, every=every, show=_Lines(console), dropped=dropped)
    with Live(console=console, auto_refresh=False, transient=False) as live:

        def show(*seen: Any) -> None:
            live.update(run_panel(*seen), refresh=True)

        return follow(store, run_id, every=every, show=show, dropped=dropped)


class _Lines:
    """A line whenever state or status change."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: tuple[str, str] | None = None

    def __call__(self, run: Run, stays: list[Visit], curve: list[Point], at: datetime) -> None:
        if self._last == (run.state, run.status):
            return
        self._last = (run.state, run.status)
        percent = f"{progress(stays, final=run.final):4.0%}"
        self._console.print(f"{at:%H:%M:%S} {percent} {run.status} {run.state}", highlight=False)
        if run.final:
            if curve:
                self._console.print(curve_text(curve))
            if run.message:
                self._console.print(run.message, highlight=False, markup=False)


class _JsonLines:
    """A JSON line whenever state or status change, the whole run at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: tuple[str, str] | None = None

    def __call__(self, run: Run, stays: list[Visit], curve: list[Point], at: datetime) -> None:
        if run.final:
            self._write(as_json(run_view(run, stays, curve, at), indent=0))
        elif self._last != (run.state, run.status):
            self._last = (run.state, run.status)
            change = Change(
                run_id=run.run_id,
                at=at.isoformat(),
                status=run.status,
                state=run.state,
                progress=round(progress(stays, final=False), 3),
                reward=curve[-1].mean if curve else None,
            )
            self._write(as_json(change, indent=0))

    def _write(self, line: str) -> None:
        self._console.file.write(line + "\n")
        self._console.file.flush()
