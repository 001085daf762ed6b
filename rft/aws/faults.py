"""What went wrong between the command line and AWS, in one line with its fix."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    ProfileNotFound,
    TokenRetrievalError,
)
UNREACHABLE = (BotoConnectionError, HTTPClientError)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"})
ABSENT = frozenset({"NoSuchBucket", "ResourceNotFoundException", "StateMachineDoesNotExist", "ParameterNotFound"})
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


def explain(error: Exception, *, deploy: str) -> str | None:
    """Return what a failed AWS call means for a person, or None if the error does not come from AWS.

    ``deploy`` is the command that brings the environment up; it is named where the environment is not there.
    """
    if isinstance(error, NO_CREDENTIALS):
        return f"no usable AWS credentials ({error}); sign in, or set AWS_PROFILE"
    if isinstance(error, UNREACHABLE):
        return f"AWS cannot be reached ({error}); check the network, or bring the environment up with `{deploy}`"
    if isinstance(error, ClientError):
        return _explain_answer(error, deploy)
    return f"AWS cannot be used: {error}" if isinstance(error, BotoCoreError) else None


def _explain_answer(error: ClientError, deploy: str) -> str:
    details = error.response.get("Error", {})
    code, message = details.get("Code", ""), details.get("Message", "")
    if code in EXPIRED:
        return f"AWS refused the credentials ({code}: {message}); sign in again"
    if code in ABSENT:
        return f"the environment is not deployed ({error.operation_name}: {code} {message}); deploy it with `{deploy}`"
    if code in DENIED:
        return f"not permitted: {error.operation_name}: {message}; docs/aws.md lists what an operator needs"
    return f"{error.operation_name} failed: {code}: {message}"
