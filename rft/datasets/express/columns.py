"""The keys of usual records, by columns: the same as ``rft.datasets.intake`` gives to each by itself."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import UNSET

from rft.datasets.express.records import Texts
from rft.datasets.keys import (
    bytes_key,
    identity_key,
    mixed,
    mixed_each,
    reference_key,
    sorted_json,
    text_key,
    value_key,
)


def prompt_keys(texts: Texts, encoded: Sequence[bytes]) -> list[int]:
    """Return the keys of system and user texts; ``encoded`` are the users' texts."""
    keys = list(map(bytes_key, encoded))
    known = {system: text_key(system) for system in texts.distinct}
    if len(known) == 1 and None not in texts.systems:
        [system] = known.values()
        return mixed_each(keys, system)
    return [
        key if system is None else mixed(key, known[system]) for key, system in zip(keys, texts.systems, strict=True)
    ]


def same_keys(prompts: Sequence[int], references: Sequence[Any], extras: Mapping[str, list[Any]]) -> list[int]:
    """Return the keys of all that records say; ``references`` and ``extras`` are UNSET where one has none."""
    if set(map(type, references)) == {str}:
        keys = list(map(bytes_key, map(str.encode, references), prompts))
    else:
        keys = [_with(reference, key) for reference, key in zip(references, prompts, strict=True)]
    if not extras:
        return keys
    if all(set(map(type, column)) == {str} for column in extras.values()):
        values = list(zip(*extras.values(), strict=True))
        said = {one: sorted_json(dict(zip(extras, one, strict=True))) for one in set(values)}
        return list(map(bytes_key, map(said.__getitem__, values), keys))
    return [value_key(rest, key) if rest else key for rest, key in zip(rests(extras), keys, strict=True)]


def reference_keys(references: Sequence[Any]) -> list[int]:
    """Return the table's keys of references."""
    if set(map(type, references)) == {str} and all(map(str.isalnum, references)) and "".join(references).isascii():
        return [key if key > 1 else 2 for key in map(bytes_key, map(str.encode, map(str.lower, references)))]
    return [0 if reference is UNSET else reference_key(reference) for reference in references]


def identity_keys(identities: Sequence[Any]) -> list[int]:
    """Return the table's keys of ids."""
    if UNSET not in identities:
        return [key or 1 for key in map(bytes_key, map(str.encode, identities))]
    return [0 if identity is UNSET else identity_key(identity) for identity in identities]


def rests(extras: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield the extra fields of each record."""
    for values in zip(*extras.values(), strict=True):
        yield {name: value for name, value in zip(extras, values, strict=True) if value is not UNSET}


def _with(reference: Any, key: int) -> int:
    if reference is UNSET:
        return key
    return text_key(reference, key) if type(reference) is str else value_key(reference, key)
