"""The stacks for AWS, deployed by the CDK CLI onto an embedded AWS."""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from local.embedded import ACCOUNT, REGION, ROOT

CDK = ROOT / "node_modules" / ".bin" / "cdk"
ENVIRONMENT = "local"
TAIL = 3_000  # characters of the log that an error quotes
DONE = re.compile(r"^\s*✅\s+(\S+)(?: \(\S+\))?( \(no changes\))?\s*$")


class DeployError(RuntimeError):
    """The CDK CLI failed; the message quotes the end of its output."""


class Embedded(Protocol):
    """An embedded AWS, as far as deploying needs it."""

    def environment(self) -> dict[str, str]:
        """Return the environment of a command line that talks to it."""


class At:
    """An embedded AWS that another process started."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    def environment(self) -> dict[str, str]:
        """Return the environment of a command line that talks to it."""
        return dict(self._environment)


def bootstrap(aws: Embedded, *, log: Path | None = None) -> None:
    """Make what the CDK CLI needs in an account: a bucket and roles.

    Raises:
        DeployError: the CDK CLI failed.

    """
    # Without an app, so that bootstrapping does not wait for a synthesis.
    _cdk(aws, ["bootstrap", "--app", "", f"aws://{ACCOUNT}/{REGION}"], log=log)


def deploy(
    aws: Embedded,
    *,
    on_stack: Callable[[str], None] | None = None,
    log: Path | None = None,
    environment: str = ENVIRONMENT,
) -> None:
    """Deploy every stack of an environment, ``local`` unless told otherwise; ``on_stack`` hears which one is done.

    Raises:
        DeployError: the CDK CLI failed; nothing of it goes on.

    """
    with tempfile.TemporaryDirectory(prefix="rft-cdk-") as scratch:
        # An output folder of its own: two CLIs cannot share one.
        _cdk(
            aws,
            ["deploy", "--app", f"{ROOT / '.venv' / 'bin' / 'python'} app.py", "-o", f"{scratch}/cdk.out"]
            + ["-c", f"environment={environment}", "--method=direct", "--require-approval", "never"]
            + ["--concurrency", "4", f"{environment}/*"],
            log=log,
            on_line=_listener(on_stack),
        )


def _listener(on_stack: Callable[[str], None] | None) -> Callable[[str], None]:
    def listen(line: str) -> None:
        if on_stack is not None and (done := DONE.match(line)):
            on_stack(done[1] + (", unchanged" if done[2] else ""))

    return listen


def _cdk(
    aws: Embedded, arguments: list[str], *, log: Path | None, on_line: Callable[[str], None] = lambda _line: None
) -> None:
    if not CDK.exists():
        raise DeployError("the CDK CLI is not installed; run `make setup`")
    environment = aws.environment() | {"NO_COLOR": "1", "CI": "true"}  # CI: all output on standard output
    text: list[str] = []
    with subprocess.Popen(
        [str(CDK), *arguments, "--no-notices"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as child:
        try:
            for line in child.stdout or ():
                text.append(line)
                on_line(line)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
    if log is not None:
        with log.open("a") as sink:
            sink.write(f"$ cdk {' '.join(arguments)}\n{''.join(text)}")
    if child.returncode:
        raise DeployError(f"`cdk {arguments[0]}` failed:\n{''.join(text)[-TAIL:].strip()}")
