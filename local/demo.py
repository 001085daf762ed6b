"""``rft demo``: the whole path on an embedded AWS of its own, from an empty account to the new champion's answer."""

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from local.deploy import bootstrap, deploy
from local.embedded import ROOT, EmbeddedAws
from rft import names
from rft.aws import clients
from rft.aws.curve import reward_curve
from rft.aws.history import visits
from rft.aws.objects import get_bytes, read_lines
from rft.aws.operator import read_parameter
from rft.cli.draw import curve_text, interval_text, seconds_text
from rft.cli.exits import exit_of
from rft.cli.follow import watch
from rft.cli.main import drop_file
from rft.cli.phases import seconds_by_phase
from rft.cli.session import out
from rft.cli.shapes import RunView, run_view
from rft.cli.target import Target, choose_settings, connect
from rft.clock import now
from rft.evaluation.answers import answer_text, converse_request, read_records
from rft.keys import Split, artefact_key
from rft.rewards.sample import read_text
from rft.schemas import Champion, Run
from rft.tasks import Task
from rft.training.curve import Point

TASK = "arithmetic"
FILE = ROOT / "tasks" / TASK / "data" / f"{TASK}.jsonl"
FOLDER = ROOT / "build" / "demo"
REPORTS = ("report.html", "report.md", "report.json")
EVERY = 0.25  # seconds between looks at the run


class Question(Struct, frozen=True, kw_only=True):
    """A held-out question, put to the baseline and to the champion."""

    prompt: str
    reference: str
    baseline: str
    champion: str
    served_by: str


class DemoResult(Struct, frozen=True, kw_only=True):
    """What ``demo.json`` holds."""

    view: RunView
    question: Question | None  # None: nothing was promoted
    seconds: dict[str, float]  # of the demo's own steps


def demo(
    file: Annotated[Path, typer.Option(help="Records to train with.")] = FILE,
    task: Annotated[str, typer.Option(help="What to train for.")] = TASK,
) -> None:
    """Show it all on an embedded AWS: deploy, drop a file, train, evaluate, promote, ask; then take it down."""
    console = out()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="rft-demo-") as scratch, _ending_politely():
        show = Demo(console, Path(scratch))
        try:
            run = show.play(file, task)
        finally:
            for path in sorted(Path(scratch).iterdir()):
                shutil.copy(path, FOLDER / path.name)
    console.print(f"report: {(FOLDER / 'report.html').relative_to(ROOT)}, all else in {FOLDER.relative_to(ROOT)}/")
    raise typer.Exit(exit_of(run.status))


