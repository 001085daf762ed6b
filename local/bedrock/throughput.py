"""Operations on provisioned throughput. It bills by the hour from Creating until it is deleted."""

import time
from operator import itemgetter
from typing import Any

from local.bedrock.errors import ServiceError, not_found, validation
from local.bedrock.faults import Faults
from local.bedrock.lists import chosen
from local.bedrock.models import Models
from local.bedrock.store import ARN, Store, Throughput, new_id, now

FILTERS = {"statusEquals": itemgetter("status"), "modelArnEquals": itemgetter("modelArn")}


class Throughputs:
    """Create, Get, List, Update and DeleteProvisionedModelThroughput."""

    def __init__(self, store: Store, models: Models, faults: Faults) -> None:
        self._store = store
        self._models = models
        self._faults = faults

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """Begin to provide units for a custom model, within the account's quota."""
        model = self._models.find(params["modelId"])
        name = params["provisionedModelName"]
        with self._store.lock:
            token = params.get("clientRequestToken")
            if token in self._store.tokens:
                return {"provisionedModelArn": self._store.tokens[token][1]}
            if any(t.name == name for t in self._store.throughputs.values()):
                raise validation(f"A provisioned model named {name} already exists")
            used = sum(t.units for t in self._store.throughputs.values())
            if used + params["modelUnits"] > self._store.options.quotas["L-BE77399C"]:
                raise ServiceError(
                    "ServiceQuotaExceededException",
                    "Your account does not currently have any no commitment model units reserved for this model",
                )
            slow = self._faults.take("throughput_slow", name=name)
            seconds = slow.seconds if slow else self._store.options.provisioned_seconds
            throughput = Throughput(
                arn=f"{ARN}:provisioned-model/{new_id()}",
                name=name,
                model_arn=model.arn,
                units=params["modelUnits"],
                ready_at=time.monotonic() + seconds,
                commitment=params.get("commitmentDuration"),
            )
            self._store.throughputs[throughput.arn] = throughput
            self._store.tag(throughput.arn, params.get("tags"))
            if token:
                self._store.tokens[token] = (params, throughput.arn)
        return {"provisionedModelArn": throughput.arn}

    def find(self, identifier: str) -> Throughput:
        """Return provisioned throughput by ARN, id or name, its clock advanced."""
        with self._store.lock:
            for item in self._store.throughputs.values():
                if identifier in (item.arn, item.arn.rsplit("/", 1)[-1], item.name):
                    _advance(item)
                    return item
        raise not_found(f"the provisioned model {identifier}")

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """Describe provisioned throughput."""
        return self._describe(self.find(params["provisionedModelId"]))

    def list(self, params: dict[str, Any]) -> dict[str, Any]:
        """List provisioned throughput by the request's filters."""
        with self._store.lock:
            items = [self._describe(t) for t in self._store.throughputs.values()]
        found, token = chosen(params, items, name="provisionedModelName", created="creationTime", equals=FILTERS)
        return {"provisionedModelSummaries": found, "nextToken": token}

    def update(self, params: dict[str, Any]) -> dict[str, Any]:
        """Rename, or begin to swap the model for one of the same base."""
        item = self.find(params["provisionedModelId"])
        with self._store.lock:
            if status(item) != "InService":
                raise ServiceError("ConflictException", f"The provisioned model is {status(item)}")
            if params.get("desiredProvisionedModelName"):
                item.name = params["desiredProvisionedModelName"]
            if params.get("desiredModelId"):
                wanted = self._models.find(params["desiredModelId"])
                if wanted.job.base_arn != self._models.find(item.model_arn).job.base_arn:
                    raise validation("The desired model has another base model")
                item.next_model = wanted.arn
                item.update_ready_at = time.monotonic() + self._store.options.update_seconds
        return {}

    def delete(self, params: dict[str, Any]) -> dict[str, Any]:
        """Delete provisioned throughput without a running commitment."""
        item = self.find(params["provisionedModelId"])
        with self._store.lock:
            if item.commitment:
                raise ServiceError("ConflictException", "The commitment term of the provisioned model has not ended")
            if status(item) in ("Creating", "Updating"):
                raise ServiceError("ConflictException", f"The provisioned model is {status(item)}")
            self._store.throughputs.pop(item.arn, None)
        return {}

    def _describe(self, item: Throughput) -> dict[str, Any]:
        _advance(item)
        return {
            "modelUnits": item.units,
            "desiredModelUnits": item.units,
            "provisionedModelName": item.name,
            "provisionedModelArn": item.arn,
            "modelArn": item.model_arn,
            "desiredModelArn": item.next_model or item.model_arn,
            "foundationModelArn": self._models.find(item.model_arn).job.base_arn,
            "status": status(item),
            "creationTime": item.created,
            "lastModifiedTime": item.updated,
            "commitmentDuration": item.commitment,
        }


def status(item: Throughput) -> str:
    """Return Creating, InService or Updating."""
    if time.monotonic() < item.ready_at:
        return "Creating"
    return "Updating" if item.next_model and time.monotonic() < item.update_ready_at else "InService"


def _advance(item: Throughput) -> None:
    if item.next_model and time.monotonic() >= item.update_ready_at:
        item.model_arn, item.next_model, item.updated = item.next_model, None, now()
