"""Calling a deployed grader as Bedrock does: a bare list in, a bare list out."""

import base64
import json
from typing import Any

from rft.aws import clients
from rft.errors import GraderBroken
from rft.keys import Phase


def invoke_grader(alias_arn: str, event: list[dict[str, Any]], phase: Phase) -> Any:
    """Return the grader's answer as it came.

    Raises:
        GraderBroken: the function raised, timed out or could not be loaded; the message quotes it.
        ClientError: Lambda refused the call, e.g. for throttling.

    """
    context = base64.b64encode(json.dumps({"custom": {"phase": phase}}).encode()).decode()
    answer = clients.functions().invoke(
        FunctionName=alias_arn, Payload=json.dumps(event).encode(), ClientContext=context
    )
    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        kind, message = payload.get("errorType", "Error"), payload.get("errorMessage", "no message")
        raise GraderBroken(f"the grader failed with {kind}: {message}")
    return payload