class Demo:
    """One demonstration; everything it makes is in ``folder`` or gone at the end."""

    def __init__(self, console: Console, folder: Path) -> None:
        self._console = console
        self._folder = folder
        self._started = time.monotonic()
        self._seconds: dict[str, float] = {}

    def play(self, file: Path, task: str) -> Run:
        """Go the whole path and print it; return the run as it ended.

        Raises:
            EmbeddedAwsError: the embedded AWS does not start.
            DeployError: the stacks do not deploy.

        """
        with self._timed("embedded AWS ended", quiet=True), EmbeddedAws(log=self._folder / "embedded.log") as aws:
            self._tell("embedded AWS", f"up at {aws.url}")
            log = self._folder / "deploy.log"
            with self._timed("bootstrap"):
                bootstrap(aws, log=log)
            with self._timed("deploy"):
                deploy(aws, log=log, on_stack=lambda stack: self._tell("deploy", stack))
            settings = choose_settings("local", root=ROOT, find_embedded=aws.environment)
            target = connect(settings, root=ROOT, find_embedded=aws.environment)
            run = self._train(target, file, task)
            self._report(target, run, target.tasks()[task])
        return run

    def _train(self, target: Target, file: Path, task: str) -> Run:
        dropped = drop_file(target, file, task)
        self._tell("drop", f"{file.name} as s3://{dropped.bucket}/{dropped.key}")
        with self._timed("run", quiet=True):
            return watch(target.store, dropped.run_id, every=EVERY, json=False, console=self._console, dropped=True)

    def _report(self, target: Target, run: Run, task: Task) -> None:
        stays, curve, at = visits(run.execution_arn), reward_curve(run), now()
        question = self._ask(target, run, task) if run.champion else None
        self._console.print(result_table(run, seconds_by_phase(stays, at), curve))
        if question:
            self._console.print(question_table(question))
        for name in REPORTS:
            (self._folder / name).write_bytes(get_bytes(target.bucket("artefacts"), artefact_key(run.run_id, name)))
        result = DemoResult(
            view=run_view(run, stays, curve, at),
            question=question,
            seconds={name: round(value, 3) for name, value in self._seconds.items()},
        )
        (self._folder / "demo.json").write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2))

    def _ask(self, target: Target, run: Run, task: Task) -> Question:
        """Put the first held-out record to what the champion's SSM parameter names, and to the baseline."""
        text = read_parameter(names.champion_parameter(target.settings.prefix, run.task))
        if text is None or run.dataset is None:
            raise RuntimeError(f"run {run.run_id} promoted a champion, but no SSM parameter names it")
        champion = msgspec.json.decode(text, type=Champion)
        split = run.dataset.splits[Split.TEST]
        [record] = read_records(next(read_lines(run.dataset.bucket, split.key)))
        return Question(
            prompt=read_text(record["messages"][-1]["content"]),
            reference=_text(record.get("reference_answer")),
            baseline=_answer(record, task.model.baseline_inference_id, task),
            champion=_answer(record, champion.serving_arn, task),
            served_by=champion.serving_arn,
        )

    def _tell(self, step: str, text: str) -> None:
        seconds = time.monotonic() - self._started
        self._console.print(f"{seconds:6.1f} s  {step:<13} {text}", highlight=False, markup=False)

    @contextmanager
    def _timed(self, step: str, *, quiet: bool = False) -> Iterator[None]:
        started = time.monotonic()
        yield
        self._seconds[step] = time.monotonic() - started
        if not quiet:
            self._tell(step, f"took {seconds_text(self._seconds[step])}")


def result_table(run: Run, phases: dict[Any, float], curve: list[Point]) -> Table:
    """Return the outcome of a run as a table for people."""
    table = Table(title=f"Run {run.run_id}", show_header=False, title_justify="left")
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    if run.evaluation:
        for model, interval in run.evaluation.models.items():
            table.add_row(f"reward of the {model}", interval_text(interval))
        for model, interval in run.evaluation.gains.items():
            table.add_row(f"gain over the {model}", interval_text(interval))
        table.add_row("held-out records", f"{run.evaluation.records}, {run.evaluation.confidence:.0%} intervals")
    if curve:
        table.add_row("while training", curve_text(curve))
    table.add_row("decision", run.status)
    if run.decision:
        table.add_row("because", "; ".join(run.decision.reasons))
    if run.throughput:
        table.add_row("provisioned", run.throughput.arn)
        table.add_row("billed until", run.throughput.expires_at)
    table.add_row("seconds", ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in phases.items()))
    if run.message:
        table.add_row("message", run.message)
    return table


def question_table(question: Question) -> Table:
    """Return a question with its answers as a table for people."""
    table = Table(title="A question that was held out of training", show_header=False, title_justify="left")
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("question", question.prompt)
    table.add_row("reference", question.reference)
    table.add_row("baseline", question.baseline)
    table.add_row("champion", question.champion)
    table.add_row("served by", question.served_by)
    return table


def _answer(record: dict[str, Any], model_id: str, task: Task) -> str:
    request = converse_request(record, model_id=model_id, inference=task.inference)
    return answer_text(clients.bedrock_runtime().converse(**request))


def _text(reference: object) -> str:
    return reference if isinstance(reference, str) else msgspec.json.encode(reference).decode()


@contextmanager
def _ending_politely() -> Iterator[None]:
    """Let a request to end (SIGTERM, a closed terminal) take everything down as Ctrl-C does."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = {kind: signal.signal(kind, end) for kind in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)
