"""Timing of whole processes and of calls, taken in turns so that a busy moment hits both sides alike."""

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct


class Times(Struct, frozen=True, kw_only=True):
    """Repeated measurements, in seconds."""

    minimum: float
    median: float
    count: int


class Ratio(Struct, frozen=True, kw_only=True):
    """One thing against what it is measured by."""

    subject: str
    against: str
    subject_seconds: Times
    against_seconds: Times

    @property
    def of_minima(self) -> float:
        """How many times as long, by the fastest of each."""
        return self.subject_seconds.minimum / self.against_seconds.minimum

    @property
    def of_medians(self) -> float:
        """How many times as long, by the median of each."""
        return self.subject_seconds.median / self.against_seconds.median


def times_of(seconds: Sequence[float]) -> Times:
    """Return what is kept of repeated measurements."""
    return Times(minimum=min(seconds), median=statistics.median(seconds), count=len(seconds))


def in_turns(
    calls: Mapping[str, Callable[[], object]], repeats: int, *, clock: Callable[[], float] = time.perf_counter
) -> dict[str, Times]:
    """Time each call ``repeats`` times, one after the other in every round."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            started = clock()
            call()
            seconds[name].append(clock() - started)
    return {name: times_of(values) for name, values in seconds.items()}


def process(command: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str]) -> Callable[[], None]:
    """Return a call that runs a program; it raises RuntimeError with the program's errors if that fails."""

    def call() -> None:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=dict(environment),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed:\n{done.stderr[-2000:]}")

    return call
