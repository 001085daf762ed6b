"""Operations on custom-model deployments. Their states follow from the clock."""

import time
from operator import itemgetter
from typing import Any

from local.bedrock.errors import ServiceError, not_found, validation
from local.bedrock.faults import Faults
from local.bedrock.lists import chosen
from local.bedrock.models import Models
from local.bedrock.store import ARN, Deployment, Store, new_id, now

FILTERS = {"statusEquals": itemgetter("status"), "modelArnEquals": itemgetter("modelArn")}


class Deployments:
    """Create, Get, List, Update and DeleteCustomModelDeployment."""

    def __init__(self, store: Store, models: Models, faults: Faults) -> None:
        self._store = store
        self._models = models
        self._faults = faults

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """Begin to deploy a model; quotas bound those in progress and all."""
        model = self._models.find(params["modelArn"])
        name = params["modelDeploymentName"]
        with self._store.lock:
            token = params.get("clientRequestToken")
            if token in self._store.tokens:
                return {"customModelDeploymentArn": self._store.tokens[token][1]}
            existing = list(self._store.deployments.values())
            if any(deployment.name == name for deployment in existing):
                raise ServiceError("ConflictException", f"A custom model deployment named {name} already exists")
            if len(existing) >= self._store.options.quotas["L-1EF80F3E"]:
                raise ServiceError(
                    "ServiceQuotaExceededException", "The maximum number of custom model deployments is reached"
                )
            if sum(status(d) == "Creating" for d in existing) >= self._store.options.quotas["L-430C95DD"]:
                raise ServiceError("ServiceQuotaExceededException", "Too many custom model deployments are in progress")
            slow = self._faults.take("deployment_slow", name=name)
            broken = self._faults.take("deployment_fails", name=name)
            seconds = slow.seconds if slow else self._store.options.deployment_seconds
            deployment = Deployment(
                arn=f"{ARN}:custom-model-deployment/{new_id()}",
                name=name,
                model_arn=model.arn,
                description=params.get("description"),
                ready_at=time.monotonic() + seconds,
                fails=broken.message if broken else None,
            )
            self._store.deployments[deployment.arn] = deployment
            self._store.tag(deployment.arn, params.get("tags"))
            if token:
                self._store.tokens[token] = (params, deployment.arn)
        return {"customModelDeploymentArn": deployment.arn}

    def find(self, identifier: str) -> Deployment:
        """Return a deployment by ARN, id or name, its clock advanced."""
        with self._store.lock:
            for deployment in self._store.deployments.values():
                if identifier in (deployment.arn, deployment.arn.rsplit("/", 1)[-1], deployment.name):
                    _advance(deployment)
                    return deployment
        raise not_found(f"the custom model deployment {identifier}")

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """Describe a deployment; an update's progress is in ``updateDetails``."""
        deployment = self.find(params["customModelDeploymentIdentifier"])
        details = None
        if deployment.update_status:
            wanted = deployment.next_model or deployment.model_arn
            details = {"modelArn": wanted, "updateStatus": deployment.update_status}
        return {
            "customModelDeploymentArn": deployment.arn,
            "modelDeploymentName": deployment.name,
            "modelArn": deployment.model_arn,
            "createdAt": deployment.created,
            "status": status(deployment),
            "description": deployment.description,
            "updateDetails": details,
            "failureMessage": deployment.fails if status(deployment) == "Failed" else deployment.update_fails,
            "lastUpdatedAt": deployment.updated,
        }

    def list(self, params: dict[str, Any]) -> dict[str, Any]:
        """List deployments; the name's key differs from Get's, as on AWS."""
        with self._store.lock:
            items = [
                {
                    "customModelDeploymentArn": d.arn,
                    "customModelDeploymentName": d.name,
                    "modelArn": d.model_arn,
                    "createdAt": d.created,
                    "status": status(d),
                    "lastUpdatedAt": d.updated,
                }
                for d in self._store.deployments.values()
            ]
        found, token = chosen(params, items, name="customModelDeploymentName", created="createdAt", equals=FILTERS)
        return {"modelDeploymentSummaries": found, "nextToken": token}

    def update(self, params: dict[str, Any]) -> dict[str, Any]:
        """Begin to swap the model; the old one answers until the update is complete."""
        deployment = self.find(params["customModelDeploymentIdentifier"])
        model = self._models.find(params["modelArn"])
        with self._store.lock:
            self._settled(deployment)
            broken = self._faults.take("update_fails", name=deployment.name)
            deployment.next_model = model.arn
            deployment.update_status = "Updating"
            deployment.update_fails = broken.message if broken else None
            deployment.update_ready_at = time.monotonic() + self._store.options.update_seconds
        return {"customModelDeploymentArn": deployment.arn}

    def delete(self, params: dict[str, Any]) -> dict[str, Any]:
        """Delete a deployment that is not in motion."""
        deployment = self.find(params["customModelDeploymentIdentifier"])
        with self._store.lock:
            self._settled(deployment)
            self._store.deployments.pop(deployment.arn, None)
        return {}

    def _settled(self, deployment: Deployment) -> None:
        if status(deployment) == "Creating" or deployment.update_status == "Updating":
            raise validation("Custom model deployment is in a mutating state")


def status(deployment: Deployment) -> str:
    """Return Creating, Active or Failed."""
    if time.monotonic() < deployment.ready_at:
        return "Creating"
    return "Failed" if deployment.fails else "Active"


def _advance(deployment: Deployment) -> None:
    if deployment.update_status != "Updating" or time.monotonic() < deployment.update_ready_at:
        return
    if deployment.update_fails:
        deployment.update_status = "UpdateFailed"
    else:
        deployment.model_arn = deployment.next_model or deployment.model_arn
        deployment.next_model = None
        deployment.update_status = "UpdateCompleted"
    deployment.updated = now()
