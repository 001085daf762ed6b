r"""Regular expressions whose search takes time linear in the text, whatever the expression: ``re`` backtracks.

The expression becomes a small machine whose states are followed all at once, with the sets of states seen so far kept
as a table (Thompson, Communications of the ACM 11, 1968; Cox, "Regular Expression Matching Can Be Simple And Fast").
Syntax and meaning are those of ``re``: literals, ``.``, classes, ``\d \w \s`` and their opposites, groups, ``|``,
``* + ? {m,n}`` (also lazy), ``^`` and ``$`` for start and end of the text. Refused is what such a machine cannot do:
look-around, back-references, ``\b``, flags, possessive quantifiers; and what would be too large.
"""

from __future__ import annotations

from rft.rewards.regex_syntax import BadPattern, read_pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.regex_syntax import Accepts, Tree

STATES = 500  # of the machine; what bounds the work for one character
CACHED = 5_000  # transitions that are kept
WORK = 20 * STATES  # steps of building; repeated empty groups make none of the states

_MATCH = 0  # the state in which the expression has matched


class Regex:
    """A compiled expression.

    Raises:
        BadPattern: see there.

    """

    def __init__(self, pattern: str, *, ignore_case: bool = False) -> None:
        machine = _Machine(read_pattern(pattern, ignore_case=ignore_case))
        self._steps = machine.steps
        self._first = self._closure([machine.entry], start=True)
        self._again = self._closure([machine.entry])
        self._table: dict[frozenset[int], dict[str, frozenset[int]]] = {}
        self._size = 0

    def search(self, text: str) -> bool:
        """Return whether the expression matches anywhere in a text."""
        states = self._first
        if _MATCH in states:
            return True
        row = self._table.setdefault(states, {})
        for char in text:
            following = row.get(char)
            if following is None:
                following = self._follow(states, char)
                if self._size >= CACHED:
                    self._table, self._size = {}, 0
                    row = {}
                row[char] = following
                self._size += 1
            states = following
            if _MATCH in states:
                return True
            row = self._table.setdefault(states, {})
        return _MATCH in self._closure(list(states), end=True)

    def _follow(self, states: frozenset[int], char: str) -> frozenset[int]:
        reached: list[int] = []
        for state in states:
            kind, accepts, targets = self._steps[state]
            if kind == "char" and accepts(char):
                reached.extend(targets)
        return self._closure(reached) | self._again

    def _closure(self, states: list[int], *, start: bool = False, end: bool = False) -> frozenset[int]:
        """Return all states that are reached without a character."""
        seen: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            kind, _, targets = self._steps[state]
            if kind == "split" or (kind == "start" and start) or (kind == "end" and end):
                waiting.extend(targets)
        # Only states that wait for a character, for the end or that have matched tell sets apart.
        return frozenset(state for state in seen if self._steps[state][0] in ("char", "end", "match"))


class _Machine:
    """An expression as states: what each waits for, and where it leads. Built from the end to the start."""

    def __init__(self, tree: Tree) -> None:
        self.steps: list[tuple[str, Accepts, tuple[int, ...]]] = [("match", str, ())]
        self._work = 0
        self.entry = self._emit(tree, _MATCH)

    def _add(self, kind: str, accepts: Accepts, *targets: int) -> int:
        if len(self.steps) >= STATES:
            raise BadPattern(f"needs more than {STATES} states; repeat less often")
        self.steps.append((kind, accepts, targets))
        return len(self.steps) - 1

    def _emit(self, tree: Tree, then: int) -> int:
        """Add the states of a tree that lead to the state ``then``; return the first."""
        self._work += 1
        if self._work > WORK:
            raise BadPattern("repeats too much; repeat less often")
        match tree:
            case ("char", accepts):
                return self._add("char", accepts, then)
            case ("start" | "end" as kind,):
                return self._add(kind, str, then)
            case ("all", list(parts)):
                for part in reversed(parts):
                    then = self._emit(part, then)
                return then
            case ("any", list(branches)):
                entries = [self._emit(branch, then) for branch in branches]
                return entries[0] if len(entries) == 1 else self._add("split", str, *entries)
            case ("repeat", inside, low, high):
                return self._repeat(inside, low, high, then)
        raise AssertionError(tree)

    def _repeat(self, inside: Tree, low: int, high: int | None, then: int) -> int:
        if high is not None:
            for _ in range(high - low):
                then = self._add("split", str, self._emit(inside, then), then)
        else:
            loop = self._add("split", str)
            self.steps[loop] = ("split", str, (self._emit(inside, loop), then))
            then = loop
        for _ in range(low):
            then = self._emit(inside, then)
        return then
