"""What embeddings say of pairs, as rows of a linear model beside the n-grams."""

import math
from array import array
from collections.abc import Iterable, Sequence
from operator import mul, sub
from typing import Final, Protocol

from rft.reward_model.pairs import Pair
from rft.rewards.model.meaning import Meaning, values

FAIR: Final = 0.1  # squared length of a block's mean difference, as a share of that of an answer's n-grams


class Vectors(Protocol):
    """Who gives embeddings: ``rft.rewards.embedding.Embeddings``."""

    model: str
    dimensions: int

    def __call__(self, text: str) -> Sequence[float]:
        """Return a text's embedding."""
        ...

    def prepare(self, texts: Iterable[str], deadline: float | None) -> None:
        """Have embeddings at hand."""
        ...


class Dense:
    """Differences of the values of two answers' embeddings. Memory: 4 bytes a value, of which a dimension has two.

    An embedding has length 1, however many numbers it has, and its product with another one is shorter still, while
    n-grams count 1 each; one strength of regularisation would leave embeddings nothing to say. So the differences of
    either block are scaled to a mean squared length of ``FAIR`` times ``size``, that of an answer's n-grams.
    """

    def __init__(self, pairs: Sequence[Pair], vectors: Vectors, *, size: float) -> None:
        self._model = vectors.model
        self.width = 2 * vectors.dimensions
        differences = [_difference(pair, vectors) for pair in pairs]
        blocks = slice(None, vectors.dimensions), slice(vectors.dimensions, None)
        scales = [_scale([row[block] for row in differences], FAIR * size) for block in blocks]
        self._scales = array("f", [scale for scale in scales for _ in range(vectors.dimensions)])
        self.rows = [array("f", map(mul, row, self._scales)) for row in differences]

    def margin(self, row: int, weights: Sequence[float]) -> float:
        """Return what embeddings add to the margin of a pair."""
        return math.fsum(map(mul, weights, self.rows[row]))

    def meaning(self, weights: Sequence[float], temperature: float) -> Meaning:
        """Return the part of a model that gives ``temperature`` times the margins under these weights."""
        scaled = (temperature * weight * scale for weight, scale in zip(weights, self._scales, strict=True))
        return Meaning(array("f", scaled), model=self._model, dimensions=self.width // 2)


def _difference(pair: Pair, vectors: Vectors) -> "array[float]":
    prompt = vectors(pair.prompt)
    better, worse = (values(prompt, vectors(answer)) for answer in (pair.better, pair.worse))
    return array("f", map(sub, better, worse))


def _scale(rows: Sequence["array[float]"], size: float) -> float:
    """Return the factor by which rows get a mean squared length of ``size``; 0 where they hold nothing."""
    mean = math.fsum(math.fsum(map(mul, row, row)) for row in rows) / max(len(rows), 1)
    return math.sqrt(size / mean) if mean > 1e-12 else 0.0
