"""Keys of 64 bits that stand for texts: which records are the same, ask the same, belong together.

They are XXH3, which is fast and not cryptographic. Among 5,000,000 records, the most that a file may have, two of
different text share a key with a chance of one in a million (birthday bound).
"""

import unicodedata
from typing import Any, Final

import msgspec
from xxhash import xxh3_64_intdigest as _hash

MASK: Final = 2**64 - 1
_LOWER: Final = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))
_WHITE: Final = b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"  # what str.split takes for white space, of ASCII
_sorted_json: Final = msgspec.json.Encoder(order="sorted").encode


def text_key(text: str, seed: int = 0) -> int:
    """Return the key of a text as it is."""
    return _hash(text.encode(errors="surrogatepass"), seed)


bytes_key = _hash  # of a text's bytes in UTF-8


def folded_key(text: str) -> int:
    """Return the key of a text without what does not change its meaning: Unicode form, case, all white space."""
    if text.isascii():
        return folded_ascii_key(text.encode())
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    return _hash("".join(folded.split()).encode(errors="surrogatepass").translate(_LOWER, _WHITE))


def folded_ascii_key(data: bytes) -> int:
    """Return the ``folded_key`` of a text in ASCII from its bytes."""
    return _hash(data.translate(_LOWER, _WHITE))


def value_key(value: Any, seed: int = 0) -> int:
    """Return the key of a JSON value, whatever the order of its keys."""
    return _hash(_sorted_json(value), seed)


def mixed(first: int, second: int) -> int:
    """Return one key of two; their order matters."""
    return (first * 0x9E3779B97F4A7C15 + second) & MASK
