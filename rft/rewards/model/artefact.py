"""A reward model and its file: what it is, SHA-256 of the rest, a line of JSON, the weights as bytes. No pickle.

Standard library only: a grader loads it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from math import exp, fsum, isfinite, sqrt

from rft.rewards.errors import GraderError
from rft.rewards.model import features
from rft.rewards.model.meaning import Meaning, meaning_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

REPEATING = 5.0  # logits that an answer of one word said over and over loses
MAGIC = b"rft reward model 1\n"


class BadModel(GraderError):
    """The bytes are no reward model that this version can use; the message says why and what to do."""


class RewardModel:
    """A linear model of how good an answer is to a prompt, trained on preferences.

    ``worth`` is in logits: the better of two answers wins with the probability ``preference``, sigmoid of the
    difference of their worths (Bradley and Terry, Biometrika 39, 1952). The weights of an answer's n-grams are added up
    and divided by the square root of their number, so that many words are not worth more by being many. N-grams are
    read from the first ``limit`` characters, as many as nearly all training answers had. ``scales``, ``lows`` and
    ``highs`` belong to ``features.MEASURES``: a measure is held within what training answers had, so that going beyond
    gains nothing. ``centre`` is the mean worth of the training answers. ``meaning`` is what embeddings add to the
    worth, where the model was trained with them.

    People were hardly ever shown a text said over and over, so that their preferences hardly speak of it, and a policy
    would find it. So an answer that repeats itself more than nearly all training answers loses ``REPEATING`` times how
    far it is from there to repetition without end.
    """

    __slots__ = ("centre", "highs", "limit", "lows", "meaning", "scales", "weights")

    def __init__(
        self,
        weights: array[float],
        *,
        scales: Sequence[float],
        lows: Sequence[float],
        highs: Sequence[float],
        limit: int = features.LOOKED_AT,
        centre: float = 0.0,
        meaning: Meaning | None = None,
    ) -> None:
        self.weights = weights
        self.scales = tuple(scales)
        self.lows = tuple(lows)
        self.highs = tuple(highs)
        self.limit = limit
        self.centre = centre
        self.meaning = meaning

    def worth(self, prompt: str, answer: str) -> float:
        """Return how good the answer is, in logits. Whatever the texts, it is finite."""
        values = features.measures(prompt, answer)
        most = self.highs[features.REPETITION]
        beyond = (values[features.REPETITION] - most) / (1 - most) if most < 1 else 0.0
        return self._liked(values, prompt, answer) - REPEATING * max(beyond, 0.0)

    def liked(self, prompt: str, answer: str) -> float:
        """Return what preferences alone say of the answer, in logits."""
        return self._liked(features.measures(prompt, answer), prompt, answer)

    def _liked(self, values: Sequence[float], prompt: str, answer: str) -> float:
        weights = self.weights
        grams = features.grams(answer, self.limit)
        # exact sums, so that the order of a set makes no difference
        total = fsum(weight * value for weight, value in zip(weights, self.held(values), strict=False))
        total += fsum(map(weights.__getitem__, grams)) / sqrt(len(grams) or 1)
        return total if self.meaning is None else total + self.meaning.worth(prompt, answer)

    def held(self, values: Sequence[float]) -> list[float]:
        """Return measures within their bounds, scaled."""
        return [
            min(max(value, low), high) * scale
            for value, low, high, scale in zip(values, self.lows, self.highs, self.scales, strict=True)
        ]

    def preference(self, prompt: str, answer: str, other: str) -> float:
        """Return the probability that a person prefers ``answer`` to ``other``."""
        return sigmoid(self.worth(prompt, answer) - self.worth(prompt, other))

    def reward(self, prompt: str, answer: str) -> float:
        """Return 0 to 1: the probability that the answer is preferred to one of mean worth among those trained on.

        An answer without a word has 0.
        """
        if not answer.strip():
            return 0.0
        return sigmoid(self.worth(prompt, answer) - self.centre)

    def to_bytes(self) -> bytes:
        """Return the model's file: the same model gives the same bytes."""
        data = _little(self.weights).tobytes()
        head: dict[str, object] = {
            "features": features.VERSION,
            "bits": features.BITS,
            "scales": self.scales,
            "lows": self.lows,
            "highs": self.highs,
            "limit": self.limit,
            "centre": self.centre,
        }
        if self.meaning is not None:
            head["embeddings"] = self.meaning.about()
            data += _little(self.meaning.weights).tobytes()
        rest = json.dumps(head, sort_keys=True, allow_nan=False).encode() + b"\n" + data
        return MAGIC + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest

    @classmethod
    def from_bytes(cls, data: bytes) -> RewardModel:
        """Read a model's file.

        Raises:
            BadModel: it is no model, is damaged, or was trained for other features.

        """
        if not data.startswith(MAGIC):
            raise BadModel("this is no reward model of `rft reward-model train`; name the file that it wrote")
        digest, _, rest = data[len(MAGIC) :].partition(b"\n")
        if hashlib.sha256(rest).hexdigest().encode() != digest:
            raise BadModel("the reward model's file is damaged; copy it anew, or train it again")
        line, _, body = rest.partition(b"\n")
        try:
            head = json.loads(line)
        except (ValueError, RecursionError):
            head = None
        if not isinstance(head, dict) or (head.get("features"), head.get("bits")) != (features.VERSION, features.BITS):
            raise BadModel("the reward model was trained for features of another version; train it again")
        scales, lows, highs = (_numbers(head.get(name)) for name in ("scales", "lows", "highs"))
        centre, limit = head.get("centre"), head.get("limit")
        if (
            not isinstance(centre, (int, float))
            or not isfinite(centre)
            or not isinstance(limit, int)
            or limit < 0
            or len(body) < 4 * features.SIZE
            or len(body) % 4
        ):
            raise BadModel("the reward model's file does not hold what it should; train it again")
        weights = array("f")
        weights.frombytes(body)
        weights = _little(weights)
        if not isfinite(sum(weights)):
            raise BadModel("the reward model has a weight that is not finite; train it again")
        more = weights[features.SIZE :]
        meaning = meaning_of(head.get("embeddings"), more)
        if meaning is None and ("embeddings" in head or more):
            raise BadModel("the reward model's file does not hold what it should; train it again")
        weights = weights[: features.SIZE]
        return cls(weights, scales=scales, lows=lows, highs=highs, limit=limit, centre=centre, meaning=meaning)


def sigmoid(value: float) -> float:
    """Return 1 / (1 + e^-value), without overflow."""
    if value < 0:
        power = exp(value)
        return power / (1 + power)
    return 1 / (1 + exp(-value))


def _numbers(values: object) -> list[float]:
    if not isinstance(values, list) or len(values) != features.FIRST:
        raise BadModel("the reward model's file does not hold what it should; train it again")
    if not all(isinstance(value, (int, float)) and isfinite(value) for value in values):
        raise BadModel("the reward model has a value that is not finite; train it again")
    return values


def _little(weights: array[float]) -> array[float]:
    """Return the weights with the bytes of each in the file's order, whichever this machine's is."""
    if sys.byteorder == "little":
        return weights
    turned = array("f", weights)
    turned.byteswap()
    return turned
