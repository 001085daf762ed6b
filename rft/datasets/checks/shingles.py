"""Shingles of texts: the words and the pairs of neighbouring words, as strings and, for many texts at once, as hashes.

Words are runs of letters and digits, in lower case; punctuation separates them and counts for nothing. A character of a
script that is written without spaces is a word of its own, so that Chinese or Thai texts have words as well.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TYPOGRAPHIC: Final = "\u2019\u2018\u201c\u201d\u2013\u2014\u2026"  # quotation marks, dashes, ellipsis
_SYMBOL: Final = re.compile(r"[^\w\x00-\x7f]+")
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_NUMBER: Final = re.compile(r"[-+*/^<>=\u00d7\u00f7\u2212\u2013]? ?\d+(?:[.,]\d+)*")
_DASH: Final = str.maketrans({" ": None, ",": None, "\u2212": "-", "\u2013": "-"})
SPACE: Final = 32
_WORDS: Final = bytes(byte if byte >= 128 or chr(byte).isalnum() else SPACE for byte in range(256)).lower()
_CODES: Final = _WORDS.replace(b" ", b"\0")
_BASE: Final = 0x9E3779B97F4A7C15
_LOAD: Final = 8  # bytes of a word that are looked at together


def spaced(text: str) -> bytes:
    """Return a text in UTF-8 where words are told apart by bytes: all else than letters and digits is ASCII."""
    if not text.isascii():
        for mark in _TYPOGRAPHIC:
            text = text.replace(mark, " ")
        if not text.isascii():
            text = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
            text = _UNSPACED.sub(r" \g<0> ", _SYMBOL.sub(" ", text))
    return text.encode(errors="replace")


def shingles(text: str) -> frozenset[bytes]:
    """Return the words and the pairs of neighbouring words of a text; empty for a text without letters and digits."""
    words = spaced(text).translate(_WORDS).split()
    return frozenset(words).union(map(b" ".join, pairwise(words)))


def numbers(text: str) -> tuple[str, ...]:
    """Return the numbers of a text in order, each with the sign or operator before it."""
    return tuple(found.translate(_DASH) for found in _NUMBER.findall(text))


class Hasher:
    """Hashes the shingles of many texts, with numpy. The same text always has the same hashes, whatever its company."""

    def __init__(self) -> None:
        import numpy as np  # here, so that a function that hashes nothing does not load it

        self._np = np
        self._masks = np.array([2 ** (8 * size) - 1 for size in range(_LOAD + 1)], np.uint64)

    def hashes(self, texts: Sequence[bytes]) -> "tuple[NDArray[np.uint64], NDArray[np.uint64]]":
        """Return the hashes of the shingles of all texts (from ``spaced``), and where each text's begin and end.

        Those of text i are ``hashes[offsets[i]:offsets[i + 1]]``, some of them more than once.
        """
        np = self._np
        joined = (b" " + b" ".join(texts) + b" " * (_LOAD + 1)).translate(_CODES)
        inside = np.frombuffer(joined, np.uint8) != 0
        edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
        starts, ends = edges[0::2], edges[1::2]
        words = self._words(joined, starts, ends)
        bounds = np.cumsum(np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts)))
        counts = np.searchsorted(starts, bounds + 1)  # words up to the end of each text
        hashes = np.empty(2 * len(words), np.uint64)
        hashes[0::2] = words
        pairs = words[:-1] * _BASE
        pairs += words[1:]
        _mix(pairs)
        hashes[1:-1:2] = pairs
        lasts = counts[counts > 0] - 1
        hashes[2 * lasts + 1] = words[lasts]  # in the place of a pair that would reach into the next text
        return hashes, np.concatenate((np.zeros(1, np.uint64), (2 * counts).astype(np.uint64)))

    def _words(self, codes: bytes, starts: "NDArray[np.intp]", ends: "NDArray[np.intp]") -> "NDArray[np.uint64]":
        """Return the hashes of words: of their first eight bytes, and where they are longer, their last and length.

        Two words of more than 16 bytes that differ in the middle alone share a hash. So texts seem more alike than they
        are, until they are compared.
        """
        np = self._np
        loads = np.ndarray((len(codes) - _LOAD + 1,), "<u8", codes, strides=(1,))  # the eight bytes from each place on
        sizes = ends - starts
        words: NDArray[Any] = loads[starts] & self._masks[np.minimum(sizes, _LOAD)]
        long = np.flatnonzero(sizes > _LOAD)
        rest = loads[ends[long] - _LOAD] * _BASE + sizes[long].astype(np.uint64)
        _mix(rest)
        words[long] ^= rest
        _mix(words)
        return words


def _mix(values: "NDArray[np.uint64]") -> None:
    """Make all bits of each value depend on all of them, in place (the finaliser of MurmurHash3, public domain)."""
    values ^= values >> 33
    values *= 0xFF51AFD7ED558CCD
    values ^= values >> 33
    values *= 0xC4CEB9FE1A85EC53
    values ^= values >> 33
