"""Pairs as rows of a linear model: the difference of the features of two answers, written for Vowpal Wabbit."""

import math
from array import array
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from rft.reward_model.dense import Dense, Vectors
from rft.reward_model.pairs import Pair
from rft.rewards.model.artefact import RewardModel
from rft.rewards.model.features import FIRST, LOOKED_AT, SIZE, grams, measures

SHARE: Final = 0.01  # of the training answers beyond either bound of a measure
WEIGHT: Final = 3.0  # standard deviations of a measure's differences become this: measures are few, n-grams many
LEAST: Final = 2  # pairs that an n-gram must tell apart; what a single pair teaches of it helps no other


class Bounds(Struct, frozen=True):
    """How measures are held and scaled, see ``RewardModel``."""

    scales: list[float]
    lows: list[float]
    highs: list[float]


class Rows:
    """Training pairs as differences. Memory: 4 bytes an n-gram of either answer, and 8 a dimension of embeddings.

    The n-grams of an answer have the value sqrt(typical / their number) each, where the median answer has ``typical``
    n-grams: of an answer like most it is 1, and the values of a long answer are not longer, as a vector, than others.
    What ``vectors`` say of the answers stands behind all of these, see ``Dense``.
    """

    def __init__(self, pairs: Sequence[Pair], vectors: Vectors | None = None) -> None:
        self.pairs = pairs
        self._limit = _limit(pairs)
        self._more: list[array[int]] = []  # n-grams that only the better answer has
        self._less: list[array[int]] = []  # only the worse
        self._both: list[array[int]] = []
        counts = array("I", [0]) * SIZE
        ours, theirs = [], []
        for pair in pairs:
            better, worse = grams(pair.better, self._limit), grams(pair.worse, self._limit)
            self._more.append(array("I", sorted(better - worse)))
            self._less.append(array("I", sorted(worse - better)))
            self._both.append(array("I", sorted(better & worse)))
            for place in better ^ worse:
                counts[place] += 1
            ours.append(measures(pair.prompt, pair.better))
            theirs.append(measures(pair.prompt, pair.worse))
        self._used = array("I", range(FIRST))
        self._used.extend(place for place in range(FIRST, SIZE) if counts[place] >= LEAST)
        self._bounds = _bounds(ours, theirs)
        self._measures = [
            [one - other for one, other in zip(self._held(mine), self._held(its), strict=True)]
            for mine, its in zip(ours, theirs, strict=True)
        ]
        numbers = sorted(len(self._both[row]) + len(own[row]) for row in range(len(pairs)) for own in self._own)
        self._typical = max(numbers[len(numbers) // 2], 1) if numbers else 1
        self._dense = None if vectors is None else Dense(pairs, vectors, size=float(self._typical))
        self.places = SIZE + (0 if self._dense is None else self._dense.width)
        self._names = {place: name for name, place in enumerate(self._used)}
        self._used.extend(range(SIZE, self.places))

    @property
    def _own(self) -> "tuple[list[array[int]], list[array[int]]]":
        return self._more, self._less

    def model(self, weights: Sequence[float], temperature: float) -> RewardModel:
        """Return the model whose differences of worth are ``temperature`` times the margins under these weights."""
        whole = temperature * math.sqrt(self._typical)
        bounds = self._bounds
        return RewardModel(
            array("f", (weight * (temperature if n < FIRST else whole) for n, weight in enumerate(weights[:SIZE]))),
            scales=bounds.scales,
            lows=bounds.lows,
            highs=bounds.highs,
            limit=self._limit,
            meaning=None if self._dense is None else self._dense.meaning(weights[SIZE:], temperature),
        )

    @property
    def used(self) -> "array[int]":
        """The places, of ``places``, that a weight is learnt for, ascending; a row names each by its place here."""
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
        ours, theirs = self._values(row)
        shared = math.fsum(map(weight_of, self._both[row])) * (ours - theirs) if ours != theirs else 0.0
        measured = math.fsum(weight * value for weight, value in zip(weights, self._measures[row], strict=False))
        only = math.fsum(map(weight_of, self._more[row])) * ours - math.fsum(map(weight_of, self._less[row])) * theirs
        return measured + shared + only + (self._dense.margin(row, weights[SIZE:]) if self._dense else 0.0)

    def _values(self, row: int) -> tuple[float, float]:
        """Return the value of an n-gram of the better answer, and of the worse."""
        shared = len(self._both[row])
        ours, theirs = (math.sqrt(self._typical / (shared + len(own[row]) or 1)) for own in self._own)
        return ours, theirs

    def _text(self, row: int, *, turned: bool = False) -> str:
        ours, theirs = self._values(row)
        sign = -1 if turned else 1
        names = self._names
        parts = [f" {n}:{sign * value:.6g}" for n, value in enumerate(self._measures[row]) if value]
        for places, value in (
            (self._more[row], ours),
            (self._less[row], -theirs),
            (self._both[row] if ours != theirs else (), ours - theirs),
        ):
            end = f":{sign * value:.6g}"
            parts += [f" {names[n]}{end}" for n in places if n in names]
        if self._dense:
            parts += [f" {n}:{sign * value:.6g}" for n, value in enumerate(self._dense.rows[row], len(names)) if value]
        return "".join(parts)

    def _held(self, values: list[float]) -> list[float]:
        bounds = self._bounds
        return [
            min(max(value, low), high) * scale
            for value, low, high, scale in zip(values, bounds.lows, bounds.highs, bounds.scales, strict=True)
        ]


def _limit(pairs: Sequence[Pair]) -> int:
    """Return the length, in characters, that all but ``SHARE`` of the answers keep to."""
    lengths = sorted(len(answer) for pair in pairs for answer in (pair.better, pair.worse))
    return min(lengths[-1 - int(len(lengths) * SHARE)], LOOKED_AT) if lengths else LOOKED_AT


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
