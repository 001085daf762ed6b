"""``rft validate``: the workflow's data step on a laptop, without AWS and without configuration."""

import errno
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from rft.cli.exits import UnusableCall
from rft.cli.session import Session, out
from rft.cli.shapes import as_json
from rft.datasets.checks.preferences import PreferenceProfile
from rft.datasets.codes import Severity
from rft.datasets.curate import Curated, Surroundings, curate
from rft.datasets.findings import Finding
from rft.datasets.logs.source import MAX_SOURCE, read_source
from rft.datasets.version import code_version
from rft.errors import DatasetUnreadable
from rft.keys import DATASET_REPORT
from rft.schemas import Manifest
from rft.start import names_logs
from rft.tasks import Grader, Model, Task, load_task, protected_files

# What a file is checked for where no task is named: the defaults of every task.toml.
ANY_TASK: Final = Task(
    name="data",
    description="Data without a task",
    model=Model(base_model="amazon.nova-2-lite-v1:0:256k", baseline_inference_id="us.amazon.nova-2-lite-v1:0"),
    grader=Grader(reward="reward.py:reward"),
)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_COLOURS: Final = {
    Severity.REJECT: "red",
    Severity.QUARANTINE: "yellow",
    Severity.WARN: "yellow",
    Severity.NOTE: "cyan",
    Severity.OFF: "dim",
}


class Validated(Struct, frozen=True, kw_only=True):
    """What ``rft validate --json`` prints."""

    accepted: bool
    message: str
    manifest: Manifest | None  # None: the file cannot be read, or names logs, which are not read here
    folder: str | None  # where the version's files are, with --out


def validate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Any file that `rft drop` takes.")],
    task: Annotated[
        str | None, typer.Option("--task", metavar="TASK", help="Whose task.toml counts; default: its defaults.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write the dataset version to FOLDER/<version>/.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts, see docs/cli.md.")] = False,
) -> None:
    """Check a file as the workflow does, without AWS. Exit code 0 if it may train, 1 if not."""
    session: Session = context.obj
    if not file.is_file():
        raise UnusableCall(f"{file} is a folder, no file" if file.is_dir() else f"{file}: no such file")
    folder = session.root / "tasks" / task if task is not None else session.root
    if names_logs(file.name):
        raise typer.Exit(_place_of_logs(file, json=json))
    settings = _task(session.root / "tasks", task)
    around = Surroundings(code_version=code_version(), protected=protected_files(settings, folder))
    with tempfile.TemporaryDirectory(prefix="rft-validate-") as work:
        try:
            curated = _curated(file, settings, Path(work), around)
        except DatasetUnreadable as error:
            _unreadable(error, json=json)
            raise typer.Exit(1) from None
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise UnusableCall(
                f"{work}: {error.strerror}; the version of a file takes about as much as the file, unpacked: "
                "set TMPDIR to a folder with room"
            ) from None
        kept = _keep(curated, to) if to is not None else None
    if json:
        said = Validated(
            accepted=curated.accepted,
            message=curated.message,
            manifest=curated.manifest,
            folder=None if kept is None else str(kept),
        )
        typer.echo(as_json(said))
    else:
        _show(curated, kept, out())
    raise typer.Exit(0 if curated.accepted else 1)


def _task(tasks: Path, name: str | None) -> Task:
    if name is None:
        return ANY_TASK
    if not (tasks / name / "task.toml").is_file():
        known = ", ".join(sorted(path.parent.name for path in tasks.glob("*/task.toml")))
        raise UnusableCall(f"no task {name}; known tasks: {known or 'none'}")
    return load_task(tasks / name)


def _curated(file: Path, task: Task, work: Path, around: Surroundings) -> Curated:
    """Curate a file; on a terminal, show how much of it was read."""
    errors = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), DownloadColumn())
    with (
        file.open("rb") as stream,
        Progress(*columns, console=errors, transient=True, disable=not sys.stderr.isatty()) as bar,
    ):
        shown = bar.add_task(file.name, total=file.stat().st_size)
        around = Surroundings(
            code_version=around.code_version,
            protected=around.protected,
            progress=lambda size: bar.update(shown, completed=size),
        )
        return curate(stream, task=task, work=work, around=around)


def _keep(curated: Curated, folder: Path) -> Path:
    place = folder / curated.manifest.version
    place.mkdir(parents=True, exist_ok=True)
    for path in curated.files.values():
        shutil.copyfile(path, place / path.name)
    return place


def _place_of_logs(file: Path, *, json: bool) -> int:
    """Say whether a file names logs as it should: their entries are read where they are, by the workflow alone."""
    try:
        with file.open("rb") as stream:
            source = read_source(stream.read(MAX_SOURCE + 1))
    except DatasetUnreadable as error:
        _unreadable(error, json=json)
        return 1
    message = f"The file is well formed; the workflow reads the logs below {source.s3_uri} when it is dropped."
    said = Validated(accepted=True, message=message, manifest=None, folder=None)
    typer.echo(as_json(said) if json else message)
    return 0


def _unreadable(error: DatasetUnreadable, *, json: bool) -> None:
    message = f"Dataset rejected: {error}."
    if json:
        typer.echo(as_json(Validated(accepted=False, message=message, manifest=None, folder=None)))
    else:
        out().print(message, style="red", markup=False)


def _show(curated: Curated, kept: Path | None, console: Console) -> None:
    manifest = curated.manifest
    word, colour = ("accepted", "green") if curated.accepted else ("rejected", "red")
    console.print(f"[bold {colour}]{word}[/]: {manifest.records:,} records of shape {manifest.profile.shape}")
    splits = ", ".join(f"{file.records:,} {name}" for name, file in manifest.splits.items())
    console.print(f"{manifest.examples:,} examples = {splits}, {manifest.quarantined:,} quarantined")
    console.print(curated.message, markup=False, highlight=False, soft_wrap=True)
    if manifest.profile.preferences is not None:
        console.print(_preferences(manifest.profile.preferences), markup=False, soft_wrap=True)
    if manifest.findings:
        console.print(_findings(manifest.findings))
    if kept is not None:
        console.print(f"version {manifest.version}: {kept}", markup=False, soft_wrap=True)
        console.print(f"report: {kept / DATASET_REPORT}", markup=False, soft_wrap=True)


def _preferences(found: PreferenceProfile) -> str:
    said = [f"{found.pairs:,} pairs, {found.ties:,} of them ties"]
    agreement = found.agreement
    if agreement is not None and agreement.alpha is not None:
        said.append(
            f"{agreement.annotators or 'many'} annotators agree with Krippendorff's alpha {agreement.alpha:.2f}, all "
            f"of them on {agreement.unanimous or 0:.0%} of {agreement.pairs:,} pairs"
        )
    for name, share in (("the answer shown first", found.first_wins), ("the longer answer", found.longer_wins)):
        if share is not None:
            interval = share.share
            said.append(f"{name} wins {interval.mean:.0%} [{interval.low:.0%}, {interval.high:.0%}]")
    return "; ".join(said)


def _findings(findings: list[Finding]) -> Table:
    table = Table(title="Findings (docs/data.md tells each code)", title_justify="left")
    for name in ("check", "does", "found", "fix", "lines"):
        table.add_column(name, overflow="fold")
    for one in findings:
        lines = ", ".join(str(place.line) for place in one.places)
        cells = (str(one.code), str(one.severity), one.message, one.fix, lines)
        table.add_row(*(cell.replace("[", "\\[") for cell in cells), style=_COLOURS[one.severity])
    return table
