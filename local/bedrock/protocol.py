"""The server's side of botocore's rest-json protocol: requests to parameters, answers to JSON."""

import json
import re
import urllib.parse
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from botocore.model import OperationModel, Shape

from local.bedrock.errors import ServiceError, validation
from local.bedrock.shapes import service_model

SERVICES = ("bedrock", "bedrock-runtime")


@lru_cache(maxsize=2)
def _routes(service: str) -> list[tuple[str, re.Pattern[str], OperationModel]]:
    model = service_model(service)
    routes = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        path = operation.http["requestUri"].split("?")[0].rstrip("/")
        pieces = re.split(r"(\{[^}]+\})", path)
        pattern = "".join(f"(?P<{p.strip('{}+')}>.+)" if p.startswith("{") else re.escape(p) for p in pieces)
        routes.append((operation.http["method"], re.compile(pattern), operation))
    return sorted(routes, key=lambda route: -route[1].pattern.count("/"))


def route(method: str, path: str) -> tuple[str, OperationModel, dict[str, str]]:
    """Return service, operation and path parameters of a request.

    Raises:
        ServiceError: no operation has this method and path.

    """
    plain = urllib.parse.unquote(path).rstrip("/")
    for service in SERVICES:
        for verb, pattern, operation in _routes(service):
            match = pattern.fullmatch(plain) if verb == method else None
            if match:
                return service, operation, match.groupdict()
    raise ServiceError("UnknownOperationException", f"The local Bedrock has no {method} {plain}")


def parse(operation: OperationModel, path: dict[str, str], query: str, headers: Any, body: bytes) -> dict[str, Any]:
    """Return the parameters of a request under botocore's names."""
    shape: Any = operation.input_shape
    if shape is None:
        return {}
    payload = shape.serialization.get("payload")
    params: dict[str, Any] = {}
    if payload is not None and shape.members[payload].type_name == "blob":
        params[payload] = body
        document: dict[str, Any] = {}
    else:
        document = _document(body)
    asked = urllib.parse.parse_qs(query)
    for name, member in shape.members.items():
        place = member.serialization.get("location")
        wire = member.serialization.get("name", name)
        if place == "uri":
            params[name] = path.get(wire, path.get(name))
        elif place == "querystring" and wire in asked:
            params[name] = _from_text(member, asked[wire][0])
        elif place == "header" and headers.get(wire):
            params[name] = _from_text(member, headers[wire])
        elif place is None and wire in document:
            params[name] = document.pop(wire)
    unknown = [name for name in document if name not in shape.members]
    if unknown:
        raise validation(f"1 validation error detected: unknown parameter {unknown[0]}")
    return params


def _document(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        document = json.loads(body)
    except ValueError as error:
        raise ServiceError("ValidationException", f"the body is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise validation("the body must be a JSON object")
    return document


def _from_text(shape: Shape, text: str) -> Any:
    if shape.type_name in ("integer", "long"):
        try:
            return int(text)
        except ValueError:
            return text
    if shape.type_name == "boolean":
        return text == "true"
    return text


def render(operation: OperationModel, answer: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer; datetimes take the form that the model asks for."""
    status = int(operation.http.get("responseCode", 200))
    shape: Any = operation.output_shape
    headers = {"Content-Type": "application/json"}
    if shape is None:
        return status, headers, b"{}"
    payload = shape.serialization.get("payload")
    for name, member in shape.members.items():
        if member.serialization.get("location") == "header" and name in answer:
            headers[member.serialization["name"]] = str(answer[name])
    if payload is not None and shape.members[payload].type_name == "blob":
        return status, headers, answer[payload]
    members = {k: v for k, v in answer.items() if shape.members[k].serialization.get("location") is None}
    return status, headers, json.dumps(_to_json(shape, members)).encode()


def _to_json(shape: Any, value: Any) -> Any:
    kind = shape.type_name
    if kind == "timestamp" and isinstance(value, datetime):
        if shape.serialization.get("timestampFormat") == "iso8601":
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return value.timestamp()
    if kind == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        wire = {n: m.serialization.get("name", n) for n, m in shape.members.items()}
        return {wire[n]: _to_json(shape.members[n], item) for n, item in value.items() if item is not None}
    if kind == "list":
        return [_to_json(shape.member, item) for item in value]
    return value
