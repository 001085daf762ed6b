"""The commands of ``rft`` that work on any environment.

The command that ``make setup`` installs is ``local.command``: these commands plus those of the embedded AWS.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from rft import names
from rft.aws.curve import reward_curve
from rft.aws.history import visits
from rft.aws.operator import drop as upload
from rft.aws.operator import start_again
from rft.cli.calibrate import calibrate
from rft.cli.dataset import dataset
from rft.cli.draw import run_details, runs_table
from rft.cli.exits import UnusableCall, exit_of
from rft.cli.follow import watch as watch_run
from rft.cli.golden import golden_app
from rft.cli.grade import grade
from rft.cli.rehearse import rehearse
from rft.cli.removal import remove
from rft.cli.reward_model import reward_model_app
from rft.cli.session import DEBUG, Session, out
from rft.cli.shapes import Dropped, Retried, RunList, as_json, run_record, run_view
from rft.cli.target import Target
from rft.cli.validate import validate
from rft.clock import now
from rft.keys import INCOMING, Step
from rft.schemas import Run

LOCAL_EVERY = 0.5  # seconds between looks at a run
AWS_EVERY = 10.0

Environment = Annotated[
    str | None,
    typer.Option("--env", metavar="NAME", help="Environment; default: RFT_ENVIRONMENT, a local one that is up, dev."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts, see docs/cli.md.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="The run's name, see `rft runs`.")]

app = typer.Typer(
    name="rft",
    help="Drop a file, get back a Bedrock model that is provably better at your task.",
    epilog="Exit codes: 0 done or promoted, 1 rejected or failed, 2 unusable call, 3 AWS cannot be used.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


app.command()(remove)
app.add_typer(reward_model_app, name="reward-model")
app.command()(validate)
app.command()(grade)
app.command()(calibrate)
app.command()(rehearse)
app.add_typer(dataset)
app.add_typer(golden_app, name="golden")


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Drop a file, get back a Bedrock model that is provably better at your task."""
    if debug:
        os.environ[DEBUG] = "1"


@app.command()
def drop(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Records, one JSON object a line; may be gzipped.")],
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="What to train for: a folder of tasks/.")],
    follow: Annotated[bool, typer.Option("--watch", help="Follow the run until it has ended.")] = False,
    environment: Environment = None,
    json: Json = False,
) -> None:
    """Upload a file; it starts a run. Prints the run's name."""
    session: Session = context.obj
    target = session.target(environment)
    _require_task(target, task)
    if file.is_dir():
        raise UnusableCall(f"{file} is a folder, no file; drop its files one by one")
    if not file.is_file():
        raise UnusableCall(f"{file}: no such file")
    dropped = drop_file(target, file, task)
    if json:
        typer.echo(as_json(dropped, indent=0 if follow else 2))
    else:
        typer.echo(dropped.run_id)
    if follow:
        _follow(target, dropped.run_id, json=json, every=None, dropped=True)


def drop_file(target: Target, file: Path, task: str) -> Dropped:
    """Upload a file for a task; return what was uploaded and the name of the run that it starts."""
    key = f"{INCOMING}{task}/{file.name}"
    version = upload(target.intake_bucket, key, file)
    return Dropped(
        run_id=names.run_name(task, key, version),
        task=task,
        bucket=target.intake_bucket,
        key=key,
        version_id=version,
    )


@app.command()
def watch(
    context: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="The run's name; default: the youngest.")] = None,
    every: Annotated[float | None, typer.Option(min=0.1, help="Seconds between looks.")] = None,
    environment: Environment = None,
    json: Json = False,
) -> None:
    """Follow a run until it has ended. Exit code 0 if its model was promoted, 1 if it was rejected or failed."""
    session: Session = context.obj
    target = session.target(environment)
    _follow(target, run or _youngest(target).run_id, json=json, every=every, dropped=False)


@app.command()
def runs(
    context: typer.Context,
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help="Only runs of this task.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, the youngest first.")] = 20,
    environment: Environment = None,
    json: Json = False,
) -> None:
    """List runs, the youngest first."""
    session: Session = context.obj
    target = session.target(environment)
    found = _newest(target, task=task, limit=limit)
    if task is not None and not found:  # runs of a task that was deleted since are still to be seen
        _require_task(target, task)
    if json:
        typer.echo(as_json(RunList(runs=[run_record(run) for run in found])))
    elif found:
        out().print(runs_table(found, now()))
    else:
        none = f"no runs of task {task}" if task else "no runs yet"
        typer.echo(f"{none}; start one with `rft drop FILE --task {task or 'TASK'}`", err=True)


@app.command()
def show(context: typer.Context, run: RunName, environment: Environment = None, json: Json = False) -> None:
    """Show all that is known of a run: data, rewards, decision, what serves, where its time went."""
    session: Session = context.obj
    target = session.target(environment)
    record = target.store.load(run)
    stays = visits(record.execution_arn) if record.execution_arn else []
    curve = reward_curve(record)
    if json:
        typer.echo(as_json(run_view(record, stays, curve, now())))
    else:
        out().print(run_details(record, stays, curve, now()))


@app.command()
def retry(context: typer.Context, run: RunName, environment: Environment = None, json: Json = False) -> None:
    """Start a run again as a new run that reuses what was finished. Prints the new run's name."""
    session: Session = context.obj
    target = session.target(environment)
    started = start_again(names.function_name(target.settings.prefix, Step.STARTER), run)
    typer.echo(as_json(Retried(run_id=started, retry_of=run)) if json else started)


def _require_task(target: Target, task: str) -> None:
    known = target.tasks()
    if task not in known:
        raise UnusableCall(f"no task {task}; known tasks: {', '.join(known) or 'none'}")


def _follow(target: Target, run_id: str, *, json: bool, every: float | None, dropped: bool) -> None:
    pause = every or (LOCAL_EVERY if target.embedded else AWS_EVERY)
    ended = watch_run(target.store, run_id, every=pause, json=json, console=out(), dropped=dropped)
    raise typer.Exit(exit_of(ended.status))


def _youngest(target: Target) -> Run:
    found = target.store.newest(1)
    if not found:
        raise UnusableCall("no runs yet; start one with `rft drop FILE --task TASK`")
    return found[0]


def _newest(target: Target, *, task: str | None, limit: int) -> list[Run]:
    if task is None:
        return target.store.newest(limit)
    found = []
    for run in target.store.all():
        if run.task == task:
            found.append(run)
        if len(found) == limit:
            break
    return found
