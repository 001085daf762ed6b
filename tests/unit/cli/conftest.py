"""The command line against boto3 clients whose answers a test lays down beforehand."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from local.embedded import client_environment
from rft.aws import clients
from rft.cli.main import app
from rft.cli.session import Session, run
from tests.unit.cli.helpers import Outcome

SERVICES = {
    "dynamodb": "dynamodb",
    "s3": "s3",
    "stepfunctions": "stepfunctions",
    "functions": "lambda",
    "cloudwatch": "cloudwatch",
    "sts": "sts",
    "ssm": "ssm",
}
NOWHERE = "http://127.0.0.1:9"  # nothing listens there


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """Give back the environment variables that the command changed."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    """Return a stubber per service, by the name of the function in rft.aws.clients; all answers must be fetched."""
    stubbers = {}
    for name, service in SERVICES.items():
        client = boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]
        stubbers[name] = Stubber(client)
        stubbers[name].activate()
        monkeypatch.setattr(clients, name, lambda client=client: client)
    yield stubbers
    for stubber in stubbers.values():
        stubber.assert_no_pending_responses()


@pytest.fixture
def rft(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Return the command line as a function of its arguments, with an embedded AWS that is up unless told otherwise."""

    def call(*arguments: str, up: bool = True, root: Path | None = None) -> Outcome:
        session = Session(find_embedded=lambda: client_environment(NOWHERE) if up else None)
        if root is not None:
            session.root = root
        capsys.readouterr()
        code = run(app, arguments, session)
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return call
