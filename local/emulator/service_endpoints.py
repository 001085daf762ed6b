"""What AWS services do behind the scenes, for the local Bedrock: assume a service role, emit service events.

Loopback only, below ``/_rft/``; not part of any AWS API.
"""

import json
from typing import Any

from ministack import app
from ministack.services import eventbridge

from local.emulator.guard import replace
from local.emulator.identity import DECISIONS, service_may_assume, session_for

Response = tuple[int, dict[str, str], bytes]


def apply() -> None:
    """Serve the endpoints before any AWS routing."""
    dispatch = app._dispatch_service_request

    async def dispatch_own_first(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], request_id: str
    ) -> Any:
        if path.startswith("/_rft/"):
            return serve(path, body)
        return await dispatch(method, path, headers, body, query, request_id)

    replace(app, "_dispatch_service_request", dispatch_own_first)


def serve(path: str, body: bytes) -> Response:
    """Answer one internal request."""
    data: dict[str, Any] = json.loads(body or b"{}")
    if path == "/_rft/service/assume-role":
        return _assume_role(data)
    if path == "/_rft/service/events":
        eventbridge._put_events(data, allow_aws_source=True)
        return _json(200, {})
    if path == "/_rft/decisions":
        return _json(200, {"decisions": DECISIONS})
    return _json(404, {"message": f"no internal endpoint {path}"})


def _assume_role(data: dict[str, Any]) -> Response:
    role = data["role_arn"]
    if not service_may_assume(role, data["service"], data["source_arn"], data["source_account"]):
        return _json(
            403, {"message": f"{data['service']} is not authorized to perform: sts:AssumeRole on resource: {role}"}
        )
    return _json(200, session_for(role, data["session_name"]))


def _json(status: int, value: Any) -> Response:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()
