"""Text as it is compared: normalised, as words, as items of a list. Every function takes time linear in the text.

Normalisation is SQuAD's (Rajpurkar and others, arXiv:1606.05250, ``normalize_answer`` of its evaluation script): lower
case, no punctuation, no English articles, single spaces. Two things are added. It holds for all of Unicode: text is in
form NFKC with case folded, and punctuation is ASCII's and every character of category P. And numbers stay whole, as in
DROP's script (Dua and others, arXiv:1903.00161): for SQuAD, 3.5 and 35 are equal.
"""

from __future__ import annotations

import json
import re
import unicodedata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ARTICLES = frozenset(("a", "an", "the"))
LONGEST_NUMBER = 60  # characters
LONGEST_WORD = 40  # characters; a longer run is cut for counting repetition
PIECE = 8  # characters of a cut run
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|[-+]?\.[0-9]+")
# Written without spaces: Han, kana, Thai, Lao, Burmese, Khmer. Each character counts as a word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(f"[{_UNSPACED}\U00020000-\U0003ffff]|[^\\s{_UNSPACED}\U00020000-\U0003ffff]+")
_BULLET = re.compile(r"(?:[-*\u2022\u2013\u2014]|[0-9]{1,3}[.)])[ \t]+")


class _Dropped(dict[int, "int | None"]):
    """Table for ``str.translate`` that fills itself: punctuation goes, the rest stays."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        gone = char in _PUNCTUATION or (code > 127 and unicodedata.category(char)[0] == "P")
        self[code] = None if gone else code
        return self[code]


_DROPPED = _Dropped()


def normalise(text: str) -> str:
    """Return a text as it is compared; empty if nothing but punctuation and articles is in it."""
    return " ".join(_normal_words(text))


def tokens(text: str) -> list[str]:
    """Return the words of the normalised text; in scripts without spaces every character is one."""
    return [token for word in _normal_words(text) for token in _TOKEN.findall(word)]


def pieces(text: str) -> list[str]:
    """Return the words of a text for counting repetition: case folded, nothing dropped, endless words cut."""
    found = []
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if len(token) <= LONGEST_WORD:
            found.append(token)
        else:
            found.extend(token[start : start + PIECE] for start in range(0, len(token), PIECE))
    return found


def items(value: Any) -> list[str]:
    """Return the normalised items of a list: a JSON list, lines with or without bullets, or split by ``;`` or ``,``."""
    if isinstance(value, str):
        value = _split(value.strip())
    elif not isinstance(value, list):
        value = [value]
    normal = (normalise(item if isinstance(item, str) else json.dumps(item)) for item in value)
    return [item for item in normal if item]


def _normal_words(text: str) -> list[str]:
    found = []
    for word in unicodedata.normalize("NFKC", text).casefold().replace("\u2212", "-").split():
        bare = word.strip("()[]{}\"'.,;:!?$\u20ac\u00a3")
        if word[:1] == "." and bare[:1].isdigit():
            bare = f".{bare}"
        if len(bare) <= LONGEST_NUMBER and _NUMBER.fullmatch(bare):
            found.append(bare.replace(",", "").lstrip("+"))
        elif (plain := word.translate(_DROPPED)) and plain not in ARTICLES:
            found.append(plain)
    return found


def _split(text: str) -> list[Any]:
    if text[:1] == "[":
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, list):
            return value
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        lines = text.split(";" if ";" in text else ",")
    return [_BULLET.sub("", line.strip(), count=1) for line in lines]
