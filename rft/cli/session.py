"""What every command shares: where the project is, how the embedded AWS is found, how errors end a command."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from rft.aws.faults import explain
from rft.cli.exits import Exit, NoAws
from rft.cli.target import (
    ROOT,
    FindEmbedded,
    Target,
    choose_settings,
    connect,
    deploy_command,
    no_embedded,
    taken_by_default,
)
from rft.errors import RftError

DEBUG = "RFT_DEBUG"
WIDE = 160  # columns


@dataclass(kw_only=True)
class Session:
    """One call of the command line."""

    root: Path = ROOT
    find_embedded: FindEmbedded = no_embedded
    deploy_hint: str = "npx cdk deploy"  # until the environment is known
    by_default: str = ""  # which environment was taken, where nobody named one and no embedded AWS is up

    def target(self, name: str | None) -> Target:
        """Return the chosen environment, with this process's AWS clients pointed at it."""
        settings = choose_settings(name, root=self.root, find_embedded=self.find_embedded)
        self.deploy_hint = deploy_command(settings)
        if taken_by_default(settings, name):
            self.by_default = f" (environment {settings.name}; no embedded AWS is up: `rft local up`)"
        return connect(settings, root=self.root, find_embedded=self.find_embedded)


def run(
    app: typer.Typer,
    arguments: Sequence[str],
    session: Session,
    *,
    also_no_aws: tuple[type[Exception], ...] = (),
) -> int:
    """Call a command line and return its exit code; an error becomes one line on standard error.

    ``also_no_aws`` are errors of the embedded AWS, which this package does not know (exit code 3).
    """
    errors = Console(stderr=True, highlight=False, soft_wrap=True)

    def fail(message: object, code: Exit) -> int:
        errors.print(f"rft: {message}", markup=False)
        return code

    try:
        app(list(arguments), obj=session, prog_name="rft")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.OK
    except KeyboardInterrupt:
        return fail("interrupted", Exit.INTERRUPTED)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        if isinstance(error, (NoAws, *also_no_aws)):
            return fail(f"{error}{session.by_default}", Exit.NO_AWS)
        if isinstance(error, RftError | OSError) and not isinstance(error, ConnectionError):
            return fail(error, Exit.UNUSABLE_CALL)
        fault = explain(error, deploy=session.deploy_hint)
        if fault is None:
            raise
        return fail(f"{fault}{session.by_default}", Exit.NO_AWS)
    return Exit.OK


def out() -> Console:
    """Return the console of standard output as it is now; where it is no terminal, nothing is cut off."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDE)
