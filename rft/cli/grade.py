"""``rft grade``: what a task's grader makes of answers, on this machine; no AWS."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from rft.cli.exits import Exit, UnusableCall
from rft.cli.session import Session, out
from rft.cli.shapes import as_json
from rft.cli.trying import Endpoint, RewardModelFile, grader_here, task_named
from rft.cli.verdicts import plain
from rft.grading import Graded, Refused, Summary, grade_one, read_rollouts, summary
from rft.rewards.combine import ABSTAINED, UNREADABLE

EXCERPT = 40  # characters of an answer in the table


class GradeReport(Struct, frozen=True, kw_only=True):
    """What ``rft grade --json`` prints."""

    task: str
    summary: Summary
    answers: list[Graded]
    refused: list[Refused]


def grade(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines: messages or prompt, answer or answers.")],
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="Whose grader: a folder of tasks/.")],
    rows: Annotated[int, typer.Option("--rows", min=0, help="How many answers the table shows.")] = 50,
    reward_model: RewardModelFile = None,
    endpoint: Endpoint = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts, see docs/cli.md.")] = False,
) -> None:
    """Grade answers, without AWS. Exit code 0, 1 if a line is refused or the grader fails, 2 if unusable."""
    session: Session = context.obj
    settings, folder = task_named(session.root, task)
    if not file.is_file():
        raise UnusableCall(f"{file} is a folder, no file" if file.is_dir() else f"{file}: no such file")
    call = grader_here(settings, folder, reward_model, endpoint)
    graded: list[Graded] = []
    refused: list[Refused] = []
    with file.open("rb") as lines:
        for one in read_rollouts(lines):
            if isinstance(one, Refused):
                refused.append(one)
            else:
                graded.append(grade_one(one, call))
    if not graded and not refused:
        raise UnusableCall(f'{file} is empty; write lines such as {{"prompt": "...", "answer": "..."}}')
    report = GradeReport(task=task, summary=summary(graded), answers=graded, refused=refused)
    if json:
        typer.echo(as_json(report))
    else:
        _draw(report, rows, out())
    raise typer.Exit(Exit.NOT_PROMOTED if refused or report.summary.failed else Exit.OK)


def _draw(report: GradeReport, rows: int, console: Console) -> None:
    found = report.summary
    names = [name for name in found.components if name != ABSTAINED and not name.startswith(UNREADABLE)]
    table = Table(box=None, pad_edge=False)
    for name in ("line", "score", *names, "µs", "answer", ""):
        table.add_column(plain(name))
    for one in islice(report.answers, rows):
        cells = (f"{one.components[name]:.3f}" if name in one.components else "-" for name in names)
        score = "-" if one.score is None else f"{one.score:.3f}"
        line = str(one.line) if one.place == 1 else f"{one.line}.{one.place}"
        table.add_row(line, score, *cells, f"{one.seconds * 1e6:,.0f}", plain(_excerpt(one.answer)), plain(_note(one)))
    console.print(table)
    if len(report.answers) > rows:
        console.print(f"and {len(report.answers) - rows:,} more; --rows N shows more, --json all")
    for refused in report.refused:
        console.print(plain(f"line {refused.line} {refused.reason}"), style="red", soft_wrap=True)
    scores = "" if found.mean is None else f"mean score {found.mean:.3f}, spread {found.spread:.3f}; "
    console.print(
        f"{found.answers:,} answers: {scores}{found.parse_failures:,} parse failures, {found.failed:,} failed, "
        f"{len(report.refused):,} lines refused; {found.seconds * 1e6:,.0f} µs an answer",
        highlight=False,
    )


def _excerpt(answer: str) -> str:
    start = " ".join(answer[: EXCERPT * 4].split())
    return start if len(start) <= EXCERPT else f"{start[: EXCERPT - 1]}…"


def _note(one: Graded) -> str:
    if one.error is not None:
        return one.error
    unreadable = [name.removeprefix(UNREADABLE) for name in one.components if name.startswith(UNREADABLE)]
    if unreadable:
        return f"unreadable for {', '.join(unreadable)}"
    return "parse failure" if one.parse_failure else ""
