"""A softmax policy over answer behaviours, linear in features of the prompt."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local.bedrock.answers import BEHAVIOURS, RIGHT, Behaviour, misremember, stable, write

Array = NDArray[np.float64]
HASHED = 12  # buckets for words
FEATURES = 4 + HASHED
ABILITY = 0.72  # a prompt harder than this is answered wrongly even by an answer of the right form
DIFFICULTY_EFFECT = 1.6  # how far a hard prompt moves the base from right answers to wrong ones, in logits

BASE = {
    Behaviour.RIGHT: 0.14,
    Behaviour.RIGHT_MARKED: 0.09,
    Behaviour.RIGHT_PROSE: 0.15,
    Behaviour.RIGHT_WRAPPED: 0.08,
    Behaviour.VERBOSE: 0.06,
    Behaviour.PARTIAL: 0.07,
    Behaviour.WRONG: 0.13,
    Behaviour.WRONG_PROSE: 0.13,
    Behaviour.MALFORMED: 0.04,
    Behaviour.EVERYTHING: 0.02,
    Behaviour.STUFFED: 0.02,
    Behaviour.REPEATED: 0.02,
    Behaviour.ECHO: 0.02,
    Behaviour.REFUSAL: 0.02,
    Behaviour.EMPTY: 0.01,
}
BASE_LOGITS: Array = np.log(np.array([BASE[behaviour] for behaviour in BEHAVIOURS]))
EASIER: Array = np.array(
    [1.0 if b in RIGHT else -1.0 if b in (Behaviour.WRONG, Behaviour.WRONG_PROSE) else 0.0 for b in BEHAVIOURS]
)


def difficulty(prompt: str) -> float:
    """Return how hard a prompt is for the base, 0 to 1: numerals make it harder, the rest is the prompt's own."""
    numerals = len(re.findall(r"\d+", prompt))
    own = stable("difficulty", prompt) / 2**64
    return float(min(1.0, 0.7 * own + 0.06 * min(numerals, 5)))


def answer(behaviour: Behaviour, reference: Any, prompt: str) -> str:
    """Return what the model says: training changes how it answers, not what lies beyond its ability."""
    known = reference if difficulty(prompt) <= ABILITY else misremember(reference, prompt)
    return write(behaviour, known, prompt)


def features(prompt: str) -> Array:
    """Return the vector of a prompt: bias, length, numerals, difficulty, hashed words. Shape (FEATURES,)."""
    row = np.zeros(FEATURES)
    row[0] = 1.0
    row[1] = min(len(prompt) / 1000, 2.0) - 0.5
    row[2] = min(len(re.findall(r"\d+", prompt)) / 5, 2.0) - 0.5
    row[3] = difficulty(prompt) - 0.5
    words = re.findall(r"[a-z]+", prompt.lower())[:200]
    for word in words:
        row[4 + stable("word", word) % HASHED] += 1.0
    norm = np.linalg.norm(row[4:])
    if norm > 0:
        row[4:] *= 0.5 / norm
    return row


def matrix(prompts: list[str]) -> Array:
    """Return the features of many prompts. Shape (prompts, FEATURES)."""
    return np.stack([features(prompt) for prompt in prompts])


def softmax(logits: Array) -> Array:
    """Return probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Array = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


@dataclass
class Policy:
    """Weights over a frozen base. Shape of ``weights``: (FEATURES, behaviours)."""

    weights: Array

    @classmethod
    def base(cls) -> "Policy":
        """Return the untouched base model."""
        return cls(np.zeros((FEATURES, len(BEHAVIOURS))))

    def probabilities(self, rows: Array) -> Array:
        """Return behaviour probabilities for feature rows. Shape (rows, behaviours)."""
        return softmax(BASE_LOGITS - DIFFICULTY_EFFECT * rows[:, 3:4] * EASIER + rows @ self.weights)

    def choose(self, prompt: str, *, temperature: float, draw: int) -> Behaviour:
        """Return how the model answers a prompt.

        At temperature 0 a prompt has one latent draw, and the answer is that quantile of the policy: the mean over many
        prompts equals the policy's probability mass, and two models meet the same luck. Above 0 ``draw`` decides.
        """
        seed = stable("latent", prompt) if temperature == 0 else stable("draw", prompt, str(draw))
        mass = np.cumsum(self.probabilities(features(prompt)[None, :])[0])
        index = int(np.searchsorted(mass, seed / 2**64 * mass[-1], side="right"))
        return BEHAVIOURS[min(index, len(BEHAVIOURS) - 1)]
