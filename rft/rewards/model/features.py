"""What a reward model looks at in an answer: which n-grams it has, and seven measures.

Training and grader call the same functions, so that a feature means the same in both. Standard library only.
"""

from __future__ import annotations

import re
from itertools import pairwise
from math import log1p
from zlib import crc32

VERSION = 1  # of this file's features; a model of another version is refused
BITS = 18
SIZE = 1 << BITS
LOOKED_AT = 8_000  # characters of a text, at most; so a long answer costs milliseconds
ORDERS = (2, 3, 4, 5)  # characters of an n-gram
_ONE, _TWO = 1, 2  # seeds of words and pairs of words: kept apart from each other and from characters (0)
_PIECE = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")

MEASURES = (
    "length",  # log(1 + characters)
    "length squared",  # its square over 10: a best length may lie in between
    "distinct words",  # log(1 + distinct words)
    "repetition",  # share of words that stood before
    "distance from the prompt's length",  # of the logarithms
    "words from the prompt",  # share of the answer's distinct words that the prompt has
    "prompt taken up",  # share of the prompt's distinct words that the answer has
)
FIRST = len(MEASURES)  # measures have the indices before it, n-grams those from it on
REPETITION = MEASURES.index("repetition")
_ROOM = SIZE - FIRST
_WIDTHS = tuple(4 * order for order in ORDERS)


def measures(prompt: str, answer: str) -> list[float]:
    """Return the values of ``MEASURES``, finite whatever the texts. Characters are counted to the end of the text."""
    said = _WORD.findall(_even(answer))
    distinct, asked = set(said), set(_WORD.findall(_even(prompt)))
    length = log1p(len(answer))
    shared = len(distinct & asked)
    return [
        length,
        length * length / 10,
        log1p(len(distinct)),
        1 - len(distinct) / len(said) if said else 0.0,
        abs(length - log1p(len(prompt))),
        shared / len(distinct) if distinct else 0.0,
        shared / len(asked) if asked else 0.0,
    ]


def grams(answer: str, limit: int = LOOKED_AT) -> set[int]:
    """Return the indices, from ``FIRST`` to ``SIZE``, of an answer's n-grams: 2 to 5 characters, words, pairs of words.

    What stands behind the first ``limit`` characters is not looked at. An n-gram counts once, however often it stands
    in the answer. Case and the kind of white space do not count.
    """
    text = _even(answer[:limit])
    # four bytes a character, so that a slice of bytes is a slice of characters
    data = text.encode("utf-32-le", "surrogatepass")
    end = len(data) + 1
    found: list[int] = []
    for width in _WIDTHS:
        found += [FIRST + crc32(data[start : start + width]) % _ROOM for start in range(0, end - width, 4)]
    pieces = [piece.encode("utf-8", "surrogatepass") for piece in _PIECE.findall(text)]
    found += [FIRST + crc32(piece, _ONE) % _ROOM for piece in pieces]
    found += [FIRST + crc32(pair, _TWO) % _ROOM for pair in map(b" ".join, pairwise(pieces))]
    return set(found)


def words(answer: str) -> set[str]:
    """Return the words and marks of an answer, as n-grams are made of."""
    return set(_PIECE.findall(_even(answer)))


def _even(text: str) -> str:
    return " ".join(text[:LOOKED_AT].lower().split())
