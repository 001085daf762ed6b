"""The embedded AWS: two child processes on loopback, the emulator and the local Bedrock behind it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import msgspec
from botocore.config import Config

from local.bedrock.options import BedrockOptions

ROOT = Path(__file__).parent.parent
ACCOUNT = "000000000000"
REGION = "us-east-1"
START_SECONDS = 60.0
PORT_TRIES = 4
SAVING_SECONDS = 60.0  # seen: 2 to 7
KILL_SECONDS = 5.0


class EmbeddedAwsError(RuntimeError):
    """The embedded AWS cannot start; the message names the fix or quotes the log."""


class _PortTaken(EmbeddedAwsError):
    """Somebody else listens on a port, or talks from it."""


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Return whether nobody listens on a port of the loopback interface."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def emulator_python() -> Path:
    """Return the interpreter of the emulator's virtual environment.

    Raises:
        EmbeddedAwsError: it is not there.

    """
    path = ROOT / ".venv-emulator" / "bin" / "python"
    if not path.exists():
        raise EmbeddedAwsError(f"{path.parent.parent} is missing; run `make setup`")
    return path


def client_environment(url: str) -> dict[str, str]:
    """Return a clean environment in which command lines talk to an embedded AWS and to nothing else."""
    return {
        "PATH": f"{ROOT / 'node_modules' / '.bin'}:{ROOT / '.venv' / 'bin'}:{os.environ.get('PATH', '')}",
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }


class EmbeddedAws:
    """Start with ``start`` or as a context manager; nothing is left after ``stop``.

    ``state`` is a folder in which the emulator keeps what was deployed; a copy of it starts another embedded AWS.
    Without ``save``, what happens after ``start`` is lost, and ``stop`` is quicker. ``packages`` is a folder for
    unpacked code and layers that several share; else each unpacks its own.
    """

    def __init__(
        self,
        *,
        state: Path | None = None,
        save: bool = True,
        packages: Path | None = None,
        port: int | None = None,
        log: Path | None = None,
        bedrock: BedrockOptions | None = None,
    ) -> None:
        self.state = state
        self._save = save
        self._packages = packages
        self._given_port = port
        self.port = port or free_port()
        self.bedrock_port = free_port()
        self.options = bedrock or BedrockOptions()
        self.account = ACCOUNT
        self.region = REGION
        self._log = log
        self._folder: Path | None = None
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """The endpoint of every AWS service."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def bedrock_url(self) -> str:
        """The local Bedrock's own port, for its admin interface."""
        return f"http://127.0.0.1:{self.bedrock_port}"

    @property
    def pids(self) -> list[int]:
        """The process groups that belong to this embedded AWS."""
        return [child.pid for child in self._children]

    @property
    def folder(self) -> Path:
        """The private temporary folder; gone after ``stop``."""
        if self._folder is None:
            raise EmbeddedAwsError("the embedded AWS is not started")
        return self._folder

    def start(self) -> None:
        """Start both children and wait until they answer.

        A port that was free a moment ago may be somebody's when a child asks for it: then others are tried.

        Raises:
            EmbeddedAwsError: the port is taken, a child died, or it did not answer in a minute.

        """
        for _ in range(PORT_TRIES - 1):
            try:
                self._start()
            except _PortTaken:
                if self._given_port:
                    raise
                self.port, self.bedrock_port = free_port(), free_port()
            else:
                return
        self._start()

    def _start(self) -> None:
        for port in (self.port, self.bedrock_port):
            if not is_free(port):
                raise _PortTaken(f"port {port} is already in use; stop what listens there, or choose another")
        self._folder = Path(tempfile.mkdtemp(prefix="rft-embedded-"))
        try:
            self._spawn(
                [sys.executable, "-m", "local.bedrock", "--port", str(self.bedrock_port), "--emulator", self.url]
                + ["--options", msgspec.json.encode(self.options).decode()],
                {"PATH": os.environ.get("PATH", ""), "TMPDIR": str(self._folder), "LANG": "C.UTF-8"},
            )
            self._spawn([str(emulator_python()), "-m", "local.emulator"], self._emulator_environment())
            self._await(f"{self.bedrock_url}/_local/health")
            self._await(f"{self.url}/_ministack/health")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End both children with all their descendants and remove the private folder. Safe to repeat."""
        stop_groups(self.pids, saving_seconds=SAVING_SECONDS if self.state and self._save else 0.0)
        for child in self._children:
            child.wait(10)
        self._children.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def release(self) -> None:
        """Leave the processes to themselves; ``pids`` and ``folder`` say how to end them later."""
        for child in self._children:
            child.returncode = 0  # else Popen warns of a child that still runs when it is collected
        self._children.clear()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Stop."""
        self.stop()

    def environment(self) -> dict[str, str]:
        """Return a clean environment for command lines, see ``client_environment``."""
        return client_environment(self.url)

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client with the account's root credentials."""
        config = Config(retries={"mode": "standard", "total_max_attempts": 3}, s3={"addressing_style": "path"})
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
            **options,
        )

    def bedrock_admin(self, method: str, path: str, body: Any = None) -> Any:
        """Call the local Bedrock's admin interface below ``/_local/`` and return its JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.bedrock_url + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def _emulator_environment(self) -> dict[str, str]:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.folder),
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AUTH": "true",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_WARM_TTL_SECONDS": "600",
            "LAMBDA_ACCOUNT_CONCURRENCY": "40",
            "LOG_LEVEL": "WARNING",
            "PYTHONDONTWRITEBYTECODE": "1",
            "RFT_LOCAL_PYTHON": sys.executable,
            "RFT_LOCAL_RUNTIME_SITE": str(ROOT / "build" / "layers" / "host" / "python"),
            "RFT_LOCAL_BEDROCK": self.bedrock_url,
        }
        if self._packages is not None:
            self._packages.mkdir(parents=True, exist_ok=True)
            environment["RFT_LOCAL_PACKAGES"] = str(self._packages)
        if self.state is not None:
            self.state.mkdir(parents=True, exist_ok=True)
            environment |= {
                "PERSIST_STATE": "1",
                "STATE_DIR": str(self.state),
                "S3_PERSIST": "1",
                "S3_DATA_DIR": str(self.state / "s3"),
            }
        return environment

    def _spawn(self, command: list[str], environment: dict[str, str]) -> None:
        log = self._log or self.folder / "embedded.log"
        with log.open("ab") as sink:
            child = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        self._children.append(child)

    def _await(self, url: str) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            dead = [child for child in self._children if child.poll() is not None]
            if dead or time.monotonic() > end:
                log = self._log or self.folder / "embedded.log"
                tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
                kind = _PortTaken if dead and "already in use" in tail else EmbeddedAwsError
                raise kind(f"the embedded AWS did not start ({url}):\n{tail}")
            time.sleep(0.05)


def stop_groups(pids: list[int], *, saving_seconds: float = 0.0) -> None:
    """End process groups: leave them at most so long to save their state, then for good."""
    for kind, seconds in ((signal.SIGTERM, saving_seconds), (signal.SIGKILL, KILL_SECONDS)):
        for pid in pids:
            _signal(pid, kind)
        end = time.monotonic() + seconds
        while any(_alive(pid) for pid in pids) and time.monotonic() < end:
            time.sleep(0.05)
    for pid in pids:
        _signal(pid, signal.SIGKILL)  # functions' workers share the session of the emulator


def _signal(pid: int, kind: signal.Signals) -> None:
    try:
        os.killpg(pid, kind)
    except ProcessLookupError:
        return


def _alive(pid: int) -> bool:
    try:
        done, _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    return done == 0
