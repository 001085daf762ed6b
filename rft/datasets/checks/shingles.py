"""Shingles of texts: the words and the pairs of neighbouring words, as strings and, for many texts at once, as hashes.

Words are runs of letters and digits, in lower case; punctuation separates them and counts for nothing. A character of a
script that is written without spaces is a word of its own, so that Chinese or Thai texts have words as well.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

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
_BASE: Final = 0x9E3779B97F4A7C15  # odd, so that its powers have inverses modulo 2^64


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
        self._powers = self._inverses = np.ones(1, np.uint64)

    def hashes(self, texts: Sequence[bytes]) -> "tuple[NDArray[np.uint64], NDArray[np.uint64]]":
        """Return the hashes of the shingles of all texts (from ``spaced``), and where each text's begin and end.

        Those of text i are ``hashes[offsets[i]:offsets[i + 1]]``, some of them more than once.
        """
        np = self._np
        joined = b" " + b" ".join(texts) + b" "
        self._reach(len(joined))
        codes = np.frombuffer(joined.translate(_CODES), np.uint8)
        inside = codes != 0
        edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
        starts, ends = edges[0::2], edges[1::2]
        # A word's sum of code * base^place, moved to place 0, depends on the word alone.
        sums = np.cumsum(codes * self._powers[: len(joined)])
        words = sums[ends - 1]
        words -= sums[starts - 1]
        words *= self._inverses[starts]
        _mix(words)
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

    def _reach(self, length: int) -> None:
        if len(self._powers) < length:
            self._powers = self._powers_of(_BASE, 2 * length)
            self._inverses = self._powers_of(pow(_BASE, -1, 2**64), 2 * length)

    def _powers_of(self, base: int, size: int) -> "NDArray[np.uint64]":
        powers = self._np.full(size, base, self._np.uint64)
        powers[0] = 1
        return self._np.cumprod(powers)


def _mix(values: "NDArray[np.uint64]") -> None:
    """Make all bits of each value depend on all of them, in place (the finaliser of MurmurHash3, public domain)."""
    values ^= values >> 33
    values *= 0xFF51AFD7ED558CCD
    values ^= values >> 33
    values *= 0xC4CEB9FE1A85EC53
    values ^= values >> 33
