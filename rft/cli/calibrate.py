"""``rft calibrate``: a task's grader tried on right answers, wrong ones and hack probes, without AWS or a model."""

from pathlib import Path
from typing import Annotated

import typer

from rft.calibration.trial import trial
from rft.calibration.verdicts import Verdict
from rft.cli.exits import Exit
from rft.cli.session import Session, out
from rft.cli.shapes import as_json
from rft.cli.trying import Endpoint, RewardModelFile, grader_here, records_of, task_named
from rft.cli.verdicts import draw


def calibrate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Any file that `rft drop` takes.")],
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="Whose grader is tried: a folder of tasks/.")],
    records: Annotated[int, typer.Option("--records", min=4, max=2000, help="How many of the file are tried.")] = 64,
    reward_model: RewardModelFile = None,
    endpoint: Endpoint = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts, see docs/cli.md.")] = False,
) -> None:
    """Try a grader before money is spent, without AWS. Exit code 0 for pass and warn, 1 for fail, 2 if unusable."""
    session: Session = context.obj
    settings, folder = task_named(session.root, task)
    call = grader_here(settings, folder, reward_model, endpoint)
    audit = grader_here(settings, folder, reward_model, endpoint, audit=True) if settings.audit is not None else None
    tried = records_of(file, settings, folder, count=records)
    report = trial(tried, call, settings.calibration, task=task, audit=audit)
    if json:
        typer.echo(as_json(report))
    else:
        draw(report, out())
    raise typer.Exit(Exit.NOT_PROMOTED if report.verdict is Verdict.FAILED else Exit.OK)
