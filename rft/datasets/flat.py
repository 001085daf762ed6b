"""What a version was made with, as names and values: for the report, and to compare two versions."""

from typing import Any

import msgspec


def flat(settings: Any) -> dict[str, Any]:
    """Return all settings by their dotted names, e.g. ``thresholds.max_ties``; values are plain JSON types."""
    return dict(_leaves("", msgspec.to_builtins(settings)))


def _leaves(prefix: str, value: dict[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for name, inner in value.items():
        found += _leaves(f"{prefix}{name}.", inner) if isinstance(inner, dict) else [(f"{prefix}{name}", inner)]
    return found
