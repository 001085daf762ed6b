"""What embeddings say of an answer: the part of a reward model that sees meaning. Standard library only."""

from __future__ import annotations

from array import array
from math import fsum, isfinite
from operator import mul

from rft.rewards.errors import GraderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

MODELS = ("amazon.titan-embed-text-v2:0",)  # whose requests and answers we know
DIMENSIONS = (256, 512, 1024)  # that it can be asked for; more tell more and cost more memory, not more money


class Meaning:
    """A linear model of an answer's embedding, and of its elementwise product with the prompt's: how the two fit.

    ``weights`` are those of the embedding, then those of the product. ``vector_of`` gives a text's embedding; whoever
    reads a model from a file sets it.
    """

    __slots__ = ("dimensions", "model", "vector_of", "weights")

    def __init__(self, weights: array[float], *, model: str, dimensions: int) -> None:
        self.weights = weights
        self.model = model
        self.dimensions = dimensions
        self.vector_of: Callable[[str], Sequence[float]] | None = None

    def worth(self, prompt: str, answer: str) -> float:
        """Return what the answer's embedding adds to its worth, in logits.

        Raises:
            GraderError: nobody has set who gives embeddings.

        """
        if self.vector_of is None:
            raise GraderError(
                f"the reward model needs embeddings of {self.model}, and a reward in Python has none; name the model "
                'in [reward] as {kind = "reward_model"}'
            )
        return fsum(map(mul, self.weights, values(self.vector_of(prompt), self.vector_of(answer))))

    def about(self) -> dict[str, Any]:
        """Return what a model's file says of its embeddings."""
        return {"model": self.model, "dimensions": self.dimensions}


def values(prompt: Sequence[float], answer: Sequence[float]) -> array[float]:
    """Return the features of an answer by its embedding and its prompt's: training and grader call this alike."""
    return array("f", answer) + array("f", map(mul, answer, prompt))


def meaning_of(about: Any, weights: array[float]) -> Meaning | None:
    """Return the part that a model's file tells of with ``about``; None where it is not as ``Meaning.about`` says."""
    if not isinstance(about, dict) or set(about) != {"model", "dimensions"}:
        return None
    model, dimensions = about["model"], about["dimensions"]
    if model not in MODELS or type(dimensions) is not int or dimensions not in DIMENSIONS:
        return None
    if len(weights) != 2 * dimensions or not isfinite(sum(weights)):
        return None
    return Meaning(weights, model=model, dimensions=dimensions)
