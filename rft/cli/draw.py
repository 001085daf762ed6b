"""How runs look in a terminal."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rft.aws.history import Visit
from rft.cli.phases import PLANNED, RunPhase, phase_of, progress, seconds_by_phase
from rft.clock import parse
from rft.interval import Interval
from rft.keys import RunStatus
from rft.report.calibration import calibration_rows, golden_rows
from rft.report.supervised import supervised_rows
from rft.schemas import Run
from rft.training.curve import Point

BARS = "▁▂▃▄▅▆▇█"
COLOURS = {
    RunStatus.RUNNING: "cyan",
    RunStatus.PROMOTED: "green",
    RunStatus.GATE_REJECTED: "yellow",
    RunStatus.DATA_REJECTED: "yellow",
}


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """Return the values as bars, the lowest value the lowest bar; more values than ``width`` are averaged in groups."""
    if not values:
        return ""
    if len(values) > width:
        edges = [len(values) * i // width for i in range(width + 1)]
        values = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(values), max(values)
    if high == low:
        return BARS[3] * len(values)
    return "".join(BARS[round((value - low) / (high - low) * (len(BARS) - 1))] for value in values)


def seconds_text(seconds: float) -> str:
    """Return a duration as people say it: ``4.2 s``, ``3 min 05 s``, ``2 h 10 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02d} min"


def interval_text(interval: Interval) -> str:
    """Return a mean with its interval: ``0.712 [0.655, 0.769]``."""
    return f"{interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def status_text(run: Run) -> Text:
    """Return a run's status in its colour."""
    return Text(run.status, style=f"bold {COLOURS.get(run.status, 'red')}")


def runs_table(runs: Sequence[Run], now: datetime) -> Table:
    """Return the list of runs, as given."""
    table = Table(box=None, pad_edge=False)
    for title in ("RUN", "TASK", "STATUS", "STATE", "STARTED (UTC)", "TOOK", "GAIN OVER BASELINE", "GRADER"):
        table.add_column(title, no_wrap=title != "STATE")
    for run in runs:
        gain = run.evaluation.gains.get("baseline") if run.evaluation else None
        end = parse(run.ended_at) if run.ended_at else now
        started = parse(run.started_at)
        table.add_row(
            run.run_id,
            run.task,
            status_text(run),
            run.state if not run.final else "",
            f"{started:%Y-%m-%d %H:%M:%S}",
            seconds_text((end - started).total_seconds()),
            interval_text(gain) if gain else "",
            run.evaluation.grader if run.evaluation else "",
        )
    return table


def run_panel(run: Run, stays: Sequence[Visit], curve: Sequence[Point], now: datetime) -> Group:
    """Return a run as it is followed live: phases with their seconds, a progress bar, the reward curve."""
    head = Text.assemble((run.run_id, "bold"), "  ", status_text(run), "  ", run.state if not run.final else "")
    seconds = seconds_by_phase(stays, now)
    current = phase_of(stays[-1].state) if stays and not run.final else None
    table = Table(box=None, show_header=False, pad_edge=False)
    for phase in RunPhase:
        if phase in PLANNED or phase in seconds:
            mark, style = ("●", "cyan") if phase is current else ("✓", "green") if phase in seconds else ("·", "dim")
            table.add_row(
                Text(mark, style=style),
                Text(phase, style="bold" if phase is current else style),
                Text(seconds_text(seconds[phase]) if phase in seconds else "", justify="right"),
            )
    bar = Table.grid()  # alone, a bar does not end its line
    bar.add_row(ProgressBar(total=1.0, completed=progress(stays, final=run.final), width=48))
    parts: list[RenderableType] = [head, bar, table]
    if curve:
        parts.append(curve_text(curve))
    if run.message:
        parts.append(Text(run.message))
    return Group(*parts)


