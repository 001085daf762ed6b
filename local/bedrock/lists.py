"""Filters, order and paging that all lists share. A filter of the service model that a list does not know is refused.

Bedrock's filters after and before a time leave out that very time; a name's filter is a part of it, case included.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local.bedrock.errors import validation

Item = dict[str, Any]
SHARED = {"nameContains", "maxResults", "nextToken", "sortBy", "sortOrder"}  # sortBy can only be CreationTime
AFTER = ("creationTimeAfter", "createdAfter")
BEFORE = ("creationTimeBefore", "createdBefore")


def chosen(
    params: Mapping[str, Any],
    items: list[Item],
    *,
    name: str,
    created: str,
    equals: Mapping[str, Callable[[Item], Any]],
) -> tuple[list[Item], str | None]:
    """Return the page of summaries that a request asks for, with the token of the next one.

    ``name`` and ``created`` are the members that hold name and creation time; ``equals`` gives each further filter
    what its value is compared with.

    Raises:
        ServiceError: ValidationException for a filter that is not known here, a time or a token that cannot be read.

    """
    refuse_others(params, SHARED | {*AFTER, *BEFORE} | set(equals))
    after, before = _time(params, AFTER), _time(params, BEFORE)
    found = [
        item
        for item in items
        if str(params.get("nameContains", "")) in item[name]
        and (after is None or item[created] > after)
        and (before is None or item[created] < before)
        and all(params[key] == of(item) for key, of in equals.items() if key in params)
    ]
    descending = params.get("sortOrder", "Descending") == "Descending"
    return page(params, sorted(found, key=lambda item: item[created], reverse=descending))


def page(params: Mapping[str, Any], ordered: list[Item]) -> tuple[list[Item], str | None]:
    """Return the page of a list that the request asks for, with the token of the next one."""
    try:
        start = int(base64.b64decode(params["nextToken"], validate=True)) if params.get("nextToken") else 0
    except ValueError:
        raise validation("The provided nextToken is invalid") from None
    following = start + params.get("maxResults", 100)
    token = base64.b64encode(str(following).encode()).decode() if following < len(ordered) else None
    return ordered[start:following], token


def refuse_others(params: Mapping[str, Any], known: set[str]) -> None:
    """Refuse a parameter that would otherwise change nothing without a word."""
    for key in params:
        if key not in known:
            raise validation(f"The local Bedrock does not know the filter {key}")


def _time(params: Mapping[str, Any], names: tuple[str, ...]) -> datetime | None:
    for key in names:
        if key in params:
            try:
                moment = datetime.fromisoformat(params[key])
            except ValueError:
                raise validation(f"{key}: {params[key]!r} is no time") from None
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
