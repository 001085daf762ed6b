"""What the local Bedrock remembers, in memory."""

import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.bedrock.options import BedrockOptions
from local.bedrock.policy import Policy

REGION = "us-east-1"
ACCOUNT = "000000000000"
ARN = f"arn:aws:bedrock:{REGION}:{ACCOUNT}"


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return twelve lower-case letters and digits, as in Bedrock's ARNs."""
    return uuid.uuid4().hex[:12]


@dataclass(kw_only=True)
class Job:
    """A model customization job."""

    arn: str
    request: dict[str, Any]
    base_arn: str  # of the foundation model
    base_model: "Model | None" = None  # the custom model that is trained further
    status: str = "InProgress"
    created: datetime = field(default_factory=now)
    modified: datetime = field(default_factory=now)
    ended: datetime | None = None
    failure: str | None = None
    model_arn: str | None = None
    phase: str = "validationDetails"
    stop: threading.Event = field(default_factory=threading.Event)
    learning: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.request["jobName"])

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rsplit("/", 1)[-1]


@dataclass(kw_only=True)
class Model:
    """A custom model: the policy that a job left."""

    arn: str
    name: str
    job: Job
    policy: Policy
    created: datetime = field(default_factory=now)


@dataclass(kw_only=True)
class Deployment:
    """A custom-model deployment."""

    arn: str
    name: str
    model_arn: str
    description: str | None
    ready_at: float
    fails: str | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    next_model: str | None = None
    update_ready_at: float = 0.0
    update_fails: str | None = None
    update_status: str | None = None


@dataclass(kw_only=True)
class Throughput:
    """Provisioned throughput."""

    arn: str
    name: str
    model_arn: str
    units: int
    ready_at: float
    commitment: str | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    next_model: str | None = None
    update_ready_at: float = 0.0


class Store:
    """All resources, guarded by one lock."""

    def __init__(self, options: BedrockOptions) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.jobs: dict[str, Job] = {}
        self.models: dict[str, Model] = {}
        self.deployments: dict[str, Deployment] = {}
        self.throughputs: dict[str, Throughput] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, tuple[dict[str, Any], str]] = {}

    def tag(self, arn: str, tags: list[dict[str, str]] | None) -> None:
        """Add tags to a resource."""
        self.tags.setdefault(arn, {}).update({tag["key"]: tag["value"] for tag in tags or []})
