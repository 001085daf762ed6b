"""``rft dataset diff``: what changed between two dataset versions, in an environment or in folders of this machine."""

import re
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from rft.aws.versions import open_version, versions_of
from rft.cli.exits import UnusableCall
from rft.cli.session import Session, out
from rft.cli.shapes import as_json
from rft.datasets.curate import MANIFEST
from rft.datasets.difference import Difference, FindingShift, Shift, Version, difference
from rft.datasets.matching import Pairing
from rft.report.words import visible
from rft.schemas import Manifest

_ID: Final = re.compile(r"[0-9a-f]{4,16}")
_VERSION: Final = "a version's id or its first digits, or a folder that `rft validate --out` wrote"


class Differ(IntEnum):
    """Exit codes, as diff(1) has them; 2 and 3 are those of every command."""

    SAME = 0
    DIFFERENT = 1


def differ(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help=f"{_VERSION[0].upper()}{_VERSION[1:]}.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The version to compare it with.")],
    task: Annotated[
        str | None, typer.Option("--task", metavar="TASK", help="Whose versions; default: looked for in all.")
    ] = None,
    environment: Annotated[
        str | None, typer.Option("--env", metavar="NAME", help="Environment, where A or B is an id.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts, see docs/cli.md.")] = False,
) -> None:
    """Say what changed from one dataset version to another. Exit code 0 if nothing did, 1 if something did."""
    session: Session = context.obj
    old, new = (_opened(session, which, task=task, environment=environment) for which in (before, after))
    found = difference(old, new)
    if json:
        typer.echo(as_json(found))
    else:
        for line in _lines(found):
            out().print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(Differ.SAME if found.same else Differ.DIFFERENT)


def _opened(session: Session, which: str, *, task: str | None, environment: str | None) -> Version:
    path = Path(which)
    if path.exists():
        return _local(path / MANIFEST if path.is_dir() else path)
    if not _ID.fullmatch(which):
        raise UnusableCall(f"{which}: no such folder, and no id of a version; give {_VERSION}")
    target = session.target(environment)
    if task is not None and task not in target.tasks():
        raise UnusableCall(f"no task {task}; known tasks: {', '.join(target.tasks()) or 'none'}")
    bucket = target.bucket("datasets")
    tasks = [task] if task is not None else list(target.tasks())
    found = versions_of(bucket, tasks, which)
    where = f"of {' or '.join(tasks)} in environment {target.settings.name}"
    if not found:
        raise UnusableCall(f"no version {which} {where}; `rft show RUN` names the version of a run")
    if len(found) > 1:
        names = ", ".join(f"{version} ({name})" for name, version in found[:5])
        raise UnusableCall(f"{len(found)} versions {where} begin with {which}: {names}; give more digits or --task")
    return open_version(bucket, *found[0])


def _local(path: Path) -> Version:
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise UnusableCall(f"{path.parent} holds no {MANIFEST}; give {_VERSION}") from None
    except msgspec.DecodeError as error:
        raise UnusableCall(f"{path} is no manifest of this version of rft: {error}") from None

    def lines(stem: str) -> Iterator[bytes]:
        with path.with_name(f"{stem}.jsonl").open("rb") as stream:
            yield from stream

    return Version(manifest=manifest, lines=lines, has_quarantine=path.with_name("quarantine.jsonl").exists())


def _lines(found: Difference) -> Iterator[str]:
    yield f"{found.before} -> {found.after}: {'nothing changed' if found.same else 'different'}"
    if found.code_version is not None:
        yield f"made by other code: {_shift(found.code_version)}"
    if found.same:
        return
    yield from _records(found.records)
    if found.quarantine is None:
        yield "quarantine: no longer there, so that it cannot be compared"
    else:
        of = found.quarantine
        yield f"quarantine: {of.kept:,} kept, {of.entered:,} entered, {of.left:,} left"
    for title, shifts in (("counts", found.counts), ("settings", found.settings)):
        if shifts:
            yield f"{title}:"
            yield from (f"  {_shift(one)}" for one in shifts)
    if found.findings:
        yield "findings:"
        yield from (f"  {_finding(one)}" for one in found.findings)
    if found.profile:
        yield "profile:"
        yield from (f"  {_shift(one)}" for one in found.profile)


def _records(of: Pairing) -> Iterator[str]:
    counts = ", ".join(f"{getattr(of, name):,} {name}" for name in ("kept", "moved", "changed", "added", "removed"))
    yield f"records: {counts}"
    for name, spots in of.spots.items():
        if spots:
            places = ", ".join(f"{spot.split} line {spot.line:,}" for spot in spots)
            more = " and more" if getattr(of, name) > len(spots) else ""
            yield f"  {name}{', as it was' if name == 'removed' else ''}: {places}{more}"


def _shift(one: Shift) -> str:
    return f"{visible(one.name)}: {_value(one.before)} -> {_value(one.after)}"


def _finding(one: FindingShift) -> str:
    count = one.after if one.before is None else one.before if one.after is None else f"{one.before:,} -> {one.after:,}"
    sign = "+" if one.before is None else "-" if one.after is None else "*"
    return f"{sign} {one.code} ({count}): {visible(one.message)}"


def _value(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str | None):
        return visible(msgspec.json.encode(value).decode())
    if isinstance(value, float):
        return f"{value:.4g}"
    return "none" if value is None else f"{value:,}" if isinstance(value, int) else visible(value)
