"""Preferences that contradict each other: answers to one prompt of which each is preferred to the next, in a circle.

They are the strongly connected components of the graph whose edges lead from the better to the worse answer of a pair.
A pair judged both ways is a circle of two.
"""

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from rft.datasets.findings import SHOWN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PAIRS: Final = 1_000_000  # that are held at most
ROUNDS: Final = 32  # in which pairs that can be on no circle are left out, before the search for those that are
_KEYS: Final = 1 << 64
_MIX: Final = 0x9E3779B97F4A7C15  # odd: distinct prompts keep equal answers apart


class Circle(Struct, frozen=True):
    """Answers to one prompt that no order fits, the pairs among them, and the first lines that hold these."""

    answers: int
    pairs: int
    lines: list[int]  # at most SHOWN, ascending


class Cycles:
    """Collects strict preferences; afterwards their circles.

    Memory: 32 bytes a pair, of ``PAIRS`` at most, and 150 bytes a pair during the search. Where there are more, whole
    prompts are left out by their key, half of them at a time, so that what remains does not depend on the order.
    """

    def __init__(self, most: int = PAIRS) -> None:
        self._most = most
        self._end = _KEYS  # prompts with keys below it are looked at
        self._prompts, self._better, self._worse, self._lines = (array("Q") for _ in range(4))

    def add(self, line: int, prompt: int, better: int, worse: int) -> None:
        """Add a pair: the line that holds it, and the 64-bit keys of prompt, better and worse answer."""
        if prompt >= self._end:
            return
        self._prompts.append(prompt)
        self._better.append(better)
        self._worse.append(worse)
        self._lines.append(line)
        while len(self._prompts) > self._most:
            self._halve()

    @property
    def share(self) -> float:
        """The share of prompts that is looked at."""
        return self._end / _KEYS

    def circles(self) -> list[Circle]:
        """Return all circles, in the order of their first lines."""
        if not self._prompts:
            return []
        import numpy as np  # here: only who has pairs loads it

        prompts, better, worse, lines = (
            np.frombuffer(values, np.uint64) for values in (self._prompts, self._better, self._worse, self._lines)
        )
        mixed = prompts * np.uint64(_MIX)
        nodes = np.unique(np.concatenate((mixed + better, mixed + worse)), return_inverse=True)[1]
        rows, tails, heads = _trimmed(nodes[: len(prompts)], nodes[len(prompts) :])
        if not len(rows):
            return []
        found = np.array(components(*_adjacent(tails, heads)))
        inside = np.flatnonzero((found[tails] == found[heads]) & (tails != heads))
        inside = inside[np.lexsort((lines[rows[inside]], found[tails[inside]]))]
        parts = np.split(inside, np.flatnonzero(np.diff(found[tails[inside]])) + 1) if len(inside) else []
        circles = [
            Circle(len(np.union1d(tails[part], heads[part])), len(part), np.unique(lines[rows[part]])[:SHOWN].tolist())
            for part in parts
        ]
        return sorted(circles, key=lambda circle: (circle.lines, circle.answers, circle.pairs))

    def _halve(self) -> None:
        self._end //= 2
        kept = [row for row, prompt in enumerate(self._prompts) if prompt < self._end]
        self._prompts, self._better, self._worse, self._lines = (
            array("Q", (values[row] for row in kept))
            for values in (self._prompts, self._better, self._worse, self._lines)
        )


def _trimmed(
    tails: "NDArray[np.intp]", heads: "NDArray[np.intp]"
) -> "tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]":
    """Return rows, tails and heads of the edges that may be on a circle, their nodes numbered anew."""
    import numpy as np

    rows = np.arange(len(tails))
    for _ in range(ROUNDS):  # what nothing leads to, or nothing leads from, is on no circle
        nodes = int(max(tails.max(), heads.max())) + 1 if len(tails) else 0
        kept = (np.bincount(heads, minlength=nodes)[tails] > 0) & (np.bincount(tails, minlength=nodes)[heads] > 0)
        if kept.all():
            break
        rows, tails, heads = rows[kept], tails[kept], heads[kept]
    numbers = np.unique(np.concatenate((tails, heads)), return_inverse=True)[1]
    return rows, numbers[: len(rows)], numbers[len(rows) :]


def _adjacent(tails: "NDArray[np.intp]", heads: "NDArray[np.intp]") -> "tuple[array[int], array[int]]":
    """Return where the followers of each node begin, with the end behind the last, and the followers."""
    import numpy as np

    order = np.argsort(tails, kind="stable")
    nodes = int(max(tails.max(), heads.max())) + 1
    starts = np.searchsorted(tails[order], np.arange(nodes + 1))
    return array("q", starts.astype(np.int64).tobytes()), array("q", heads[order].astype(np.int64).tobytes())


def components(starts: Sequence[int], followers: Sequence[int]) -> "array[int]":
    """Return the number of the strongly connected component of each node 0, 1, ...

    The followers of node n are ``followers[starts[n] : starts[n + 1]]``. Tarjan's algorithm (SIAM Journal on Computing
    1(2), 1972) with a path of its own, so that a long chain of answers is no deep recursion.
    """
    nodes = len(starts) - 1
    component = array("q", [-1]) * nodes
    order = array("q", [-1]) * nodes  # when a node was found
    lowest = array("q", [-1]) * nodes  # the earliest found node that it leads back to
    edge = array("q", starts)  # the next edge to follow
    stack, path = array("q"), array("q")
    count = number = 0
    for root in range(nodes):
        if order[root] < 0:
            path.append(root)
        while path:
            node = path[-1]
            if order[node] < 0:
                order[node] = lowest[node] = count
                count += 1
                stack.append(node)
            if edge[node] < starts[node + 1]:
                follower = followers[edge[node]]
                edge[node] += 1
                if order[follower] < 0:
                    path.append(follower)
                elif component[follower] < 0:
                    lowest[node] = min(lowest[node], order[follower])
                continue
            path.pop()
            if path:
                lowest[path[-1]] = min(lowest[path[-1]], lowest[node])
            if lowest[node] == order[node]:
                member = -1
                while member != node:
                    member = stack.pop()
                    component[member] = number
                number += 1
    return component
