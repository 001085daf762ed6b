"""The local Bedrock's own interface for tests and the command line: ``/_local/`` on its own port only."""

from typing import Any

import msgspec

from local.bedrock import deployments
from local.bedrock import throughput as throughputs
from local.bedrock.faults import Fault
from local.bedrock.options import BedrockOptions
from local.bedrock.service import Bedrock
from local.bedrock.store import Deployment, Job, Model, Throughput


def answer(bedrock: Bedrock, method: str, path: str, body: bytes) -> Any:
    """Answer one admin request with JSON types; None for an unknown one."""
    what = (method, path.removeprefix("/_local/").split("/")[0])
    if what == ("GET", "health"):
        return {"status": "ok"}
    if what == ("GET", "options"):
        return msgspec.to_builtins(bedrock.store.options)
    if what == ("PUT", "options"):
        return _change_options(bedrock, body)
    if what == ("PUT", "faults"):
        bedrock.faults.put(msgspec.json.decode(body, type=list[Fault]))
        return {}
    if what == ("DELETE", "faults"):
        bedrock.faults.clear()
        return {}
    if what == ("DELETE", "deployments"):
        return _lose_deployment(bedrock, path.rsplit("/", 1)[-1])
    if what == ("GET", "requests"):
        return msgspec.to_builtins(bedrock.requests, enc_hook=str)
    if what == ("GET", "billing"):
        return billing(bedrock)
    if what == ("GET", "learning"):
        return {job.name: job.learning for job in bedrock.store.jobs.values()}
    return None


def _change_options(bedrock: Bedrock, body: bytes) -> Any:
    changed = {**msgspec.to_builtins(bedrock.store.options), **msgspec.json.decode(body, type=dict[str, Any])}
    bedrock.store.options = msgspec.convert(changed, BedrockOptions)
    return msgspec.to_builtins(bedrock.store.options)


def _lose_deployment(bedrock: Bedrock, name: str) -> Any:
    """Make a deployment vanish whatever its state, which no API call does."""
    found = [arn for arn, deployment in bedrock.store.deployments.items() if deployment.name == name]
    for arn in found:
        del bedrock.store.deployments[arn]
    return {"gone": found}


def billing(bedrock: Bedrock) -> dict[str, list[dict[str, Any]]]:
    """Return what costs money by the hour right now, what is stored, and what is deployed on demand.

    Each item has its name, ARN, status and tags; what a tag means is the customer's business.
    """
    store = bedrock.store

    def item(held: Job | Model | Deployment | Throughput, state: str) -> dict[str, Any]:
        return {"name": held.name, "arn": held.arn, "status": state, "tags": dict(store.tags.get(held.arn, {}))}

    with store.lock:
        hourly = [item(job, job.status) for job in store.jobs.values() if job.status in ("InProgress", "Stopping")]
        hourly += [item(throughput, throughputs.status(throughput)) for throughput in store.throughputs.values()]
        return {
            "hourly": hourly,
            "models": [item(model, "Active") for model in store.models.values()],
            "deployments": [item(held, deployments.status(held)) for held in store.deployments.values()],
        }
