"""All operations in one table, and the one way in which a request passes through."""

from collections.abc import Callable
from typing import Any

import msgspec
from botocore.model import OperationModel

from local.bedrock.access import Account
from local.bedrock.answer_key import AnswerKey
from local.bedrock.deployments import Deployments
from local.bedrock.errors import ServiceError, validation
from local.bedrock.faults import Faults
from local.bedrock.jobs import Jobs
from local.bedrock.models import Models
from local.bedrock.options import BedrockOptions
from local.bedrock.quotas import Quotas
from local.bedrock.runtime import Runtime
from local.bedrock.shapes import violations
from local.bedrock.store import Store
from local.bedrock.tags import Tags
from local.bedrock.throughput import Throughputs
from local.bedrock.training import Trainer

Operation = Callable[[dict[str, Any]], dict[str, Any]]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it was received, for tests."""

    operation: str
    params: dict[str, Any]
    principal: str


class Bedrock:
    """The service."""

    def __init__(self, account: Account, options: BedrockOptions) -> None:
        self.store = Store(options)
        self.faults = Faults()
        self.requests: list[Request] = []
        self.quotas = Quotas(self.store)
        key = AnswerKey(account)
        self.jobs = Jobs(self.store, Trainer(self.store, account, self.faults, key))
        models = Models(self.store)
        deployments = Deployments(self.store, models, self.faults)
        throughputs = Throughputs(self.store, models, self.faults)
        runtime = Runtime(self.store, key, deployments, throughputs)
        tags = Tags(self.store)
        self.operations: dict[str, Operation] = {
            "CreateModelCustomizationJob": self.jobs.create,
            "GetModelCustomizationJob": self.jobs.get,
            "ListModelCustomizationJobs": self.jobs.list,
            "StopModelCustomizationJob": self.jobs.stop,
            "GetCustomModel": models.get,
            "ListCustomModels": models.list,
            "DeleteCustomModel": models.delete,
            "GetFoundationModel": models.get_foundation,
            "ListFoundationModels": models.list_foundation,
            "GetFoundationModelAvailability": models.availability,
            "GetInferenceProfile": models.get_profile,
            "ListInferenceProfiles": models.list_profiles,
            "CreateCustomModelDeployment": deployments.create,
            "GetCustomModelDeployment": deployments.get,
            "ListCustomModelDeployments": deployments.list,
            "UpdateCustomModelDeployment": deployments.update,
            "DeleteCustomModelDeployment": deployments.delete,
            "CreateProvisionedModelThroughput": throughputs.create,
            "GetProvisionedModelThroughput": throughputs.get,
            "ListProvisionedModelThroughputs": throughputs.list,
            "UpdateProvisionedModelThroughput": throughputs.update,
            "DeleteProvisionedModelThroughput": throughputs.delete,
            "TagResource": tags.add,
            "UntagResource": tags.remove,
            "ListTagsForResource": tags.list,
            "Converse": runtime.converse,
            "InvokeModel": runtime.invoke,
            "ApplyGuardrail": runtime.apply_guardrail,
        }

    def answer(self, service: str, operation: OperationModel, params: dict[str, Any], principal: str) -> dict[str, Any]:
        """Check a request against the service model, then carry it out.

        Raises:
            ServiceError: with the code that Bedrock would answer.

        """
        name = operation.name
        self.requests.append(Request(operation=name, params=params, principal=principal))
        carry_out = self.operations.get(name)
        if carry_out is None:
            raise ServiceError("UnknownOperationException", f"The local Bedrock does not offer {name}")
        fault = self.faults.take("refuse", operation=name)
        if fault:
            raise ServiceError(fault.code, fault.message)
        wrong = violations(service, name, params)
        if wrong:
            raise validation(f"{len(wrong)} validation errors detected: {'; '.join(wrong)}")
        return carry_out(params)
