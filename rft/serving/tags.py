"""The tags of what we create in Bedrock for serving. The reconciler finds leftovers by them."""

from collections.abc import Mapping

from rft.aws import clients
from rft.keys import Role, Tag


def tags_of(*, environment: str, task: str, run_id: str, role: Role, expires_at: str | None = None) -> dict[str, str]:
    """Return the tags of a resource; ``expires_at`` (ISO 8601, UTC) belongs on whatever bills by the hour."""
    tags = {
        str(Tag.ENVIRONMENT): environment,
        str(Tag.TASK): task,
        str(Tag.RUN): run_id,
        str(Tag.ROLE): str(role),
    }
    if expires_at:
        tags[str(Tag.EXPIRES_AT)] = expires_at
    return tags


def as_request(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as Bedrock's requests hold them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def read_tags(arn: str) -> dict[str, str]:
    """Return the tags of a Bedrock resource.

    Raises:
        ClientError: the resource is gone (``ResourceNotFoundException``), or no permission.

    """
    answer = clients.bedrock().list_tags_for_resource(resourceARN=arn)
    return {tag["key"]: tag["value"] for tag in answer.get("tags", [])}


def write_tags(arn: str, tags: Mapping[str, str]) -> None:
    """Add tags to a Bedrock resource, or change their values."""
    clients.bedrock().tag_resource(resourceARN=arn, tags=[{"key": key, "value": tags[key]} for key in tags])
