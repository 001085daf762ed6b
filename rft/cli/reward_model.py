"""``rft reward-model``: train a reward model on a file of preferences, or measure one. No AWS, no configuration."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from rft.cli.exits import Exit, UnusableCall
from rft.cli.judgement import draw
from rft.cli.session import Session, out
from rft.cli.shapes import as_json
from rft.datasets.rules import DataRules
from rft.errors import DatasetUnreadable
from rft.reward_model.intake import Preferences, read_preferences
from rft.reward_model.judging import judge
from rft.reward_model.making import Report, make, report_of, unusable
from rft.rewards.model import BadModel, RewardModel
from rft.tasks import Splits, load_task

SUFFIX = ".reward-model"

File = Annotated[Path, typer.Argument(metavar="FILE", help="Preferences: pairs, judgements or rankings, as one drops.")]
TaskName = Annotated[
    str | None,
    typer.Option("--task", metavar="TASK", help="Whose task.toml says how to read and split; default: its defaults."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts, see docs/cli.md.")]

reward_model_app = typer.Typer(
    help="Reward models from human preferences.",
    epilog="Exit codes: 0 the model may be used, 1 it or the file is refused, 2 unusable call.",
    no_args_is_help=True,
)


@reward_model_app.command()
def train(
    context: typer.Context,
    file: File,
    task: TaskName = None,
    to: Annotated[
        Path | None, typer.Option("--out", metavar="MODEL", help=f"Where the model goes; default: FILE{SUFFIX}.")
    ] = None,
    json: Json = False,
) -> None:
    """Train a reward model and test it on held-out prompts. It is written only if it beats chance and length."""
    session: Session = context.obj
    rules, splits = _of_task(session, task)
    preferences = _read(file, rules, json=json)
    model, report = make(preferences, share=splits.test, progress=lambda line: typer.echo(f"{line} ...", err=True))
    if model is not None:
        target = to or Path(f"{file}{SUFFIX}")
        target.write_bytes(model.to_bytes())
        typer.echo(f"{target} is the model", err=True)
    _say(report, json=json)


@reward_model_app.command()
def evaluate(
    context: typer.Context,
    file: File,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="What `rft reward-model train` wrote.")],
    task: TaskName = None,
    json: Json = False,
) -> None:
    """Measure a reward model on all pairs of a file that it was not trained on."""
    session: Session = context.obj
    rules, _ = _of_task(session, task)
    try:
        read = RewardModel.from_bytes(_existing(model).read_bytes())
    except BadModel as error:
        raise UnusableCall(f"{model}: {error}") from None
    preferences = _read(file, rules, json=json)
    judgement = judge(read, preferences.pairs)
    _say(report_of(preferences, refused=judgement.refused, held_out=judgement, model=read), json=json)


def _of_task(session: Session, task: str | None) -> tuple[DataRules, Splits]:
    if task is None:
        return DataRules(), Splits()
    folder = session.root / "tasks" / task
    if not (folder / "task.toml").is_file():
        known = ", ".join(sorted(path.parent.name for path in folder.parent.glob("*/task.toml"))) or "none"
        raise UnusableCall(f"no task {task}; known tasks: {known}")
    found = load_task(folder)
    return found.data, found.splits


def _read(file: Path, rules: DataRules, *, json: bool) -> Preferences:
    with _existing(file).open("rb") as stream:
        try:
            return read_preferences(stream, rules, name=file.name)
        except DatasetUnreadable as error:
            _say(unusable(str(error)), json=json)


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise UnusableCall(f"{file} is a folder, no file" if file.is_dir() else f"{file}: no such file")
    return file


def _say(report: Report, *, json: bool) -> NoReturn:
    if json:
        typer.echo(as_json(report))
    else:
        draw(report, out())
    raise typer.Exit(Exit.NOT_PROMOTED if report.refused else Exit.OK)
