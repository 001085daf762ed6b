"""What the tests of the converters share."""

from collections.abc import Iterator
from typing import Any

import msgspec

from rft.datasets.items import Example, Shape
from rft.datasets.rules import DataRules
from rft.datasets.shapes import converter


def convert(shape: Shape, value: dict[str, Any], rules: DataRules | None = None) -> list[Example]:
    """Return what the converter of a shape makes of a value that has no line."""
    return converter(shape, rules or DataRules())(value, None)


def one(shape: Shape, value: dict[str, Any], rules: DataRules | None = None) -> Example:
    """Return the only example of a value."""
    (example,) = convert(shape, value, rules)
    return example


def user(text: str) -> list[dict[str, str]]:
    """Return a prompt of one message."""
    return [{"role": "user", "content": text}]


def leaves(value: Any) -> Iterator[Any]:
    """Yield the scalars in a value; keys are none, and null says nothing."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value is not None:
        yield value


def lost(value: dict[str, Any], examples: list[Example]) -> list[Any]:
    """Return the scalars of a record that its examples do not have, as they were or as text."""
    kept = {(isinstance(leaf, bool), leaf) for leaf in leaves(msgspec.to_builtins(examples))}
    return [
        leaf
        for leaf in leaves(value)
        if (isinstance(leaf, bool), leaf) not in kept
        and (isinstance(leaf, (bool, str)) or (False, str(leaf)) not in kept)
    ]
