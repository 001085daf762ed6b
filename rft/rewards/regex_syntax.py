"""The syntax of ``rft.rewards.regex``: an expression as a tree, or the reason why it is refused.

A node of the tree is a tuple: its kind and what belongs to it. The kinds are ``char`` (what it accepts), ``start``,
``end``, ``all`` and ``any`` (trees), and ``repeat`` (a tree, the least and the most, which is None without a bound).
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Accepts = Callable[[str], object]
    Tree = tuple[Any, ...]

LONGEST = 1_000  # characters of an expression
NESTED = 50  # groups in each other

_COUNT = re.compile(r"\{([0-9]{0,4})(,?)([0-9]{0,4})\}")
_SIMPLE = frozenset("dDwWsSnrtfv")
_HEX = {"x": 2, "u": 4, "U": 8}


class BadPattern(ValueError):
    """An expression that is wrong, or cannot be searched for in linear time; the message says why and where."""


def read_pattern(pattern: str, *, ignore_case: bool = False) -> Tree:
    """Return the tree of an expression.

    Raises:
        BadPattern: see there.

    """
    if len(pattern) > LONGEST:
        raise BadPattern(f"is {len(pattern):,} characters long; at most {LONGEST:,} are allowed")
    return _Reader(pattern, re.IGNORECASE if ignore_case else re.NOFLAG).tree()


class _Reader:
    def __init__(self, pattern: str, flags: re.RegexFlag) -> None:
        self._pattern = pattern
        self._flags = flags
        self._place = 0

    def tree(self) -> Tree:
        tree = self._alternatives(0)
        if self._place < len(self._pattern):
            raise self._error("a closing bracket without an opening one")
        return tree

    def _alternatives(self, depth: int) -> Tree:
        if depth > NESTED:
            raise self._error(f"more than {NESTED} groups in each other")
        branches = [self._sequence(depth)]
        while self._peek() == "|":
            self._place += 1
            branches.append(self._sequence(depth))
        return ("any", branches)

    def _sequence(self, depth: int) -> Tree:
        parts: list[Tree] = []
        while (char := self._peek()) not in ("", "|", ")"):
            start = self._place
            atom = self._atom(char, depth)
            low, high = self._quantifier()
            if (low, high) == (1, 1):
                parts.append(atom)
            elif atom[0] in ("start", "end"):
                self._place = start
                raise self._error(f"nothing to repeat: {char} has no width")
            else:
                parts.append(("repeat", atom, low, high))
        return ("all", parts)

    def _atom(self, char: str, depth: int) -> Tree:
        if char in "*+?":
            raise self._error("nothing to repeat")
        if char == "^" or char == "$":
            self._place += 1
            return ("start",) if char == "^" else ("end",)
        if char == "(":
            return self._group(depth)
        start = self._place
        if char == "[":
            self._class_end()
        elif char == "\\":
            self._escape()
        else:
            self._place += 1
        return ("char", self._accepts(start))

    def _group(self, depth: int) -> Tree:
        start = self._place
        if self._pattern.startswith("(?:", start):
            self._place += 3
        elif self._pattern.startswith("(?", start):
            raise self._error("look-around, named groups and flags are not allowed; use ( ) or (?: )")
        else:
            self._place += 1
        inside = self._alternatives(depth + 1)
        if self._peek() != ")":
            self._place = start
            raise self._error("this group is not closed")
        self._place += 1
        return inside

    def _class_end(self) -> None:
        start = self._place
        self._place += 2 if self._pattern.startswith("[^", start) else 1
        first = True
        while (char := self._peek()) != "]" or first:
            if char == "":
                self._place = start
                raise self._error("this class is not closed")
            if char == "\\":
                self._escape()
            else:
                self._place += 1
            first = False
        self._place += 1

    def _escape(self) -> None:
        letter = self._pattern[self._place + 1 : self._place + 2]
        if letter in _HEX:
            self._place += 2 + _HEX[letter]
        elif letter and (letter in _SIMPLE or not (letter.isalnum() and letter.isascii())):
            self._place += 2
        else:
            raise self._error(
                f"\\{letter} is not allowed: back-references, \\b and \\A look at more than one character"
            )

    def _quantifier(self) -> tuple[int, int | None]:
        char = self._peek()
        low: int = 1
        high: int | None = 1
        if char and char in "*+?":
            self._place += 1
            low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        elif char == "{" and (match := _COUNT.match(self._pattern, self._place)) and match[0] != "{}":
            self._place = match.end()
            low = int(match[1] or 0)
            high = int(match[3]) if match[3] else (None if match[2] else low)
            if high is not None and high < low:
                raise self._error("the least is above the most")
        else:
            return low, high
        behind = self._peek()
        if behind == "?":
            self._place += 1  # lazy: the same texts match
        elif behind == "+":
            raise self._error("possessive quantifiers are not allowed")
        elif behind == "*" or (behind == "{" and _COUNT.match(self._pattern, self._place)):
            raise self._error("a quantifier behind a quantifier; put the first into a group")
        return low, high

    def _accepts(self, start: int) -> Accepts:
        fragment = self._pattern[start : self._place]
        if len(fragment) == 1 and fragment != "." and not self._flags:
            return fragment.__eq__
        try:
            return re.compile(fragment, self._flags).match
        except re.error as error:
            self._place = start
            raise self._error(str(error)) from None

    def _peek(self) -> str:
        return self._pattern[self._place : self._place + 1]

    def _error(self, reason: str) -> BadPattern:
        return BadPattern(f"{reason}, at character {self._place + 1} of {self._pattern!r}")
