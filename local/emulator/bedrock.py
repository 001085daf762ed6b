"""Bedrock and Service Quotas enter through the emulator's port.

They are authorised here and answered by the local Bedrock.
"""

import asyncio
import http.client
import json
import os
import re
import urllib.parse
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import botocore.session
from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id

from local.emulator.guard import replace
from local.emulator.identity import note

Headers = dict[str, str]
SERVICES = ("bedrock", "bedrock-runtime")
QUOTAS = "service-quotas"
AS_INVOKE = {"Converse": "InvokeModel", "ConverseStream": "InvokeModelWithResponseStream"}
HOP = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}


def apply() -> None:
    """Route, name actions and resources, and forward."""
    detect = app.detect_service
    action = iam_actions.extract_iam_action
    resource = iam_actions.extract_resource_arn

    def detect_ours(method: str, path: str, headers: Headers, query: Any) -> str:
        if headers.get("x-amz-target", "").startswith("ServiceQuotasV20190624."):
            return QUOTAS
        scope = re.search(r"Credential=[^/]+/[^/]+/[^/]+/bedrock/", headers.get("authorization", ""))
        if scope:
            return next((name for name in SERVICES if operation(name, method, path)), "bedrock")
        return str(detect(method, path, headers, query))

    def name_action(service: str, method: str, path: str, headers: Headers, body: bytes, query: Any) -> str | None:
        if service == QUOTAS:
            return "servicequotas:" + headers["x-amz-target"].split(".")[1]
        if service in SERVICES:
            name = operation(service, method, path) or "Unknown"
            return "bedrock:" + AS_INVOKE.get(name, name)
        named: str | None = action(service, method, path, headers, body, query)
        return named

    def name_resource(service: str, method: str, path: str, *rest: Any) -> str:
        if service == QUOTAS:
            return "*"
        if service in SERVICES:
            return resource_of(service, method, path, rest[1])
        return str(resource(service, method, path, *rest))

    replace(app, "detect_service", detect_ours)
    replace(iam_actions, "extract_iam_action", name_action)
    replace(iam_actions, "extract_resource_arn", name_resource)
    replace(iam_evaluator, "enforce", _noting(iam_evaluator.enforce))
    for name in (*SERVICES, QUOTAS):
        app.SERVICE_HANDLERS[name] = forward


def _noting(enforce: Any) -> Any:
    def enforce_and_note(key: str, action: str, service: str, region: str, **details: Any) -> Any:
        denied = enforce(key, action, service, region, **details)
        principal = iam_evaluator.caller_arn()
        note(principal, action, details.get("resource_arn", "*"), denied is None)
        return denied

    return enforce_and_note


@lru_cache(maxsize=4)
def routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """Return method, path pattern and name of every operation, longest paths first, from botocore's model."""
    model = botocore.session.Session().get_service_model(service)
    found = []
    for name in model.operation_names:
        route = model.operation_model(name).http
        path = route["requestUri"].split("?")[0]
        parts = [f"(?P<{_field(part)}>.+?)" if part.startswith("{") else re.escape(part) for part in _split(path)]
        found.append((route["method"], re.compile("".join(parts) + "/?$"), name))
    return sorted(found, key=lambda item: -item[1].pattern.count("/"))


def _split(path: str) -> list[str]:
    return [part for part in re.split(r"(\{[^}]+\})", path) if part]


def _field(part: str) -> str:
    return part.strip("{}").rstrip("+")


def operation(service: str, method: str, path: str) -> str | None:
    """Return the operation that a request names, or None."""
    match = _match(service, method, path)
    return match[0] if match else None


def _match(service: str, method: str, path: str) -> tuple[str, dict[str, str]] | None:
    plain = urllib.parse.unquote(path)
    for verb, pattern, name in routes(service):
        found = pattern.match(plain) if verb == method else None
        if found:
            return name, found.groupdict()
    return None


