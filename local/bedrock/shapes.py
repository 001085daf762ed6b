"""Check a request against botocore's service model with all that botocore itself leaves to the service.

botocore checks required members, types and minima; this checks patterns, enums and maxima as well.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel, Shape

NUMBERS = {"integer": int, "long": int, "float": (int, float), "double": (int, float)}


@lru_cache(maxsize=8)
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of a service."""
    return botocore.session.Session().get_service_model(service)


def violations(service: str, operation: str, params: dict[str, Any]) -> list[str]:
    """Return what is wrong with the parameters of an operation, in words; empty if nothing is."""
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        return [f"{name}: unknown parameter" for name in params]
    return list(check(shape, params, ""))


def answer_violations(service: str, operation: str, answer: dict[str, Any]) -> list[str]:
    """Return how an answer departs from the operation's output shape."""
    shape = service_model(service).operation_model(operation).output_shape
    return [] if shape is None else list(check(shape, answer, "", bounds=False))


def check(shape: Shape, value: Any, place: str, *, bounds: bool = True) -> Iterator[str]:
    """Yield the violations of a value, each with its place."""
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, place, bounds)
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{place}: must be a list"
            return
        yield from _size(shape, len(value), place, bounds, "items")
        for index, item in enumerate(value):
            yield from check(shape.member, item, f"{place}[{index}]", bounds=bounds)  # type: ignore[attr-defined]
    elif kind == "map":
        if not isinstance(value, dict):
            yield f"{place}: must be a map"
            return
        yield from _size(shape, len(value), place, bounds, "entries")
        for key, item in value.items():
            yield from check(shape.value, item, f"{place}.{key}", bounds=bounds)  # type: ignore[attr-defined]
    elif kind == "string":
        yield from _string(shape, value, place, bounds)
    elif kind in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, NUMBERS[kind]):  # type: ignore[arg-type]
            yield f"{place}: must be of type {kind}, is {value!r}"
        elif bounds:
            yield from _size(shape, value, place, bounds, "")
    elif kind == "boolean" and not isinstance(value, bool):
        yield f"{place}: must be a boolean"


def _structure(shape: Any, value: Any, place: str, bounds: bool) -> Iterator[str]:
    if getattr(shape, "is_document_type", False):
        return
    if not isinstance(value, dict):
        yield f"{place}: must be a structure"
        return
    dot = f"{place}." if place else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"{dot}{name}: is required"
    if getattr(shape, "is_tagged_union", False) and len([v for v in value.values() if v is not None]) != 1:
        yield f"{place}: exactly one member of {', '.join(shape.members)} must be set"
    for name, item in value.items():
        if name not in shape.members:
            yield f"{dot}{name}: unknown parameter"
        elif item is not None:
            yield from check(shape.members[name], item, f"{dot}{name}", bounds=bounds)


def _string(shape: Any, value: Any, place: str, bounds: bool) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{place}: must be a string, is {value!r}"
        return
    if shape.enum and value not in shape.enum:
        yield f"{place}: {value!r} is not one of {', '.join(shape.enum)}"
    if not bounds:
        return
    yield from _size(shape, len(value), place, bounds, "characters")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        yield f"{place}: {value!r} does not match {pattern}"


def _size(shape: Shape, value: float, place: str, bounds: bool, unit: str) -> Iterator[str]:
    if not bounds:
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield f"{place}: {value} {unit} is less than {low}"
    if high is not None and value > high:
        yield f"{place}: {value} {unit} is more than {high}"
