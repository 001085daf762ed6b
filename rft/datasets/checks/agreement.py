"""How far annotators agree on pairs: Krippendorff's alpha and shares, from counts alone.

A vote names the text that comes first in code point order, the one that comes second, or a tie. Named by winner, most
votes would be "chosen" by the way ``chosen`` is found, and chance would look like agreement.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import fsum
from typing import Final

from msgspec import Struct

from rft.datasets.items import Verdict, Vote

CROWD: Final = 10_000  # annotators from which on none is told apart
NAMED: Final = 20  # annotators that are listed
NAME: Final = 80  # characters of a name that are kept
_PLACES: Final = {
    False: {Verdict.CHOSEN: 0, Verdict.REJECTED: 1, Verdict.TIE: 2},
    True: {Verdict.CHOSEN: 1, Verdict.REJECTED: 0, Verdict.TIE: 2},
}


class Annotator(Struct, frozen=True, kw_only=True):
    """How one annotator votes beside the others.

    ``agreed`` of ``compared`` votes say what most of the other votes on the pair say; a pair without other votes, or
    whose other votes have no single majority, is not compared.
    """

    name: str
    votes: int
    compared: int
    agreed: int


class AgreementProfile(Struct, frozen=True, kw_only=True):
    """How far annotators agree on the pairs that have two votes and more."""

    pairs: int  # with two votes and more
    alpha: float | None  # Krippendorff's, nominal; None where votes do not vary or no pair has two
    unanimous: float | None  # share of these pairs whose votes are all the same
    annotators: int | None  # of all pairs; None: more than CROWD
    most_active: list[Annotator]  # at most NAMED, those with most votes first


class Agreement:
    """Counts votes while pairs stream past. Memory: 400 bytes an annotator, of CROWD at most, and nothing a pair."""

    def __init__(self) -> None:
        self._pairs = self._unanimous = 0
        self._first = self._second = self._tie = 0  # votes, on pairs with two and more
        self._apart: dict[int, int] = {}  # number of votes on a pair -> ordered pairs of votes that differ
        self._annotators: dict[str, list[int]] | None = {}

    def add(self, votes: Sequence[Vote], *, swapped: bool) -> None:
        """Count the votes on a pair; ``swapped`` says that ``rejected`` comes first in code point order."""
        places = _PLACES[swapped]
        said = [places[vote.verdict] for vote in votes]
        first, second = said.count(0), said.count(1)
        number = len(said)
        tie = number - first - second
        apart, alike = _compared(first, second, tie)
        if number > 1:
            self._pairs += 1
            self._unanimous += not apart
            self._apart[number] = self._apart.get(number, 0) + apart
            self._first += first
            self._second += second
            self._tie += tie
        if (annotators := self._annotators) is None:
            return
        for vote, place in zip(votes, said, strict=True):
            name = vote.annotator[:NAME]
            if (counts := annotators.get(name)) is None:
                if len(annotators) == CROWD:
                    self._annotators = None
                    return
                counts = annotators[name] = [0, 0, 0]
            counts[0] += 1
            if (agrees := alike[place]) is not None:
                counts[1] += 1
                counts[2] += agrees

    def alpha(self) -> float | None:
        """Return Krippendorff's alpha for nominal data; None where nothing varies, so that chance has no share.

        With n the votes on pairs that have two and more, n_c those of value c, and m_u the votes on pair u:
        alpha = 1 - (n - 1) * D / E, D = sum over pairs of (m_u^2 - sum_c n_uc^2) / (m_u - 1), E = n^2 - sum_c n_c^2.
        Source: K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), case C with nominal differences.
        """
        total = self._first + self._second + self._tie
        expected = total**2 - self._first**2 - self._second**2 - self._tie**2
        if not expected:
            return None
        observed = fsum(apart / (number - 1) for number, apart in self._apart.items())
        return 1 - (total - 1) * observed / expected

    def profile(self) -> AgreementProfile | None:
        """Return what was counted; None where nobody voted."""
        if self._annotators is not None and not self._annotators:
            return None
        names = self._annotators or {}
        order = sorted(names, key=lambda name: (-names[name][0], name))
        return AgreementProfile(
            pairs=self._pairs,
            alpha=self.alpha(),
            unanimous=self._unanimous / self._pairs if self._pairs else None,
            annotators=None if self._annotators is None else len(names),
            most_active=[
                Annotator(name=name, votes=names[name][0], compared=names[name][1], agreed=names[name][2])
                for name in order[:NAMED]
            ],
        )


@lru_cache(maxsize=1024)
def _compared(*counts: int) -> tuple[int, tuple[bool | None, ...]]:
    """Return how many ordered pairs of votes differ, and for each value whether most other votes say the same.

    The latter is None where the other votes have no single majority.
    """
    number = sum(counts)
    alike: list[bool | None] = []
    for place in range(len(counts)):
        others = [count - (other == place) for other, count in enumerate(counts)]
        most = max(others)
        alike.append(others[place] == most if most > 0 and others.count(most) == 1 else None)
    return number * number - sum(count * count for count in counts), tuple(alike)
