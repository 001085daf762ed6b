r"""Numbers in answers: ``#### 72``, ``\boxed{72}``, "the answer is 72", or the last number of the text.

Thousands separators, signs, decimals, exponents, currency signs and units are read. Every expression here takes time
linear in the text.
"""

from __future__ import annotations

import re
from decimal import Decimal

LONGEST = 60  # characters; a longer run of digits is no answer to anything
NEAR = 80  # characters behind "answer is" in which its number must stand

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
    """A number that an answer gives as its result, and how: ``hash``, ``boxed``, ``phrase`` or ``last``."""

    __slots__ = ("style", "value")

    def __init__(self, value: Decimal, style: str) -> None:
        self.value = value
        self.style = style

    def __repr__(self) -> str:
        return f"Found({self.value}, {self.style})"


def read_number(text: str) -> Decimal | None:
    """Return the one number of a text such as ``-1,234.50 km``; None if it holds none or several."""
    found = [value for match in _FIND.finditer(text) if (value := _value(match)) is not None]
    return found[0] if len(found) == 1 else None


def last_number(text: str) -> Decimal | None:
    """Return the last number of a text, or None."""
    last = None
    for match in _FIND.finditer(text):
        last = match
    return None if last is None else _value(last)


def final_number(text: str) -> Found | None:
    r"""Return the number that an answer gives as its result, or None if it gives none or contradicts itself.

    A ``####`` line counts before ``\boxed{}``, that before "answer is", that before the last number. Two different
    results in the same style are a contradiction: naming several numbers must not win.
    """
    for style, places in (("hash", _HASH_LINE.findall(text)), ("boxed", _BOXED.findall(text))):
        if places:
            values = {read_number(place) for place in places}
            value = values.pop()
            return None if values or value is None else Found(value, style)
    phrases = list(_PHRASE.finditer(text))
    if phrases:
        start = phrases[-1].end()
        match = _FIND.search(text[start : start + NEAR])
        if match is not None and (value := _value(match)) is not None:
            return Found(value, "phrase")
    last = last_number(text)
    return None if last is None else Found(last, "last")


def strict_hash_number(text: str) -> Decimal | None:
    """Return the number of an answer that ends in the wanted form: its last line is ``#### <number>``, its only one."""
    lines = text.rstrip().rsplit("\n", 1)
    match = _STRICT_LINE.fullmatch(lines[-1].strip())
    if match is None or len(match[1]) > LONGEST or len(_HASH_LINE.findall(text)) != 1:
        return None
    return read_number(match[1])


def _value(match: re.Match[str]) -> Decimal | None:
    digits = match["digits"].replace(",", "")
    if len(digits) > LONGEST:
        return None
    value = Decimal(digits + (match["exponent"] or ""))
    return -value if match["sign"] in ("-", "\u2212") else value
