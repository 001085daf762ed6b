"""What a detector of personal data or secrets is: a trigger, a pattern, and what the match must stand up to."""

import re
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from rft.datasets.codes import Code

Span = tuple[int, int]
DIGITS: Final = (r"[0-9](?:[ )./+A-]{0,2}[0-9]){8}",)  # nine digits, however grouped
LETTERS_AND_DIGITS: Final = (r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}",)
Accept = Callable[[re.Match[str]], Span | None]


def whole(match: re.Match[str]) -> Span | None:
    """Accept a match as it is: its group ``value``, or all of it where the pattern has no such group."""
    return match.span("value") if "value" in match.re.groupindex else match.span()


def letters_and_digits(value: str) -> str:
    """Return a value without what people put between its parts, in capitals."""
    return "".join(filter(str.isalnum, value)).upper()


def folded(value: str) -> str:
    """Return a value without regard to case and outer white space."""
    return value.strip().casefold()


class Detector(Struct, frozen=True, kw_only=True):
    """One detector. Several may report the same kind.

    ``triggers`` are regular expressions for Hyperscan over UTF-8 bytes: wherever ``pattern`` matches, one of them does,
    also in the JSON in which the text is written. They use no look-around. ``coarse`` triggers fire wherever they do,
    are shared by detectors, and cost less; without them ``triggers`` serve. ``pattern`` gives the characters; all its
    repetitions are bounded, so that its time is linear in the text. ``accept`` makes the rest of the decision.
    """

    kind: str
    words: str  # with its article, for a reason: "an e-mail address"
    triggers: tuple[str, ...]
    pattern: re.Pattern[str]
    coarse: tuple[str, ...] = ()
    accept: Accept = whole
    normal: Callable[[str], str] = folded  # equal values give equal pseudonyms
    code: Code = Code.PERSONAL_DATA
