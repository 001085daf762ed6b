"""``rft reward-model``: train a reward model on a file of preferences, or measure one. AWS only for embeddings."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from rft.cli.exits import Exit, NoAws, UnusableCall
from rft.cli.judgement import draw
from rft.cli.session import Session, out
from rft.cli.shapes import as_json
from rft.cli.trying import Endpoint, reach_bedrock
from rft.datasets.rules import DataRules
from rft.errors import DatasetUnreadable
from rft.reward_model.embedded import embed, embeddings_of
from rft.reward_model.intake import Preferences, read_preferences
from rft.reward_model.judging import judge
from rft.reward_model.making import Report, make, report_of, unusable
from rft.reward_model.pairs import MOST
from rft.reward_model.rules import MOST_EMBEDDED, RewardModelRules, reward_model_problems
from rft.rewards.embedding import Embeddings
from rft.rewards.errors import BedrockUnavailable
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
    epilog="Exit codes: 0 the model may be used, 1 it or the file is refused, 2 unusable call, 3 texts cannot be "
    "embedded.",
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
    embeddings: Annotated[
        str | None,
        typer.Option(
            "--embeddings", metavar="ID", help="Embedding model of Bedrock that it sees texts by; default: the task's."
        ),
    ] = None,
    dimensions: Annotated[
        int | None, typer.Option("--dimensions", metavar="N", help="Of embeddings: 256, 512 or 1024.")
    ] = None,
    endpoint: Endpoint = None,
    json: Json = False,
) -> None:
    """Train a reward model and test it on held-out prompts. It is written only if it beats chance and length."""
    session: Session = context.obj
    rules, splits, seen = _of_task(session, task)
    vectors = _vectors(
        RewardModelRules(embeddings=embeddings or seen.embeddings, dimensions=dimensions or seen.dimensions), endpoint
    )
    preferences = _read(file, rules, most=MOST if vectors is None else MOST_EMBEDDED, json=json)
    try:
        model, report = make(preferences, share=splits.test, progress=_tell, vectors=vectors)
    except BedrockUnavailable as error:
        raise NoAws(str(error)) from error
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
    endpoint: Endpoint = None,
    json: Json = False,
) -> None:
    """Measure a reward model on all pairs of a file that it was not trained on."""
    session: Session = context.obj
    rules, _, _ = _of_task(session, task)
    try:
        read = RewardModel.from_bytes(_existing(model).read_bytes())
    except BadModel as error:
        raise UnusableCall(f"{model}: {error}") from None
    meaning = read.meaning
    preferences = _read(file, rules, most=MOST if meaning is None else MOST_EMBEDDED, json=json)
    if meaning is not None:
        vectors = _embeddings(meaning.model, meaning.dimensions, endpoint)
        meaning.vector_of = vectors
        try:
            embed(preferences.pairs, vectors, _tell)
        except BedrockUnavailable as error:
            raise NoAws(str(error)) from error
    judgement = judge(read, preferences.pairs)
    _say(report_of(preferences, refused=judgement.refused, held_out=judgement, model=read), json=json)


def _vectors(seen: RewardModelRules, endpoint: str | None) -> Embeddings | None:
    """Return who embeds, None where the model needs nobody."""
    if problems := reward_model_problems(seen, ()):
        raise UnusableCall("; ".join(problems))
    return None if seen.named is None else _embeddings(*seen.named, endpoint)


def _embeddings(model: str, dimensions: int, endpoint: str | None) -> Embeddings:
    reach_bedrock(endpoint, f"embeddings are asked of {model}")
    return embeddings_of(model, dimensions)


def _tell(line: str) -> None:
    typer.echo(f"{line} ...", err=True)


def _of_task(session: Session, task: str | None) -> tuple[DataRules, Splits, RewardModelRules]:
    if task is None:
        return DataRules(), Splits(), RewardModelRules()
    folder = session.root / "tasks" / task
    if not (folder / "task.toml").is_file():
        known = ", ".join(sorted(path.parent.name for path in folder.parent.glob("*/task.toml"))) or "none"
        raise UnusableCall(f"no task {task}; known tasks: {known}")
    found = load_task(folder)
    return found.data, found.splits, found.reward_model


def _read(file: Path, rules: DataRules, *, most: int, json: bool) -> Preferences:
    with _existing(file).open("rb") as stream:
        try:
            return read_preferences(stream, rules, name=file.name, most=most)
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
