"""A local Bedrock on a real port, with the customer's account in memory."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.bedrock.access import AccessError, GraderError
from local.bedrock.options import BedrockOptions
from local.bedrock.server import Server
from local.bedrock.service import Bedrock

ROLE = "arn:aws:iam::000000000000:role/customization"
GRADER = "arn:aws:lambda:us-east-1:000000000000:function:grader:run-1"
FAST: dict[str, Any] = {"queue_seconds": 0.0, "training_seconds": 0.0, "deployment_seconds": 0.4, "update_seconds": 0.1}


def exact(rollouts: list[dict[str, Any]]) -> Any:
    """Score 1 where the answer ends with the reference."""
    return [
        {
            "id": rollout["id"],
            "aggregate_reward_score": float(
                rollout["messages"][-1]["content"].endswith(str(rollout["metadata"]["reference_answer"]))
            ),
        }
        for rollout in rollouts
    ]


@dataclass
class MemoryAccount:
    """An account in memory; ``refused`` names what its policies refuse."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    grader: Callable[[list[dict[str, Any]]], Any] = exact
    refused: set[str] = field(default_factory=set)
    calls: int = 0

    def assume(self, role: str, source: str, name: str) -> "MemoryAccount":
        if "assume" in self.refused:
            raise AccessError(f"The provided role {role} cannot be assumed by Amazon Bedrock")
        return self

    def emit(self, detail_type: str, detail: dict[str, Any], resource: str) -> None:
        self.events.append(detail)

    def answer_keys(self) -> Iterator[tuple[str, str, str]]:
        for bucket, key in list(self.objects):
            if key.startswith("datasets/"):
                yield bucket, key, str(hash(self.objects[bucket, key]))

    def open_answer_key(self, bucket: str, key: str) -> bytes:
        return self.objects[bucket, key]

    def read(self, bucket: str, key: str) -> bytes:
        if "read" in self.refused or (bucket, key) not in self.objects:
            raise AccessError(
                f"Could not validate GetObject permissions to access Amazon S3 bucket: {bucket} at key {key}"
            )
        return self.objects[bucket, key]

    def write(self, bucket: str, key: str, body: bytes) -> None:
        if "write" in self.refused:
            raise AccessError(f"S3 perms missing (PutObject): bucket {bucket}, key {key}")
        self.objects[bucket, key] = body

    def grade(self, function: str, rollouts: list[dict[str, Any]]) -> Any:
        self.calls += 1
        if "invoke" in self.refused:
            raise AccessError(f"Not authorized to invoke {function}")
        return json.loads(json.dumps(self.grader(rollouts)))


@dataclass
class Local:
    """A running local Bedrock with its clients."""

    bedrock: Bedrock
    account: MemoryAccount
    control: Any
    runtime: Any

    def job(self, name: str = "job-1", **changes: Any) -> dict[str, Any]:
        """Return the arguments of a valid CreateModelCustomizationJob."""
        return {
            "jobName": name,
            "customModelName": name,
            "roleArn": ROLE,
            "baseModelIdentifier": "amazon.nova-2-lite-v1:0:256k",
            "customizationType": "REINFORCEMENT_FINE_TUNING",
            "trainingDataConfig": {"s3Uri": "s3://data/datasets/sums/v1/train.jsonl"},
            "outputDataConfig": {"s3Uri": "s3://out/training/"},
            "customizationConfig": {
                "rftConfig": {
                    "graderConfig": {"lambdaGrader": {"lambdaArn": GRADER}},
                    "hyperParameters": {
                        "epochCount": 1,
                        "batchSize": 32,
                        "learningRate": 5e-5,
                        "trainingSamplePerPrompt": 4,
                    },
                }
            },
            **changes,
        }

    def run(self, name: str = "job-1", **changes: Any) -> dict[str, Any]:
        """Create a job, wait for its end and return its description."""
        self.control.create_model_customization_job(**self.job(name, **changes))
        return self.finish(name)

    def finish(self, name: str) -> dict[str, Any]:
        """Wait for a job's end."""
        waited = threading.Event()
        for _ in range(400):
            found = self.control.get_model_customization_job(jobIdentifier=name)
            if found["status"] not in ("InProgress", "Stopping"):
                return dict(found)
            waited.wait(0.025)
        raise AssertionError(f"{name} did not end")

    def until(self, ask: Callable[[], Any], wanted: Any) -> None:
        """Wait until ``ask`` answers what is wanted."""
        waited = threading.Event()
        for _ in range(200):
            if ask() == wanted:
                return
            waited.wait(0.025)
        raise AssertionError(f"still {ask()!r}, not {wanted!r}")


def records(count: int) -> bytes:
    """Return a training file of sums."""
    lines = []
    for i in range(count):
        message = {"role": "user", "content": f"What is {i} plus {i % 9}?"}
        lines.append(json.dumps({"id": f"r{i}", "messages": [message], "reference_answer": str(i + i % 9)}))
    return "\n".join(lines).encode() + b"\n"


@pytest.fixture
def local() -> Iterator[Local]:
    """Start a fast local Bedrock with 120 training records."""
    account = MemoryAccount()
    account.objects["data", "datasets/sums/v1/train.jsonl"] = records(120)
    bedrock = Bedrock(account, BedrockOptions(**FAST, provisioned_seconds=0.1, grader_retry_seconds=0.01))
    with Server(bedrock, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.server_address[1]

        def client(service: str) -> Any:
            return boto3.client(
                service,  # type: ignore[call-overload]
                endpoint_url=f"http://127.0.0.1:{port}",
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}),
            )

        yield Local(bedrock, account, client("bedrock"), client("bedrock-runtime"))
        server.shutdown()
    thread.join(5)


def broken(rollouts: list[dict[str, Any]]) -> Any:
    """Raise as a grader function would."""
    raise GraderError("KeyError: 'reference_answer'")
