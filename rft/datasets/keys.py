"""Keys of 64 bits that stand for texts: which records are the same, ask the same, belong together.

They are XXH3, which is fast and not cryptographic. Among 5,000,000 records, the most that a file may have, two of
different text share a key with a chance of one in a million (birthday bound).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from xxhash import xxh3_64_intdigest as _hash

from rft.datasets.pieces import Pieces, views_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MASK: Final = 2**64 - 1
_SPREAD: Final = 0x9E3779B97F4A7C15
_BLANK: Final = 32
_A, _LETTERS, _LOWER = ord("A"), 26, ord("a") - ord("A")
_RUN: Final = re.compile(b"  +")
_EVEN: Final = bytes(_BLANK if chr(byte).isspace() else byte for byte in range(128)).lower() + bytes(range(128, 256))
sorted_json: Final = msgspec.json.Encoder(order="sorted").encode  # what ``value_key`` is the key of


def text_key(text: str, seed: int = 0) -> int:
    """Return the key of a text as it is."""
    return _hash(text.encode(errors="surrogatepass"), seed)


bytes_key = _hash  # of a text's bytes in UTF-8


def folded_key(text: str) -> int:
    """Return the key of a text without what does not change its meaning: Unicode form, case, the width of blanks."""
    return _hash(_RUN.sub(b" ", _folded(text)))


def keys_of(values: Iterable[int], count: int) -> "NDArray[np.uint64]":
    """Return ``count`` keys as an array."""
    import numpy as np

    return np.fromiter(values, np.uint64, count)


def folded_keys(texts: Sequence[str], joined: Pieces) -> "NDArray[np.uint64]":
    """Return the ``folded_key`` of each of many texts, which are also joined.

    They have no control characters but tab, line feed and return, and no white space around them. ASCII is folded in
    one go, in a third of the time.
    """
    import numpy as np

    if sum(map(len, texts)) + len(texts) < joined.bounds[-1]:  # characters of more than a byte
        return keys_of(map(folded_key, texts), len(texts))
    even = joined.data.replace(b"\n", b" ").replace(b"\t", b" ").replace(b"\r", b" ")
    folded = _lower(np.frombuffer(even, np.uint8))
    blank = folded == _BLANK
    again = np.flatnonzero(blank[1:] & blank[:-1])  # a blank behind each of these goes
    left, bounds = folded.data, joined.bounds
    if len(again):
        left = memoryview(_without(left, again.tolist()))
        bounds = (np.array(bounds) - np.searchsorted(again, bounds)).tolist()
    return keys_of(map(_hash, views_of(left, bounds)), len(texts))


def _lower(codes: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Return codes of ASCII in lower case; in half the time that ``bytes.lower`` takes."""
    import numpy as np

    lower = codes - _A
    np.less(lower, _LETTERS, out=lower.view(bool))
    lower *= _LOWER
    lower |= codes
    return lower


def _folded(text: str) -> bytes:
    """Return a text in one case and Unicode form, with blanks for white space and none around it."""
    if text.isascii():
        return text.encode().translate(_EVEN).strip(b" ")
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    return " ".join(text.split()).encode(errors="surrogatepass")


def _without(data: memoryview, places: Sequence[int]) -> bytes:
    starts = [0, *[place + 1 for place in places]]
    return b"".join([data[start:end] for start, end in zip(starts, [*places, len(data)], strict=True)])


def value_key(value: Any, seed: int = 0) -> int:
    """Return the key of a JSON value, whatever the order of its keys."""
    return _hash(sorted_json(value), seed)


def reference_key(reference: str | dict[str, Any]) -> int:
    """Return the key of a reference answer, whatever its case, Unicode form and white space are; never 0 or 1."""
    if type(reference) is not str:
        return max(value_key(reference), 2)
    return max(_hash(_folded(reference).replace(b" ", b"")), 2)


def identity_key(identity: str) -> int:
    """Return the key of a record's own id; never 0."""
    return text_key(identity) or 1


def mixed(first: int, second: int) -> int:
    """Return one key of two; their order matters."""
    return (first * _SPREAD + second) & MASK


def mixed_each(firsts: "NDArray[np.uint64]", seconds: "NDArray[np.uint64] | np.uint64") -> "NDArray[np.uint64]":
    """Return one key of each two, as ``mixed`` does."""
    return firsts * firsts.dtype.type(_SPREAD) + seconds
