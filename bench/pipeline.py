"""Whole runs on the embedded AWS: seconds from drop to job launch, and what a run's orchestration costs on AWS.

Seconds are this machine's. Transitions, function seconds and memory are the workflow's own; AWS would bill the same
transitions, and function seconds that differ with its processors.
"""

import tempfile
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from bench.billing import USD_PER_TRANSITION, billed_calls
from bench.timing import Times, times_of
from local.deploy import bootstrap, deploy
from local.embedded import EmbeddedAws
from rft.aws.history import Visit, seconds_by_state, visits
from rft.cli.follow import follow
from rft.cli.main import drop_file
from rft.cli.target import ROOT, Target, choose_settings, connect
from rft.clock import now, parse
from rft.schemas import Run

TASK = "arithmetic"


class Orchestration(Struct, frozen=True, kw_only=True):
    """What one run costs beside Bedrock."""

    transitions: int
    invocations: int
    gb_seconds: float
    transitions_usd: float
    functions_usd: float


class Pipeline(Struct, frozen=True, kw_only=True):
    """What whole runs showed."""

    drop_to_launch: Times  # the first run starts every function cold
    shares: dict[str, float]  # of each state in the median run, from drop to launch; "before" is drop to first state
    orchestration: Orchestration  # of the last run


def measure(*, repeats: int) -> Pipeline:
    """Deploy once, then drop a file ``repeats`` times, one run after the other."""
    with tempfile.TemporaryDirectory(prefix="rft-bench-") as folder, EmbeddedAws() as aws:
        bootstrap(aws)
        deploy(aws)
        settings = choose_settings("local", root=ROOT, find_embedded=aws.environment)
        target = connect(settings, root=ROOT, find_embedded=aws.environment)
        launches = [_run(target, _variant(Path(folder), number)) for number in range(repeats)]
        last = launches[-1][0]
        orchestration = _orchestration(aws, last)
    by_length = sorted(launches, key=lambda launch: launch[1])
    _, total, shares = by_length[len(by_length) // 2]
    return Pipeline(
        drop_to_launch=times_of([seconds for _, seconds, _ in launches]),
        shares={state: seconds / total for state, seconds in shares.items()},
        orchestration=orchestration,
    )


def _variant(folder: Path, number: int) -> Path:
    """Return the shipped records without the last ``number``: another content, so that no job is reused."""
    lines = (ROOT / "tasks" / TASK / "data" / f"{TASK}.jsonl").read_text().splitlines(keepends=True)
    path = folder / f"{TASK}-{number}.jsonl"
    path.write_text("".join(lines[: len(lines) - number]))
    return path


def _run(target: Target, file: Path) -> tuple[Run, float, dict[str, float]]:
    dropped_at = now()
    dropped = drop_file(target, file, TASK)
    run = follow(target.store, dropped.run_id, every=0.1, show=lambda *_: None, dropped=True)
    if run.job is None:
        raise RuntimeError(f"run {run.run_id} launched nothing: {run.message}")
    launched_at = parse(run.job.submitted_at)
    stays = visits(run.execution_arn)
    shares = {"before the first state": (stays[0].entered - dropped_at).total_seconds()}
    shares |= seconds_by_state(_until(stays, launched_at), launched_at)
    return run, (launched_at - dropped_at).total_seconds(), shares


def _until(stays: list[Visit], end: datetime) -> list[Visit]:
    begun = [stay for stay in stays if stay.entered < end]
    return [Visit(state=stay.state, entered=stay.entered, left=min(stay.left or end, end)) for stay in begun]


def _orchestration(aws: EmbeddedAws, run: Run) -> Orchestration:
    stays = visits(run.execution_arn)
    # Each batch of the evaluation is an execution of its own with one state.
    transitions = len(stays) + (run.evaluation_batches or 0)
    since = int(parse(run.started_at).timestamp() * 1000)
    calls = billed_calls(aws, since)
    gb_seconds = sum(call.gb_seconds for call in calls)
    return Orchestration(
        transitions=transitions,
        invocations=len(calls),
        gb_seconds=gb_seconds,
        transitions_usd=transitions * USD_PER_TRANSITION,
        functions_usd=sum(call.usd for call in calls),
    )