def resource_of(service: str, method: str, path: str, body: bytes) -> str:
    """Return the ARN that a request is authorised on; ``*`` for lists."""
    match = _match(service, method, path)
    if match is None:
        return "*"
    name, fields = match
    base = f"arn:aws:bedrock:{get_region()}:{get_account_id()}"
    if service == "bedrock-runtime":
        if rail := fields.get("guardrailIdentifier"):
            return rail if rail.startswith("arn:") else f"{base}:guardrail/{rail}"
        return model_arn(fields.get("modelId", "*"))
    data = json.loads(body or b"{}") if method in ("POST", "PATCH") else {}
    own: dict[str, Callable[[], Any]] = {
        "CreateModelCustomizationJob": lambda: model_arn(data.get("baseModelIdentifier", "")),
        "CreateCustomModelDeployment": lambda: data.get("modelArn", "*"),
        "CreateProvisionedModelThroughput": lambda: data.get("modelId", "*"),
        "TagResource": lambda: data.get("resourceARN", "*"),
        "UntagResource": lambda: data.get("resourceARN", "*"),
        "ListTagsForResource": lambda: data.get("resourceARN", "*"),
    }
    if name in own:
        return str(own[name]())
    kinds = {
        "jobIdentifier": "model-customization-job",
        "modelIdentifier": "foundation-model" if "FoundationModel" in name else "custom-model",
        "modelId": "foundation-model",
        "customModelDeploymentIdentifier": "custom-model-deployment",
        "provisionedModelId": "provisioned-model",
        "inferenceProfileIdentifier": "inference-profile",
    }
    for field, value in fields.items():
        if value.startswith("arn:"):
            return value
        kind = kinds.get(field, "")
        if kind == "foundation-model":
            return model_arn(value)
        if kind:
            return f"{base}:{kind}/{value}"
    return "*"


def model_arn(identifier: str) -> str:
    """Return the ARN of what answers: a base model, an inference profile, a deployment, a provisioned model."""
    plain = urllib.parse.unquote(identifier)
    if plain.startswith("arn:"):
        return plain
    if re.match(r"^(us|eu|apac|global)\.", plain):
        return f"arn:aws:bedrock:{get_region()}:{get_account_id()}:inference-profile/{plain}"
    return f"arn:aws:bedrock:{get_region()}::foundation-model/{plain}"


def may_pass_role(headers: Headers, body: bytes) -> str | None:
    """Return why the caller may not pass the role of a customization job to Bedrock, or None."""
    role = json.loads(body or b"{}").get("roleArn", "")
    denied = iam_evaluator.enforce(
        extract_access_key_id(headers, {}),
        "iam:PassRole",
        "iam",
        get_region(),
        resource_arn=role,
        service_context={"iam:passedtoservice": "bedrock.amazonaws.com"},
    )
    if denied is None:
        return None
    return f"User: {iam_evaluator.caller_arn()} is not authorized to perform: iam:PassRole on resource: {role}"


async def forward(method: str, path: str, headers: Headers, body: bytes, query: dict[str, Any]) -> Any:
    """Hand an authorised request to the local Bedrock and return its answer."""
    if operation("bedrock", method, path) == "CreateModelCustomizationJob":
        refusal = may_pass_role(headers, body)
        if refusal:
            return (
                403,
                {"Content-Type": "application/json", "x-amzn-errortype": "AccessDeniedException"},
                json.dumps({"message": refusal}).encode(),
            )
    sent = {name: value for name, value in headers.items() if name.lower() not in HOP}
    sent["x-rft-principal"] = iam_evaluator.caller_arn()
    target = "/_service-quotas" if "x-amz-target" in headers else urllib.parse.quote(path, safe="/%:")
    pairs = [
        (key, item) for key, value in (query or {}).items() for item in (value if isinstance(value, list) else [value])
    ]
    if pairs:
        target += "?" + urllib.parse.urlencode(pairs)
    return await asyncio.to_thread(_send, method, target, sent, body)


def _send(method: str, target: str, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    place = urllib.parse.urlsplit(os.environ["RFT_LOCAL_BEDROCK"])
    connection = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port, timeout=300)
    try:
        connection.request(method, target, body or b"", headers)
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, {k: v for k, v in answer.getheaders() if k.lower() not in HOP}, content
    finally:
        connection.close()
