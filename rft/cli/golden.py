"""``rft golden``: a task's golden samples scored on this machine, and compared with their recorded scores or recorded.

No AWS, but for judges and guardrails.
"""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from rft.cli.exits import Exit, UnusableCall
from rft.cli.session import Session, out
from rft.cli.shapes import as_json
from rft.cli.trying import Endpoint, grader_here, task_named
from rft.cli.verdicts import plain
from rft.errors import GraderBroken
from rft.golden.comparing import GoldenCheck, compare, drift_words, record
from rft.golden.rules import GoldenRules
from rft.golden.samples import GOLDEN_FILE, GoldenSample, read_golden, write_golden
from rft.golden.scoring import score_golden
from rft.tasks import Task

TaskName = Annotated[str, typer.Option("--task", metavar="TASK", help="Whose grader: a folder of tasks/.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts, see docs/cli.md.")]

golden_app = typer.Typer(
    help="Golden samples: answers whose scores may not move unnoticed.",
    epilog="Exit codes: 0 inside the tolerance or recorded, 1 drifted or a sample has no score, 2 unusable call.",
    no_args_is_help=True,
)


class CheckReport(Struct, frozen=True, kw_only=True):
    """What ``rft golden check --json`` prints."""

    task: str
    said: str  # what is wrong, with the fix; empty where nothing is
    check: GoldenCheck | None  # None: a sample has no score


class Change(Struct, frozen=True, kw_only=True):
    """A recorded score that is another now."""

    id: str
    before: float | None  # None: it had none
    now: float


class RecordReport(Struct, frozen=True, kw_only=True):
    """What ``rft golden record --json`` prints."""

    task: str
    file: str
    samples: int
    changed: list[Change]
    said: str  # why nothing was written; empty where something could be


@golden_app.command()
def check(context: typer.Context, task: TaskName, endpoint: Endpoint = None, json: Json = False) -> None:
    """Score the golden samples. Exit code 0 inside the tolerance, 1 if they drifted or have no score, 2 if unusable."""
    session: Session = context.obj
    settings, folder = task_named(session.root, task)
    rules = _rules(settings)
    samples = read_golden(folder / GOLDEN_FILE)
    found, said = None, ""
    try:
        found = compare(samples, score_golden(samples, grader_here(settings, folder, endpoint=endpoint)), rules)
    except GraderBroken as error:
        said = str(error)
    if found is not None and not found.inside:
        said = drift_words(task, found, rules)
    if json:
        typer.echo(as_json(CheckReport(task=task, said=said, check=found)))
    else:
        _draw(found, said, rules, out())
    raise typer.Exit(Exit.NOT_PROMOTED if said else Exit.OK)


@golden_app.command(name="record")
def record_scores(
    context: typer.Context,
    task: TaskName,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help=f"Samples; default: those of {GOLDEN_FILE}.")
    ] = None,
    endpoint: Endpoint = None,
    json: Json = False,
) -> None:
    """Write today's scores into golden.jsonl; a recorded score within the tolerance stays. Review what changes."""
    session: Session = context.obj
    settings, folder = task_named(session.root, task, recording=True)
    rules = _rules(settings)
    target = folder / GOLDEN_FILE
    source = file or target
    if not source.is_file():
        raise UnusableCall(f"{source}: no such file; write samples, a line each: messages that end with an answer")
    samples = read_golden(source, scored=False)
    changed, said = [], ""
    try:
        recorded = record(samples, score_golden(samples, grader_here(settings, folder, endpoint=endpoint)), rules)
    except GraderBroken as error:
        said = str(error)
    else:
        changed = _changes(samples, recorded)
        target.write_bytes(write_golden(recorded))
    report = RecordReport(task=task, file=str(target), samples=len(samples), changed=changed, said=said)
    if json:
        typer.echo(as_json(report))
    else:
        _draw_record(report, out())
    raise typer.Exit(Exit.NOT_PROMOTED if said else Exit.OK)


def _rules(task: Task) -> GoldenRules:
    if task.golden is None:
        raise UnusableCall(
            f"the task {task.name} has no golden samples; add the table [golden] with tolerance = 0.0 to its "
            f"task.toml, write samples, and run `rft golden record FILE --task {task.name}`"
        )
    return task.golden


def _changes(before: list[GoldenSample], now: list[GoldenSample]) -> list[Change]:
    return [
        Change(id=new.id, before=old.score, now=new.score)
        for old, new in zip(before, now, strict=True)
        if new.score is not None and new.score != old.score
    ]


def _draw(found: GoldenCheck | None, said: str, rules: GoldenRules, console: Console) -> None:
    if found is not None:
        rows = [Change(id=one.id, before=one.recorded, now=one.now) for one in found.moved]
        _table(rows, console)
        console.print(
            f"{found.samples:,} golden samples: the furthest moved by {found.drift:g}, the mean by "
            f"{found.mean_drift:g}; tolerance {rules.tolerance:g}",
            highlight=False,
        )
    if said:
        console.print(plain(said), style="red", soft_wrap=True)


def _draw_record(report: RecordReport, console: Console) -> None:
    _table(report.changed, console)
    if report.said:
        console.print(plain(f"nothing written: {report.said}"), style="red", soft_wrap=True)
    else:
        console.print(
            plain(f"{report.file}: {report.samples:,} samples, {len(report.changed):,} scores changed"), soft_wrap=True
        )


def _table(rows: list[Change], console: Console) -> None:
    if rows:
        table = Table("sample", "recorded", "now", box=None, pad_edge=False)
        for one in rows:
            table.add_row(plain(one.id), "-" if one.before is None else f"{one.before:g}", f"{one.now:g}")
        console.print(table)
