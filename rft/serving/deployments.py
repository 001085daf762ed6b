"""Custom-model deployments: on demand, paid by tokens, updated in place.

Source of the rules: Bedrock API of 2023-04-20 and recorded answers. Get and List name the deployment differently;
``status`` knows no Updating, which stands in ``updateDetails``; nothing can be deleted while it mutates.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from rft import names
from rft.aws import clients
from rft.aws.refusals import AwsRefusal, mutating, not_found, quota_exceeded, reason
from rft.errors import DeploymentFailed, StillMutating
from rft.keys import DeploymentStatus, UpdateStatus
from rft.serving.tags import as_request

DEFAULT_TOTAL: Final = 10  # quota L-1EF80F3E, custom model deployments in an account


class DeploymentView(Struct, frozen=True, kw_only=True):
    """A deployment as Bedrock describes it."""

    arn: str
    name: str
    model_arn: str
    status: DeploymentStatus
    failure: str = ""
    target: str | None = None  # the model of the last update in place
    update: UpdateStatus | None = None

    @property
    def is_mutating(self) -> bool:
        """Whether it is being created or updated, so that Bedrock refuses to change or delete it."""
        return self.status is DeploymentStatus.CREATING or self.update is UpdateStatus.UPDATING

    @property
    def headed_for(self) -> str:
        """The model that it serves, or will serve when the update under way has ended well."""
        if self.target and self.update in (UpdateStatus.UPDATING, UpdateStatus.COMPLETED):
            return self.target
        return self.model_arn


class DeploymentSummary(Struct, frozen=True, kw_only=True):
    """A deployment as a list shows it."""

    arn: str
    name: str
    model_arn: str
    status: DeploymentStatus
    created_at: datetime


def create_request(*, name: str, model_arn: str, tags: Mapping[str, str], token_of: str) -> dict[str, Any]:
    """Return the parameters of CreateCustomModelDeployment; equal ``token_of`` makes Bedrock create it only once."""
    return {
        "modelDeploymentName": name,
        "modelArn": model_arn,
        "description": "bedrock-rft: on demand, no cost while idle",
        "tags": as_request(tags),
        "clientRequestToken": names.digest([name, model_arn, token_of], length=32),
    }


def list_all(name_contains: str | None = None) -> list[DeploymentSummary]:
    """Return the account's deployments, all pages, newest first."""
    filters: dict[str, Any] = {"nameContains": name_contains} if name_contains else {}
    pages = clients.bedrock().get_paginator("list_custom_model_deployments").paginate(**filters)
    return [
        DeploymentSummary(
            arn=item["customModelDeploymentArn"],
            name=item["customModelDeploymentName"],
            model_arn=item["modelArn"],
            status=DeploymentStatus(item["status"]),
            created_at=item["createdAt"],
        )
        for page in pages
        for item in page.get("modelDeploymentSummaries", [])
    ]


def get(arn: str) -> DeploymentView | None:
    """Return a deployment, or None if there is no such one."""
    try:
        answer = clients.bedrock().get_custom_model_deployment(customModelDeploymentIdentifier=arn)
    except AwsRefusal as refusal:
        if not_found(refusal):
            return None
        raise
    progress = answer.get("updateDetails")
    return DeploymentView(
        arn=answer["customModelDeploymentArn"],
        name=answer["modelDeploymentName"],
        model_arn=answer["modelArn"],
        status=DeploymentStatus(answer["status"]),
        failure=answer.get("failureMessage", ""),
        target=progress["modelArn"] if progress else None,
        update=UpdateStatus(progress["updateStatus"]) if progress else None,
    )


def find(name: str) -> DeploymentView | None:
    """Return the deployment of exactly this name, or None."""
    exact = [found for found in list_all(name) if found.name == name]
    return get(exact[0].arn) if exact else None


def create(*, name: str, model_arn: str, tags: Mapping[str, str], token_of: str) -> str | None:
    """Ask for a deployment; return its ARN, or None if it has to wait for others that are being created.

    Raises:
        DeploymentFailed: the account may hold no more deployments; the message names quota and fix.
        ClientError: Bedrock refused the request for another reason.

    """
    request = create_request(name=name, model_arn=model_arn, tags=tags, token_of=token_of)
    try:
        return clients.bedrock().create_custom_model_deployment(**request)["customModelDeploymentArn"]
    except AwsRefusal as refusal:
        if mutating(refusal):
            return None
        if not quota_exceeded(refusal):
            raise
        present = list_all()
        if len(present) < DEFAULT_TOTAL or any(one.status is DeploymentStatus.CREATING for one in present):
            return None
        raise DeploymentFailed(
            f"Bedrock refused another deployment: {reason(refusal)} The account holds {len(present)}; "
            "delete unused ones, or ask for a higher quota L-1EF80F3E (custom model deployments), "
            "then start the run again"
        ) from refusal


def update(arn: str, model_arn: str) -> bool:
    """Ask to serve another model under the same ARN; return False if the deployment is still busy."""
    try:
        clients.bedrock().update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=model_arn)
    except AwsRefusal as refusal:
        if mutating(refusal):
            return False
        raise
    return True


def delete(view: DeploymentView) -> None:
    """Delete a deployment; nothing happens if it is gone.

    Raises:
        StillMutating: it is being created or updated; Bedrock refuses until that has ended.

    """
    if view.is_mutating:
        raise StillMutating(
            f"deployment {view.name} is still {view.update or view.status}; deleted when that has ended"
        )
    try:
        clients.bedrock().delete_custom_model_deployment(customModelDeploymentIdentifier=view.arn)
    except AwsRefusal as refusal:
        if mutating(refusal):
            raise StillMutating(f"deployment {view.name}: {reason(refusal)}") from refusal
        if not not_found(refusal):
            raise
