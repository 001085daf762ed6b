"""Returning a task token is authorised on the state machine that waits for it, as on AWS."""

import json
from typing import Any

from ministack.core import iam_actions

from local.emulator.guard import replace
from local.emulator.stepfunctions import TOKEN_MACHINES

RETURNING = ("SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat")


def apply() -> None:
    """Name the resource of calls that carry a token."""
    resource = iam_actions.extract_resource_arn

    def name_resource(service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any) -> str:
        if service == "states" and headers.get("x-amz-target", "").endswith(RETURNING):
            token = json.loads(body or b"{}").get("taskToken", "")
            return TOKEN_MACHINES.get(token, "*")
        return str(resource(service, method, path, headers, body, *rest))

    replace(iam_actions, "extract_resource_arn", name_resource)
