"""Values as JSON that people read as well."""

from typing import Any

import msgspec


def json_text(value: Any) -> bytes:
    """Return a value as JSON, indented, keys in the order of their definition, with a line feed at its end."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
