"""Pairs as rows of a linear model: the difference of the features of two answers, written for Vowpal Wabbit."""

import math
from array import array
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from rft.reward_model.pairs import Pair
from rft.rewards.model.features import FIRST, SIZE, grams, measures

SHARE: Final = 0.01  # of the training answers beyond either bound of a measure
WEIGHT: Final = 3.0  # standard deviations of a measure's differences become this: measures are few, n-grams many
LEAST: Final = 2  # pairs that an n-gram must tell apart; what a single pair teaches of it helps no other


class Bounds(Struct, frozen=True):
    """How measures are held and scaled, see ``RewardModel``."""

    scales: list[float]
    lows: list[float]
    highs: list[float]


class Rows:
    """Training pairs as differences. Memory: 4 bytes an n-gram in which two answers differ."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.pairs = pairs
        self._more: list[array[int]] = []  # n-grams that only the better answer has
        self._less: list[array[int]] = []  # only the worse
        counts = array("I", [0]) * SIZE
        ours, theirs = [], []
        for pair in pairs:
            better, worse = grams(pair.better), grams(pair.worse)
            self._more.append(array("I", sorted(better - worse)))
            self._less.append(array("I", sorted(worse - better)))
            for place in better ^ worse:
                counts[place] += 1
            ours.append(measures(pair.prompt, pair.better))
            theirs.append(measures(pair.prompt, pair.worse))
        self._used = array("I", range(FIRST))
        self._used.extend(place for place in range(FIRST, SIZE) if counts[place] >= LEAST)
        self._names = {place: name for name, place in enumerate(self._used)}
        self.bounds = _bounds(ours, theirs)
        self._measures = [
            [one - other for one, other in zip(self._held(mine), self._held(its), strict=True)]
            for mine, its in zip(ours, theirs, strict=True)
        ]

    @property
    def used(self) -> "array[int]":
        """The indices that a weight is learnt for, ascending; a row names each by its place here."""
        return self._used

    def texts(self) -> Iterator[str]:
        """Yield each row as text: label, weight, and the features that differ.

        A pair is one line of label 1; a tie is two lines of weight one half, one of either label, which says that each
        wins half the time.
        """
        for row, pair in enumerate(self.pairs):
            text = self._text(row)
            if pair.tie:
                yield f"1 0.5 |{text}\n-1 0.5 |{text}\n"
            elif row % 2:  # labels alternate, and the difference with them: a line says the same either way
                yield f"1 1 |{text}\n"
            else:
                yield f"-1 1 |{self._text(row, turned=True)}\n"

    def margin(self, row: int, weights: Sequence[float]) -> float:
        """Return by how much the better answer's worth exceeds the other's."""
        weight_of = weights.__getitem__
        measured = math.fsum(weight * value for weight, value in zip(weights, self._measures[row], strict=False))
        return measured + math.fsum(map(weight_of, self._more[row])) - math.fsum(map(weight_of, self._less[row]))

    def _text(self, row: int, *, turned: bool = False) -> str:
        more, less = (self._less[row], self._more[row]) if turned else (self._more[row], self._less[row])
        sign = -1 if turned else 1
        names = self._names
        return "".join(
            [
                *[f" {n}:{sign * value:.6g}" for n, value in enumerate(self._measures[row]) if value],
                *[f" {names[n]}" for n in more if n in names],
                *[f" {names[n]}:-1" for n in less if n in names],
            ]
        )

    def _held(self, values: list[float]) -> list[float]:
        bounds = self.bounds
        return [
            min(max(value, low), high) * scale
            for value, low, high, scale in zip(values, bounds.lows, bounds.highs, bounds.scales, strict=True)
        ]


def _bounds(ours: list[list[float]], theirs: list[list[float]]) -> Bounds:
    scales, lows, highs = [], [], []
    for place in range(FIRST):
        values = sorted(values[place] for side in (ours, theirs) for values in side)
        cut = int(len(values) * SHARE)
        low, high = values[cut], values[-1 - cut]
        differences = [
            min(max(one[place], low), high) - min(max(other[place], low), high)
            for one, other in zip(ours, theirs, strict=True)
        ]
        spread = math.sqrt(math.fsum(value * value for value in differences) / len(differences))
        scales.append(WEIGHT / spread if spread > 1e-9 else 0.0)
        lows.append(low)
        highs.append(high)
    return Bounds(scales, lows, highs)
