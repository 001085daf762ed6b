"""What the commands share that try a task's grader on this machine: the task, the records of a file, the call."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from rft.aws.clients import has_credentials, use_runtime
from rft.calibration.baseline import chosen_lines
from rft.calibration.grading import Call
from rft.cli.exits import NoAws, UnusableCall
from rft.datasets.curate import Surroundings, curate
from rft.datasets.version import code_version
from rft.errors import DatasetUnreadable, GraderBroken
from rft.evaluation.answers import read_records
from rft.graders import trains_reward_model
from rft.judges import asks_bedrock
from rft.keys import Split
from rft.reward_model.rules import unlike
from rft.rewards.entry import grader
from rft.rewards.errors import BedrockUnavailable, GraderError
from rft.rewards.model import BadModel, RewardModel
from rft.rewards.model.trained import use
from rft.tasks import Task, load_task, protected_files

Endpoint = Annotated[
    str | None,
    typer.Option(
        "--endpoint", metavar="URL", help="Where judges, guardrails and embedding models answer; default: AWS."
    ),
]
RewardModelFile = Annotated[
    Path | None,
    typer.Option(
        "--reward-model",
        metavar="MODEL",
        help="For a task whose runs train one: what `rft reward-model train` wrote.",
    ),
]


def task_named(root: Path, name: str, *, recording: bool = False) -> tuple[Task, Path]:
    """Return a task and its folder; its golden samples need no scores where they are about to be recorded.

    Raises:
        UnusableCall: there is no such task.
        TaskInvalid: its task.toml is wrong, or its golden samples are.

    """
    folder = root / "tasks" / name
    if not (folder / "task.toml").is_file():
        known = ", ".join(sorted(path.parent.name for path in folder.parent.glob("*/task.toml"))) or "none"
        raise UnusableCall(f"no task {name}; known tasks: {known}")
    return load_task(folder, recording=recording), folder


def records_of(file: Path, task: Task, folder: Path, *, count: int) -> list[dict[str, Any]]:
    """Return at most ``count`` training records of a file, as the workflow would read and split it.

    The same ones whenever the file is the same.

    Raises:
        UnusableCall: there is no such file, it cannot be read, or it holds no record to train on.

    """
    if not file.is_file():
        raise UnusableCall(f"{file} is a folder, no file" if file.is_dir() else f"{file}: no such file")
    around = Surroundings(code_version=code_version(), protected=protected_files(task, folder))
    with tempfile.TemporaryDirectory(prefix="rft-try-") as work, file.open("rb") as stream:
        try:
            curated = curate(stream, task=task, work=Path(work), around=around, name=file.name)
        except DatasetUnreadable as error:
            raise UnusableCall(f"{file}: {error}") from None
        train = curated.files[curated.manifest.splits[Split.TRAIN].key]
        with train.open("rb") as lines:
            records = read_records(b"".join(chosen_lines(lines, count)))
    if not records:
        raise UnusableCall(f"{file} holds no record to train on; `rft validate {file} --task {task.name}` says why")
    return records


def grader_here(
    task: Task, folder: Path, reward_model: Path | None = None, endpoint: str | None = None, *, audit: bool = False
) -> Call:
    """Return a task's own grader as a call, or with ``audit`` its independent one; prints go to standard error.

    The call raises GraderBroken instead of ending the process, and NoAws where a judge cannot be asked.
    ``reward_model`` stands for the one that a run trains.
    Bedrock is asked at ``endpoint``, or else with the credentials that AWS's command line uses.

    Raises:
        NoAws: the task asks Bedrock, and there are no credentials to ask them with.
        UnusableCall: it cannot be imported, or its reward model is missing, or no reward model, or not asked for.

    """
    _use(task, reward_model)
    if asks_bedrock(task):
        reach_bedrock(endpoint, f"the task {task.name} asks judges, guardrails or embeddings of Bedrock")
    grade = grader(folder, audit=audit)
    with _aside():
        try:
            grade([])
        except GraderError as error:
            if "cannot be imported" in str(error) or "has no function" in str(error):
                raise UnusableCall(str(error)) from None

    def call(event: list[dict[str, Any]]) -> Any:
        with _aside():
            try:
                return grade(event)
            except BedrockUnavailable as error:
                raise NoAws(str(error)) from error  # no fault of an answer: the others would fail as well
            except SystemExit as error:
                raise GraderBroken(f"the reward ended the process with {error.code!r}") from error

    return call


def reach_bedrock(endpoint: str | None, why: str) -> None:
    """Let Bedrock's runtime be asked at ``endpoint``, or else with the credentials that AWS's command line uses.

    Raises:
        NoAws: there are no credentials; ``why`` says who asks.

    """
    use_runtime(endpoint)
    if not has_credentials():
        raise NoAws(
            f"{why}, and there are no AWS credentials; sign in to AWS, or give --endpoint with the URL of an embedded "
            "AWS (`rft local status` prints it)"
        )


def _use(task: Task, reward_model: Path | None) -> None:
    if reward_model is None:
        if trains_reward_model(task):
            raise UnusableCall(
                f"each run of {task.name} trains its reward model on the preferences that are dropped; train one here "
                f"with `rft reward-model train FILE --task {task.name} --out M`, and pass --reward-model M"
            )
        return
    if not trains_reward_model(task):
        raise UnusableCall(f"the reward of {task.name} asks no reward model of a run; leave out --reward-model")
    try:
        model = RewardModel.from_bytes(reward_model.read_bytes())
    except OSError as error:
        raise UnusableCall(f"{reward_model}: {error.strerror}") from None
    except BadModel as error:
        raise UnusableCall(f"{reward_model}: {error}") from None
    if why := unlike(task.reward_model, model):
        raise UnusableCall(f"{reward_model} {why}")
    use(model)


@contextlib.contextmanager
def _aside() -> Iterator[None]:
    with contextlib.redirect_stdout(sys.stderr):
        yield
