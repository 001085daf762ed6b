"""``rft rehearse``: a small policy plays against a task's grader for seconds, without AWS or a model."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rft.calibration.verdicts import Verdict
from rft.cli.draw import sparkline
from rft.cli.exits import Exit
from rft.cli.session import Session, out
from rft.cli.shapes import as_json
from rft.cli.trying import Endpoint, RewardModelFile, grader_here, records_of, task_named
from rft.cli.verdicts import COLOURS, plain
from rft.errors import GraderBroken
from rft.rehearsal.behaviours import payoffs
from rft.rehearsal.playing import Rehearsal, play


class Rehearsed(Struct, frozen=True, kw_only=True):
    """What ``rft rehearse --json`` prints."""

    task: str
    verdict: Verdict
    broken: str  # why the grader cannot be played against; empty if it can
    rehearsal: Rehearsal | None


def rehearse(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Any file that `rft drop` takes.")],
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="Whose grader is played: a folder of tasks/.")],
    records: Annotated[int, typer.Option("--records", min=4, max=2000, help="How many of the file are asked.")] = 64,
    steps: Annotated[int | None, typer.Option("--steps", min=10, max=5000, help="Default: the task's.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Default: the task's.")] = None,
    reward_model: RewardModelFile = None,
    endpoint: Endpoint = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts, see docs/cli.md.")] = False,
) -> None:
    """Let a small policy learn from a grader, without AWS. Exit code 0 for pass and warn, 1 for fail, 2 if unusable."""
    session: Session = context.obj
    settings, folder = task_named(session.root, task)
    call = grader_here(settings, folder, reward_model, endpoint)
    asked = records_of(file, settings, folder, count=records)
    rules = settings.rehearsal
    rules = replace(rules, steps=steps or rules.steps, seed=rules.seed if seed is None else seed)
    try:
        played = play(payoffs(asked, call, settings.calibration), rules)
        said = Rehearsed(task=task, verdict=played.verdict, broken="", rehearsal=played)
    except GraderBroken as error:
        said = Rehearsed(task=task, verdict=Verdict.FAILED, broken=str(error), rehearsal=None)
    if json:
        typer.echo(as_json(said))
    else:
        _draw(said, out())
    raise typer.Exit(Exit.NOT_PROMOTED if said.verdict is Verdict.FAILED else Exit.OK)


def _draw(said: Rehearsed, console: Console) -> None:
    head = (str(said.verdict), f"bold {COLOURS[said.verdict]}")
    played = said.rehearsal
    if played is None:
        console.print(Text.assemble(head, f": {said.task} cannot be rehearsed: ", plain(said.broken)), soft_wrap=True)
        return
    console.print(Text.assemble(head, f": {said.task}: {played.said}"), soft_wrap=True)
    first, last = played.curve[0], played.curve[-1]
    for name, values in (
        ("reward", [point.reward for point in played.curve]),
        ("honest", [point.honest for point in played.curve]),
        ("hack", [point.hack for point in played.curve]),
    ):
        ends = f"{values[0]:.3f} to {values[-1]:.3f}"
        console.print(Text.assemble(f"{name:<7}", (sparkline(values), "green"), f"  {ends}"))
    console.print(f"steps {first.step} to {last.step}, {played.records} records", highlight=False)
    table = Table("behaviour", "earns", "before", "after", box=None, pad_edge=False)
    for share in played.behaviours:
        table.add_row(str(share.behaviour), f"{share.earns:.3f}", f"{share.before:.1%}", f"{share.after:.1%}")
    console.print(table)
    if played.fix:
        console.print(Text(f"{said.verdict}: {played.fix}"), soft_wrap=True)
