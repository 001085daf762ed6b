"""Folders that become Lambda zips and layers, built without Docker; equal sources give equal folders and hashes."""

import hashlib
import json
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from aws_cdk import aws_lambda as lambda_

from rft.errors import RftError
from rft.golden.samples import GOLDEN_FILE
from rft.graders import AUDIT_SETTINGS, GRADER_SETTINGS
from rft.keys import Step

NOT_OF_THE_GRADER: Final = (
    "data",
    "README.md",
    "generate.py",
    "prepare.py",
    "task.toml",
    GOLDEN_FILE,  # other scores are expected of it, and it is the same grader
    GRADER_SETTINGS,
)  # what of a task's folder scores nothing


class PackagingError(RftError):
    """Something that belongs into a zip is missing; the message names the fix."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The project's tree, and what of it goes into which zip."""

    root: Path

    def step(self, step: Step) -> lambda_.Code:
        """Return the code of a step function: its handler, the domain without the command line, the tasks' settings.

        The prompts that a task protects from being trained on come along, and its golden samples.

        Raises:
            PackagingError: the step has no handler.

        """
        handler = self.root / "lambdas" / step / "handler.py"
        if not handler.exists():
            raise PackagingError(f"{handler}: missing; every member of rft.keys.Step needs lambdas/<step>/handler.py")
        return self._code(step, [("handler.py", handler.read_bytes()), *self._shared])

    def grader(self, task: str) -> lambda_.Code:
        """Return the code of a task's grader: the reward library and of the task's folder all that may score.

        Modules, tables and packages that the reward needs are among it. Sample data, ``README.md`` and ``generate.py``
        are not, and of ``task.toml`` only the line that names the reward, or the table of its components as JSON: a
        change of the gate leaves the grader's hash alone, so that a retry trains nothing again.

        Raises:
            PackagingError: the reward library has no entry.

        """
        entry = self.root / "rft" / "rewards" / "entry.py"
        if not entry.exists():
            raise PackagingError(f"{entry}: missing; graders start there")
        folder = self.root / "tasks" / task
        own = [path for path in _files(folder) if path.relative_to(folder).parts[0] not in NOT_OF_THE_GRADER]
        contents = self._contents([self.root / "rft" / "__init__.py", *_python(entry.parent), *own])
        told = [(f"tasks/{task}/{name}", content) for name, content in _grader_settings(folder / "task.toml")]
        return self._code(f"grader-{task}", sorted([*contents, *told]))

    def layer(self, name: str) -> lambda_.Code:
        """Return a layer of dependencies: the step functions' for ``aarch64`` or ``host``, with ``grader-`` graders'.

        Raises:
            PackagingError: it was not built yet.

        """
        folder = self.root / "build" / "layers" / name
        if not (folder / "python").is_dir():
            raise PackagingError(f"{folder}: no dependencies there; `make setup` builds the layer")
        return lambda_.Code.from_asset(str(folder))

    @cached_property
    def _shared(self) -> list[tuple[str, bytes]]:
        """Return what every step holds; read once, so that all of an application's steps hold the same."""
        domain = self.root / "rft"
        paths = [path for path in _python(domain) if path.relative_to(domain).parts[0] != "cli"]
        tasks = list((self.root / "tasks").glob("*/task.toml"))
        protected = [path.parent / name for path in tasks for name in _protected(path)]
        golden = list((self.root / "tasks").glob(f"*/{GOLDEN_FILE}"))
        return self._contents([*paths, *tasks, *protected, *golden])

    def _contents(self, paths: Iterable[Path]) -> list[tuple[str, bytes]]:
        return [(path.relative_to(self.root).as_posix(), path.read_bytes()) for path in sorted(paths)]

    def _code(self, name: str, contents: list[tuple[str, bytes]]) -> lambda_.Code:
        """Write files into a folder named by their content, so that two runs at once cannot disturb each other."""
        digest = hashlib.sha256()
        for target, content in contents:
            digest.update(f"{target}\0{len(content)}\0".encode())
            digest.update(content)
        folder = self.root / "build" / "functions" / f"{name}-{digest.hexdigest()[:16]}"
        if not folder.exists():
            _write(folder, contents)
        return lambda_.Code.from_asset(str(folder))


def _python(folder: Path) -> list[Path]:
    return [path for path in _files(folder) if path.suffix == ".py"]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _grader_settings(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what of a task.toml makes its graders, by names of files: a reward's name, or a table of components."""
    settings = tomllib.loads(path.read_text())
    for name, file in (("reward", GRADER_SETTINGS), ("audit", AUDIT_SETTINGS)):
        if name in settings:
            yield file, json.dumps({name: settings[name]}, sort_keys=True).encode()
    if "reward" not in settings:
        table = settings["grader"]
        form = "handler" if "handler" in table else "reward"
        yield "task.toml", f"[grader]\n{form} = {json.dumps(table[form])}\n".encode()


def _protected(path: Path) -> list[str]:
    """Return the names of the files that a task.toml protects from being trained on."""
    names: list[str] = tomllib.loads(path.read_text()).get("data", {}).get("protected", [])
    return names


def _write(folder: Path, contents: Iterable[tuple[str, bytes]]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    scratch.chmod(0o755)
    for target, content in contents:
        path = scratch / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    try:
        scratch.rename(folder)
    except OSError:
        shutil.rmtree(scratch)  # another run made the same folder meanwhile
        if not folder.exists():
            raise
