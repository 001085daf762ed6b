"""The client of Bedrock's runtime, made where something is first asked: a grader of rules never imports the AWS SDK."""

from __future__ import annotations

import threading

from rft.rewards.errors import BedrockUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ATTEMPTS = 5  # of one call, by botocore; it slows down by itself when throttled
CONNECT_SECONDS = 5
_clients: dict[tuple[float, int], Any] = {}
_making = threading.Lock()

WHAT_TO_DO = {
    "invoke_model AccessDeniedException": "see that the account has access to the model, and that the stacks were "
    "deployed since [reward_model] of task.toml names it",
    "invoke_model ValidationException": "see that the model is one of text embeddings and takes texts of this length",
    "AccessDeniedException": "see that the grader's role allows it (a reward in Python names its judges in "
    "[grader] judges and guardrails) and that the account has access to the model",
    "ResourceNotFoundException": "correct the id in task.toml",
    "ValidationException": "see that the model takes a forced tool (Amazon Nova and Anthropic models do)",
    "ThrottlingException": "raise the account's quota, or lower `parallel`",
    "ServiceQuotaExceededException": "raise the account's quota, or lower `parallel`",
    "ModelTimeoutException": "raise `seconds`, or choose a faster model",
    "NoCredentialsError": "give AWS credentials, or `--endpoint URL` of an embedded AWS; "
    "tasks without judge, guardrail or embeddings need neither",
    "NoRegionError": "set AWS_REGION, or give `--endpoint URL` of an embedded AWS",
    "ReadTimeoutError": "raise `seconds`, or choose a faster model",
    "ConnectTimeoutError": "see that the network lets the grader reach bedrock-runtime",
    "EndpointConnectionError": "see that the network lets the grader reach bedrock-runtime",
}


def call(operation: str, request: dict[str, Any], *, seconds: float, parallel: int) -> dict[str, Any]:
    """Return what an operation of Bedrock's runtime answers; throttling and failures of a moment are got over.

    A body is read, so that an answer which breaks off is an outage like any other. ``seconds`` bound one attempt's wait
    for an answer, ``parallel`` is the number of threads that call.

    Raises:
        BedrockUnavailable: it does not answer; the message says why, and what to do.

    """
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise BedrockUnavailable("boto3 is missing; Lambda's Python runtime brings it, here `make setup`") from None
    try:
        answer: dict[str, Any] = getattr(_client(seconds, parallel), operation)(**request)
        if "body" in answer:
            answer["body"] = answer["body"].read()
    except ClientError as error:
        raise _unavailable(operation, request, error.response["Error"]["Code"], str(error)) from error
    except BotoCoreError as error:
        raise _unavailable(operation, request, type(error).__name__, str(error)) from error
    return answer


def forget_clients() -> None:
    """Make new clients from now on, with the credentials and endpoints of this moment."""
    _clients.clear()


def _client(seconds: float, parallel: int) -> Any:
    with _making:  # the threads of a cold grader ask at once, and each would make one
        if (seconds, parallel) not in _clients:
            import boto3
            from botocore.config import Config

            _clients[seconds, parallel] = boto3.client(
                "bedrock-runtime",
                config=Config(
                    retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=seconds,
                    max_pool_connections=parallel,
                ),
            )
        return _clients[seconds, parallel]


def _unavailable(operation: str, request: dict[str, Any], code: str, told: str) -> BedrockUnavailable:
    asked = request.get("modelId") or request.get("guardrailIdentifier")
    advice = WHAT_TO_DO.get(f"{operation} {code}") or WHAT_TO_DO.get(code)
    return BedrockUnavailable(f"{operation} of {asked}: {code}: {told}{f'; {advice}' if advice else ''}")
