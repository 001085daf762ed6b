"""The keys of usual records, by columns: the same as ``rft.datasets.intake`` gives to each by itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from rft.datasets.express.records import Texts
from rft.datasets.keys import (
    bytes_key,
    identity_key,
    keys_of,
    mixed_each,
    reference_key,
    sorted_json,
    text_key,
    value_key,
)
from rft.datasets.pieces import Pieces

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def prompt_keys(texts: Texts, users: Pieces) -> "NDArray[np.uint64]":
    """Return the keys of system and user texts; the users' are also joined."""
    import numpy as np

    keys = keys_of(map(bytes_key, users.views()), len(users))
    known = {system: text_key(system) for system in texts.distinct}
    if len(known) == 1 and None not in texts.systems:
        return mixed_each(keys, np.uint64(*known.values()))
    systems = keys_of((0 if system is None else known[system] for system in texts.systems), len(users))
    return np.where([system is None for system in texts.systems], keys, mixed_each(keys, systems))


def same_keys(
    prompts: "NDArray[np.uint64]", references: Sequence[Any], extras: Mapping[str, list[Any]]
) -> "NDArray[np.uint64]":
    """Return the keys of all that records say; ``references`` and ``extras`` are UNSET where one has none."""
    keys: Iterable[int] = prompts.tolist()
    if set(map(type, references)) == {str}:
        keys = map(bytes_key, map(str.encode, references), keys)
    else:
        keys = [_with(reference, key) for reference, key in zip(references, keys, strict=True)]
    if all(set(map(type, column)) == {str} for column in extras.values()):
        values = list(zip(*extras.values(), strict=True))
        said = {one: sorted_json(dict(zip(extras, one, strict=True))) for one in set(values)}
        keys = map(bytes_key, map(said.__getitem__, values), keys) if extras else keys
    else:
        keys = [value_key(rest, key) if rest else key for rest, key in zip(rests(extras), keys, strict=True)]
    return keys_of(keys, len(references))


def reference_keys(references: Sequence[Any]) -> "NDArray[np.uint64]":
    """Return the table's keys of references."""
    import numpy as np

    if set(map(type, references)) == {str} and (joined := "".join(references)).isascii() and joined.isalnum():
        return np.maximum(keys_of(map(bytes_key, map(str.encode, map(str.lower, references))), len(references)), 2)
    return keys_of((0 if one is UNSET else reference_key(one) for one in references), len(references))


def identity_keys(identities: Sequence[Any]) -> "NDArray[np.uint64]":
    """Return the table's keys of ids."""
    import numpy as np

    if UNSET not in identities:
        return np.maximum(keys_of(map(bytes_key, map(str.encode, identities)), len(identities)), 1)
    return keys_of((0 if one is UNSET else identity_key(one) for one in identities), len(identities))


def rests(extras: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield the extra fields of each record."""
    for values in zip(*extras.values(), strict=True):
        yield {name: value for name, value in zip(extras, values, strict=True) if value is not UNSET}


def _with(reference: Any, key: int) -> int:
    if reference is UNSET:
        return key
    return text_key(reference, key) if type(reference) is str else value_key(reference, key)
