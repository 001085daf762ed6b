"""Names that are functions of content, so that doing a step twice finds what the first time made."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def digest(value: Any, *, length: int = 12) -> str:
    """Return the first ``length`` hexadecimal digits of the SHA-256 of ``value`` as canonical JSON (sorted keys)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def run_name(task: str, key: str, version_id: str, *, attempt: int = 1) -> str:
    """Return the name of a run and of its execution: the same event twice gives the same name.

    Step Functions allows 80 characters and keeps a name for 90 days (API_StartExecution).
    """
    suffix = "" if attempt == 1 else f"-r{attempt}"
    return f"{task}-{digest([key, version_id])}{suffix}"


def job_name(prefix: str, task: str, content_hash: str, attempt: int) -> str:
    """Return the Bedrock job's name; also the name of its model. At most 63 characters, no ``_`` and no ``.``."""
    return f"{prefix}-{task}-{content_hash}-a{attempt}"


def content_hash(
    *, dataset_version: str, base_model: str, hyperparameters: Mapping[str, int | float | str], grader: str
) -> str:
    """Return the hash of all that determines a training job; two runs that share it share the job."""
    return digest({"dataset": dataset_version, "base": base_model, "hyper": dict(hyperparameters), "grader": grader})


def candidate_deployment_name(prefix: str, run_id: str) -> str:
    """Return the name of a run's candidate deployment (63 characters at most, Bedrock)."""
    return f"{prefix}-cand-{run_id}"[:63].rstrip("-_")


def champion_name(prefix: str, task: str) -> str:
    """Return the name of the champion's deployment and of its provisioned throughput."""
    return f"{prefix}-{task}-champion"


def champion_parameter(prefix: str, task: str) -> str:
    """Return the SSM parameter that says which model serves a task."""
    return f"/{prefix}/{task}/champion"


def bucket_name(prefix: str, role: str, account: str, region: str) -> str:
    """Return a bucket's name; ``role`` is intake, datasets, artefacts or access-logs."""
    return f"{prefix}-{role}-{account}-{region}"


def function_name(prefix: str, step: str) -> str:
    """Return a step function's name, e.g. ``rft-dev-launch-training``."""
    return f"{prefix}-{step.replace('_', '-')}"


def grader_name(prefix: str, task: str) -> str:
    """Return the grader function's name of a task."""
    return f"{prefix}-grader-{task}"


def table_name(prefix: str) -> str:
    """Return the runs table's name."""
    return f"{prefix}-runs"


def machine_name(prefix: str, workflow: str) -> str:
    """Return a state machine's name; ``workflow`` is training or clean-up."""
    return f"{prefix}-{workflow}"


def topic_name(prefix: str) -> str:
    """Return the name of the topic that tells people how runs end."""
    return f"{prefix}-notifications"


def service_role_name(prefix: str) -> str:
    """Return the name of the role that Bedrock assumes for customization jobs."""
    return f"{prefix}-bedrock-customization"
