"""One embedded AWS for all probes; functions and machines are made by hand, without the CDK."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.embedded import EmbeddedAws

LAMBDA = {"Service": "lambda.amazonaws.com"}
STATES = {"Service": "states.amazonaws.com"}


@dataclass
class Probe:
    """An embedded AWS and short ways to make things in it."""

    aws: EmbeddedAws

    def role(self, service: str, *statements: dict[str, Any], condition: dict[str, Any] | None = None) -> str:
        """Make a role with these statements and return its ARN."""
        iam, name = self.aws.client("iam"), f"probe-{uuid.uuid4().hex[:8]}"
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        if condition:
            trust["Condition"] = condition
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
        return arn

    def function(self, source: str, *, role: str | None = None, handler: str = "code.handler", **options: Any) -> str:
        """Make a function of one file ``code.py`` and return its ARN."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr(zipfile.ZipInfo("code.py"), source)  # without the time: the same source has the same bytes
        made = self.aws.client("lambda").create_function(
            FunctionName=f"probe-{uuid.uuid4().hex[:8]}",
            Runtime="python3.14",
            Architectures=["arm64"],
            Handler=handler,
            Role=role or self.role("lambda.amazonaws.com"),
            Code={"ZipFile": archive.getvalue()},
            Timeout=options.pop("Timeout", 10),
            **options,
        )
        return str(made["FunctionArn"])

    def invoke(self, function: str, payload: Any = None, **options: Any) -> Any:
        """Invoke a function and return its answer, or its error document."""
        answer = self.aws.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps(payload).encode(), **options
        )
        return json.loads(answer["Payload"].read() or b"null")

    def machine(self, states: dict[str, Any], role: str, start: str, **top: Any) -> str:
        """Make a JSONata state machine and return its ARN."""
        definition = {"QueryLanguage": "JSONata", "StartAt": start, "States": states, **top}
        made = self.aws.client("stepfunctions").create_state_machine(
            name=f"probe-{uuid.uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=role
        )
        return str(made["stateMachineArn"])

    def execute(self, machine: str, data: Any = None, *, seconds: float = 20) -> Any:
        """Run an execution to its end and describe it."""
        client = self.aws.client("stepfunctions")
        arn = client.start_execution(stateMachineArn=machine, input=json.dumps(data or {}))["executionArn"]
        return self.until(
            lambda: client.describe_execution(executionArn=arn), lambda d: d["status"] != "RUNNING", seconds
        )

    def may_invoke(self, *functions: str) -> str:
        """Make a role for state machines that may invoke these functions."""
        grant = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": list(functions)}
        return self.role("states.amazonaws.com", grant)

    def until(self, look: Callable[[], Any], wanted: Callable[[Any], bool], seconds: float = 15) -> Any:
        """Return what ``look`` sees once it is as wanted."""
        end = time.monotonic() + seconds
        while not wanted(seen := look()):
            assert time.monotonic() < end, f"still {seen}"
            time.sleep(0.05)
        return seen


@pytest.fixture(scope="session")
def probe() -> Iterator[Probe]:
    """Start the embedded AWS once."""
    with EmbeddedAws() as aws:
        yield Probe(aws)