def curve_text(curve: Sequence[Point]) -> Text:
    """Return the reward curve in one line; where the grader tells more than that, how it scored in a second one."""
    rollouts = sum(point.rollouts for point in curve)
    ends = f"{curve[0].mean:.3f} → {curve[-1].mean:.3f}" if len(curve) > 1 else f"{curve[0].mean:.3f}"
    line = Text.assemble(
        "reward ", (sparkline([point.mean for point in curve]), "green"), f"  {ends} over {rollouts:,} rollouts"
    )
    if any(point.calls for point in curve):
        line.append("\n" + _grading_text(curve), "dim")
    return line


def _grading_text(curve: Sequence[Point]) -> str:
    """Return the last period's spread, answer length and parse failures, and what failed in all, judges' calls too."""
    last = curve[-1]
    said = [
        f"spread {last.spread:.3f}",
        f"answers {last.length:,.0f} characters",
        f"parse failures {last.parse_failures / last.rollouts if last.rollouts else 0.0:.1%}",
    ]
    if failures := sum(point.failures for point in curve):
        said.append(f"{failures:,} of {sum(point.calls for point in curve):,} calls of the grader failed")
    if asked := sum(point.judge_calls for point in curve):
        errors = sum(point.judge_errors for point in curve)
        malformed = sum(point.judge_malformed for point in curve)
        said.append(f"judges asked {asked:,} times, {errors:,} errors, {malformed:,} malformed")
    return "last   " + "  ".join(said)


def run_details(run: Run, stays: Sequence[Visit], curve: Sequence[Point], now: datetime) -> Group:
    """Return all that a person wants to know of a run."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in _facts(run):
        table.add_row(Text(name, style="bold"), value)
    return Group(run_panel(run, stays, curve, now), Text(), table)


def _facts(run: Run) -> list[tuple[str, str]]:
    facts = [
        ("file", f"s3://{run.source.bucket}/{run.source.key} (version {run.source.version_id})"),
        ("started", run.started_at),
        ("ended", run.ended_at),
        ("retry of", run.retry_of),
        *_data_facts(run),
        ("forecast", f"at most {run.forecast.total_usd:,.2f} USD" if run.forecast else None),
        *supervised_rows(run.supervised),
        ("job", f"{run.job.name} {run.job.status}{', reused' if run.job.reused else ''}" if run.job else None),
        *_result_facts(run),
        ("provisioned", f"{run.throughput.arn} until {run.throughput.expires_at}" if run.throughput else None),
        ("serves at", run.champion.serving_arn if run.champion else None),
        *(("cleaned", line) for line in run.cleaned),
    ]
    return [(name, value) for name, value in facts if value]


def _data_facts(run: Run) -> list[tuple[str, str | None]]:
    facts: list[tuple[str, str | None]] = []
    if run.dataset:
        sizes = ", ".join(f"{name} {split.records:,}" for name, split in run.dataset.splits.items())
        facts.append(("dataset", f"{run.dataset.version}: {sizes}; {run.dataset.quarantined:,} lines in quarantine"))
        if run.dataset.quarantined:
            facts.append(("quarantine", f"s3://{run.dataset.bucket}/{run.dataset.quarantine_key}"))
    facts += golden_rows(run.golden)
    if run.calibration:
        facts += calibration_rows(run.calibration)
    return facts


def _result_facts(run: Run) -> list[tuple[str, str | None]]:
    facts: list[tuple[str, str | None]] = []
    if run.evaluation:
        facts += [(f"reward, {name}", interval_text(value)) for name, value in run.evaluation.models.items()]
        facts += [(f"gain over {name}", interval_text(value)) for name, value in run.evaluation.gains.items()]
        if run.evaluation.audited_gain:
            facts.append(("gain by the independent grader", interval_text(run.evaluation.audited_gain)))
        facts.append(("scored by grader", run.evaluation.grader))
    if run.decision:
        verdict = "promote" if run.decision.promote else "reject"
        facts.append(("decision", f"{verdict}: {'; '.join(run.decision.reasons)}"))
    return facts
