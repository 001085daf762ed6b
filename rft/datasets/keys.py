"""Keys of 64 bits that stand for texts: which records are the same, ask the same, belong together.

They are XXH3, which is fast and not cryptographic. Among 5,000,000 records, the most that a file may have, two of
different text share a key with a chance of one in a million (birthday bound).
"""

import unicodedata
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from xxhash import xxh3_64_intdigest as _hash

MASK: Final = 2**64 - 1
_LOWER: Final = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))
_WHITE: Final = b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"  # what str.split takes for white space, of ASCII
_DEL: Final = b"\x7f"
_BLANK: Final = 32
sorted_json: Final = msgspec.json.Encoder(order="sorted").encode  # what ``value_key`` is the key of


def text_key(text: str, seed: int = 0) -> int:
    """Return the key of a text as it is."""
    return _hash(text.encode(errors="surrogatepass"), seed)


bytes_key = _hash  # of a text's bytes in UTF-8


def folded_key(text: str) -> int:
    """Return the key of a text without what does not change its meaning: Unicode form, case, all white space."""
    if text.isascii():
        if text.isalnum():  # a word or a number, as most references are
            return _hash(text.lower().encode())
        return _hash(text.encode().translate(_LOWER, _WHITE))
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    return _hash("".join(folded.split()).encode(errors="surrogatepass").translate(_LOWER, _WHITE))


def folded_keys(texts: Sequence[str], encoded: Sequence[bytes]) -> list[int]:
    """Return the ``folded_key`` of each of many texts without control characters but tab, line feed and return.

    ``encoded`` are their bytes. ASCII alone is folded in one go, in three quarters of the time.
    """
    import numpy as np

    if not encoded or not all(map(bytes.isascii, encoded)):
        return list(map(folded_key, texts))
    codes = np.frombuffer(_DEL.join(encoded).lower(), np.uint8)
    return list(map(_hash, codes.compress(codes > _BLANK).tobytes().split(_DEL)))


def value_key(value: Any, seed: int = 0) -> int:
    """Return the key of a JSON value, whatever the order of its keys."""
    return _hash(sorted_json(value), seed)


def reference_key(reference: str | dict[str, Any]) -> int:
    """Return the key of a reference answer, whatever does not change its meaning; never 0 or 1."""
    return max(folded_key(reference) if type(reference) is str else value_key(reference), 2)


def identity_key(identity: str) -> int:
    """Return the key of a record's own id; never 0."""
    return text_key(identity) or 1


def mixed(first: int, second: int) -> int:
    """Return one key of two; their order matters."""
    return (first * 0x9E3779B97F4A7C15 + second) & MASK
