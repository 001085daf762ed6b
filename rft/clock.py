"""Time as the project writes it: UTC, ISO 8601, to the second's fraction."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def now_text() -> str:
    """Return the current time as ISO 8601, e.g. ``2026-11-24T13:05:07.120000+00:00``."""
    return now().isoformat()


def parse(text: str) -> datetime:
    """Return a time written by ``now_text``."""
    return datetime.fromisoformat(text)


def seconds_since(text: str) -> float:
    """Return the seconds from a time written by ``now_text`` until now."""
    return (now() - parse(text)).total_seconds()
