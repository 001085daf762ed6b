r"""Numbers in answers: ``#### 72``, ``\boxed{72}``, "the answer is 72", or the last number of the text.

Thousands separators, signs, decimals, exponents, currency signs and units are read. Every expression here takes time
linear in the text.
"""

from __future__ import annotations

import re
from decimal import Decimal

LONGEST = 60  # characters; a longer run of digits is no answer to anything
NEAR = 80  # characters behind "answer is" in which its number must stand
UNIT = 24  # characters behind a number that are kept for its unit

_NUMBER = (
    r"(?:(?<![\w)\]])(?P<sign>[-+\u2212])[$\u20ac\u00a3]?)?"
    r"(?<![\w.])(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"(?P<exponent>[eE][-+]?[0-9]{1,3}(?![\w]))?"
)
_FIND = re.compile(_NUMBER)
# A heading such as "#### Step 1" is no result: behind the hashes stands the number.
_HASH_LINE = re.compile(r"(?:^|\n)[ \t]*####[ \t*]*([-+\u2212$\u20ac\u00a3]{0,2}[.0-9][^\n]*)")
_STRICT_LINE = re.compile(r"#### ?(-?[0-9][0-9,]*(?:\.[0-9]+)?)")
_BOXED = re.compile(r"\\boxed\{([^{}\n]*)\}")
_PHRASE = re.compile(r"\banswer(?: is|:)", re.IGNORECASE)


class Found:
    """A number that an answer gives as its result, and how: ``hash``, ``boxed``, ``phrase`` or ``last``.

    ``after`` is the text behind it, for its unit.
    """

    __slots__ = ("after", "style", "value")

    def __init__(self, value: Decimal, style: str, after: str = "") -> None:
        self.value = value
        self.style = style
        self.after = after

    def __repr__(self) -> str:
        return f"Found({self.value}, {self.style})"


def read_number(text: str) -> Decimal | None:
    """Return the one number of a text such as ``-1,234.50 km``; None if it holds none or several."""
    found = only_number(text)
    return None if found is None else found.value


def only_number(text: str) -> Found | None:
    """Return the one number of a text with what stands behind it; None if it holds none or several."""
    matches = [match for match in _FIND.finditer(text) if _value(match) is not None]
    return _found(text, matches[0], "last") if len(matches) == 1 else None


def last_number(text: str) -> Decimal | None:
    """Return the last number of a text, or None."""
    found = _last(text)
    return None if found is None else found.value


def final_number(text: str) -> Found | None:
    r"""Return the number that an answer gives as its result, or None if it gives none or contradicts itself.

    A ``####`` line counts before ``\boxed{}``, that before "answer is", that before the last number. Two different
    results in the same style are a contradiction: naming several numbers must not win.
    """
    for style, places in (("hash", _HASH_LINE.findall(text)), ("boxed", _BOXED.findall(text))):
        if places:
            first, *others = [only_number(place) for place in places]
            if first is None or any(other is None or other.value != first.value for other in others):
                return None
            return Found(first.value, style, first.after)
    phrases = list(_PHRASE.finditer(text))
    if phrases:
        start = phrases[-1].end()
        near = text[start : start + NEAR]
        match = _FIND.search(near)
        if match is not None and (found := _found(near, match, "phrase")) is not None:
            return found
    return _last(text)


def strict_hash_number(text: str) -> Decimal | None:
    """Return the number of an answer that ends in the wanted form: its last line is ``#### <number>``, its only one."""
    lines = text.rstrip().rsplit("\n", 1)
    match = _STRICT_LINE.fullmatch(lines[-1].strip())
    if match is None or len(match[1]) > LONGEST or len(_HASH_LINE.findall(text)) != 1:
        return None
    return read_number(match[1])


def _last(text: str) -> Found | None:
    last = None
    for match in _FIND.finditer(text):
        last = match
    return None if last is None else _found(text, last, "last")


def _found(text: str, match: re.Match[str], style: str) -> Found | None:
    value = _value(match)
    return None if value is None else Found(value, style, text[match.end() : match.end() + UNIT])


def _value(match: re.Match[str]) -> Decimal | None:
    digits = match["digits"].replace(",", "")
    if len(digits) > LONGEST:
        return None
    value = Decimal(digits + (match["exponent"] or ""))
    return -value if match["sign"] in ("-", "\u2212") else value
