"""Provisioned throughput: billed by the hour and unit from creation until it is deleted.

``create`` below is the only place of the project that makes something that bills by the hour.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from rft import names
from rft.aws import clients
from rft.aws.refusals import AwsRefusal, mutating, not_found, quota_exceeded, reason
from rft.errors import StillMutating, ThroughputFailed
from rft.keys import Tag, ThroughputStatus
from rft.serving.tags import as_request
from rft.settings import Provisioned

NO_END: Final = datetime.max.replace(tzinfo=UTC)  # of a commitment whose end Bedrock does not tell


class ThroughputView(Struct, frozen=True, kw_only=True):
    """Provisioned throughput as Bedrock describes it."""

    arn: str
    name: str
    model_arn: str
    desired_model_arn: str
    units: int
    status: ThroughputStatus
    created_at: datetime
    failure: str = ""
    committed_until: datetime | None = None  # Bedrock refuses to delete it before

    @property
    def is_mutating(self) -> bool:
        """Whether it is being created or updated."""
        return self.status in (ThroughputStatus.CREATING, ThroughputStatus.UPDATING)


def create_request(
    *, name: str, model_arn: str, terms: Provisioned, tags: Mapping[str, str], token_of: str
) -> dict[str, Any]:
    """Return the parameters of CreateProvisionedModelThroughput.

    Raises:
        ThroughputFailed: a commitment that the settings do not approve by name, or no expiry among the tags.

    """
    if not tags.get(Tag.EXPIRES_AT):
        raise ThroughputFailed(f"{name}: refused, because it bills by the hour and carries no {Tag.EXPIRES_AT}")
    request: dict[str, Any] = {
        "provisionedModelName": name,
        "modelId": model_arn,
        "modelUnits": terms.model_units,
        "tags": as_request(tags),
        "clientRequestToken": names.digest([name, model_arn, token_of], length=32),
    }
    if terms.commitment is not None:
        if terms.approved_commitment != terms.commitment:
            raise ThroughputFailed(
                f"{name}: refused a {terms.commitment} commitment, which is billed to its end and cannot be deleted; "
                f'approve it by name: serving.provisioned.approved_commitment = "{terms.commitment}"'
            )
        request["commitmentDuration"] = terms.commitment
    return request


def create(*, name: str, model_arn: str, terms: Provisioned, tags: Mapping[str, str], token_of: str) -> str:
    """Create provisioned throughput, tagged with run and expiry, and return its ARN.

    Raises:
        ThroughputFailed: an unapproved commitment, no expiry, or a quota of too few units; the message names the fix.
        ClientError: Bedrock refused the request for another reason.

    """
    request = create_request(name=name, model_arn=model_arn, terms=terms, tags=tags, token_of=token_of)
    try:
        return clients.bedrock().create_provisioned_model_throughput(**request)["provisionedModelArn"]
    except AwsRefusal as refusal:
        if not quota_exceeded(refusal):
            raise
        raise ThroughputFailed(
            f"Bedrock gave no provisioned throughput: {reason(refusal)} Ask for higher quotas, both L-BE77399C (model "
            "units without commitment for custom models) and the model units per provisioned model of the base model, "
            'or set serving.mode = "on_demand", then start the run again'
        ) from refusal


def list_all(name_contains: str | None = None) -> list[ThroughputView]:
    """Return the account's provisioned throughput, all pages, newest first; failure messages only come with ``get``."""
    filters: dict[str, Any] = {"nameContains": name_contains} if name_contains else {}
    pages = clients.bedrock().get_paginator("list_provisioned_model_throughputs").paginate(**filters)
    return [_view(item) for page in pages for item in page.get("provisionedModelSummaries", [])]


def get(arn: str) -> ThroughputView | None:
    """Return provisioned throughput, or None if there is no such one."""
    try:
        return _view(clients.bedrock().get_provisioned_model_throughput(provisionedModelId=arn))
    except AwsRefusal as refusal:
        if not_found(refusal):
            return None
        raise


def find(name: str) -> ThroughputView | None:
    """Return the provisioned throughput of exactly this name, or None."""
    exact = [found for found in list_all(name) if found.name == name]
    return get(exact[0].arn) if exact else None


def update(arn: str, model_arn: str) -> bool:
    """Ask to serve another model of the same base; return False if the throughput is still busy."""
    try:
        clients.bedrock().update_provisioned_model_throughput(provisionedModelId=arn, desiredModelId=model_arn)
    except AwsRefusal as refusal:
        if mutating(refusal):
            return False
        raise
    return True


def delete(view: ThroughputView) -> None:
    """Delete provisioned throughput; nothing happens if it is gone.

    It is tried even while it mutates: every hour costs money.

    Raises:
        StillMutating: Bedrock refuses until its creation or update has ended.
        ClientError: a commitment has not ended yet (ConflictException), or no permission.

    """
    try:
        clients.bedrock().delete_provisioned_model_throughput(provisionedModelId=view.arn)
    except AwsRefusal as refusal:
        if view.is_mutating and mutating(refusal):
            raise StillMutating(f"provisioned throughput {view.name}: {reason(refusal)}") from refusal
        if not not_found(refusal):
            raise


def _view(item: Any) -> ThroughputView:
    return ThroughputView(
        arn=item["provisionedModelArn"],
        name=item["provisionedModelName"],
        model_arn=item["modelArn"],
        desired_model_arn=item["desiredModelArn"],
        units=item["modelUnits"],
        status=ThroughputStatus(item["status"]),
        created_at=item["creationTime"],
        failure=item.get("failureMessage", ""),
        committed_until=item.get("commitmentExpirationTime") or (NO_END if item.get("commitmentDuration") else None),
    )
