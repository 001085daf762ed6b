"""Which entries of an invocation log are wanted, by the metadata of their requests, in Bedrock's own form.

``{"equals": {"team": "support"}}``, ``{"notEquals": {"stage": "test"}}``, or up to 16 of these under ``andAll`` or
``orAll``. Source: Bedrock API reference, RequestMetadataFilters. A filter is a value of ``task.toml`` and goes to
``CreateModelCustomizationJob`` unchanged; the same entries are picked here.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

_CHARACTERS: Final = r"[a-zA-Z0-9\s._:/=+$@-]"
Key = Annotated[str, Meta(min_length=1, max_length=256, pattern=rf"\A{_CHARACTERS}+\Z")]
Text = Annotated[str, Meta(max_length=256, pattern=rf"\A{_CHARACTERS}*\Z")]
Pair = Annotated[dict[Key, Text], Meta(min_length=1, max_length=1)]


class BaseFilter(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """What one key must be, or must not be; with both, both count."""

    equals: Pair | None = None
    not_equals: Pair | None = None

    def __post_init__(self) -> None:
        """Refuse a filter that says nothing, which would let everything through."""
        if self.equals is None and self.not_equals is None:
            raise ValueError("write equals or notEquals")


BaseFilters = Annotated[list[BaseFilter], Meta(min_length=1, max_length=16)]


class MetadataFilter(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """A union: exactly one of the four is set."""

    equals: Pair | None = None
    not_equals: Pair | None = None
    and_all: BaseFilters | None = None
    or_all: BaseFilters | None = None

    def __post_init__(self) -> None:
        """Refuse a filter with none or several of the four, as Bedrock does."""
        if sum(part is not None for part in (self.equals, self.not_equals, self.and_all, self.or_all)) != 1:
            raise ValueError("write exactly one of equals, notEquals, andAll and orAll")


def read_filter(value: Any) -> MetadataFilter:
    """Return a filter from the JSON or TOML value that stands for it.

    Raises:
        ValueError: it is no filter that Bedrock takes; the message names the place and what is expected there.

    """
    try:
        return msgspec.convert(value, MetadataFilter)
    except msgspec.ValidationError as error:
        raise ValueError(f"the metadata filter cannot be used: {error}") from None


def matches(wanted: MetadataFilter, metadata: Mapping[str, str] | None) -> bool:
    """Return whether a request is wanted. A key that it lacks equals nothing, so ``notEquals`` lets it through."""
    given = metadata or {}
    if wanted.and_all is not None:
        return all(_fits(part.equals, part.not_equals, given) for part in wanted.and_all)
    if wanted.or_all is not None:
        return any(_fits(part.equals, part.not_equals, given) for part in wanted.or_all)
    return _fits(wanted.equals, wanted.not_equals, given)


def _fits(equals: Mapping[str, str] | None, unlike: Mapping[str, str] | None, metadata: Mapping[str, str]) -> bool:
    same = all(metadata.get(key) == text for key, text in (equals or {}).items())
    return same and all(metadata.get(key) != text for key, text in (unlike or {}).items())
