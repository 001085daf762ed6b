"""How AWS says no. The domain asks these questions and needs no botocore for it."""

from typing import Final

from botocore.exceptions import ClientError

AwsRefusal: Final = ClientError  # what every client raises when a service answers with an error

NOT_FOUND: Final = frozenset(
    {
        "ResourceNotFoundException",
        "ParameterNotFound",
        "ExecutionDoesNotExist",
        "StateMachineDoesNotExist",
        "NoSuchKey",
        "NoSuchBucket",
        "NotFoundException",
    }
)


def code(refusal: ClientError) -> str:
    """Return the service's error code, e.g. ``ResourceNotFoundException``."""
    return str(refusal.response.get("Error", {}).get("Code", ""))


def reason(refusal: ClientError) -> str:
    """Return the service's own words, without botocore's frame around them."""
    return str(refusal.response.get("Error", {}).get("Message", "")) or str(refusal)


def not_found(refusal: ClientError) -> bool:
    """Return whether the thing is not there."""
    return code(refusal) in NOT_FOUND


def access_denied(refusal: ClientError) -> bool:
    """Return whether a permission is missing."""
    return code(refusal) in ("AccessDeniedException", "AccessDenied")


def mutating(refusal: ClientError) -> bool:
    """Return whether Bedrock refuses because the resource is being created or updated.

    A recorded answer reads ``ValidationException: Custom model deployment is in a mutating state``; the service model
    names ConflictException as well.
    """
    name = code(refusal)
    return name == "ConflictException" or (name == "ValidationException" and "mutating" in reason(refusal).lower())


def quota_exceeded(refusal: ClientError) -> bool:
    """Return whether an account quota is used up."""
    return code(refusal) == "ServiceQuotaExceededException"
