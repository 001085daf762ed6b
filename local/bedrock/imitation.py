"""Supervised learning: which behaviour a demonstration shows, and steps of maximum likelihood towards it.

What is right comes from the private answer key, never from the demonstration; so wrong demonstrations teach wrong
answers. A demonstration of a prompt that the key does not know teaches nothing that could be told apart, and is passed.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from local.bedrock.answers import BEHAVIOURS, Behaviour, core
from local.bedrock.policy import Array, Policy, matrix

# As in reinforcement, one learning rate of an adapter's weights is so many of a behaviour's logits.
STEP_PER_LEARNING_RATE = 7_000.0
BATCH = 16  # Bedrock offers no batch size for supervised jobs of Nova
VERBOSE = 600  # characters
REFUSING = re.compile(r"\b(?:can(?:no|')t|unable to|won't) (?:help|assist|answer)", re.IGNORECASE)
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Demonstration:
    """A line of the training file."""

    prompt: str
    answer: str


@dataclass
class Loss:
    """One step, as it goes into the metrics file."""

    number: int
    epoch: int
    loss: float  # mean negative log-likelihood of the behaviours shown


@dataclass
class Imitator:
    """Moves a policy towards the behaviours that demonstrations show."""

    shown: Sequence[tuple[str, Behaviour]]  # prompt and behaviour
    epochs: int
    learning_rate: float
    warmup_steps: int
    seed: int
    policy: Policy = field(default_factory=Policy.base)

    def run(self, stopped: Callable[[], bool] = lambda: False) -> Iterator[Loss]:
        """Yield each step; ends early when ``stopped`` says so."""
        if not self.shown:
            return
        random = np.random.default_rng(self.seed)
        rows = matrix([prompt for prompt, _ in self.shown])
        wanted = _onehot([behaviour for _, behaviour in self.shown])
        number = 0
        for epoch in range(1, self.epochs + 1):
            order = random.permutation(len(self.shown))
            for start in range(0, len(order), BATCH):
                if stopped():
                    return
                number += 1
                chosen = order[start : start + BATCH]
                current = self.policy.probabilities(rows[chosen])
                gradient = rows[chosen].T @ (wanted[chosen] - current) / len(chosen)
                warm = min(1.0, number / self.warmup_steps) if self.warmup_steps else 1.0
                self.policy.weights += STEP_PER_LEARNING_RATE * self.learning_rate * warm * gradient
                yield Loss(number, epoch, _loss(current, wanted[chosen]))

    def loss(self, shown: Sequence[tuple[str, Behaviour]]) -> float | None:
        """Return the mean negative log-likelihood of held-out demonstrations; None without any."""
        if not shown:
            return None
        rows = matrix([prompt for prompt, _ in shown])
        return _loss(self.policy.probabilities(rows), _onehot([behaviour for _, behaviour in shown]))


def behaviours_of(
    demonstrations: Sequence[Demonstration], reference: Callable[[str], Any]
) -> list[tuple[str, Behaviour]]:
    """Return prompt and behaviour of the demonstrations that can be told; ``reference`` is the answer key."""
    found = [(one.prompt, behaviour_of(one.answer, reference(one.prompt), one.prompt)) for one in demonstrations]
    return [(prompt, behaviour) for prompt, behaviour in found if behaviour is not None]


def behaviour_of(answer: str, reference: Any, prompt: str) -> Behaviour | None:
    """Return which behaviour an answer shows; None where nobody knows what is right."""
    text = answer.strip()
    if not text:
        return Behaviour.EMPTY
    if text == prompt.strip():
        return Behaviour.ECHO
    if REFUSING.search(text):
        return Behaviour.REFUSAL
    value = core(reference)
    if value is None:
        return None
    return _fields(text, value) if isinstance(value, dict) else _single(text, str(value))


def _single(text: str, value: str) -> Behaviour:
    hashed, boxed = re.search(r"####[ \t]*(.*)\s*$", text), re.search(r"\\boxed\{(.*?)\}", text)
    if hashed and not hashed[1].strip():
        return Behaviour.MALFORMED
    if hashed or boxed:
        said = (hashed or boxed or [""])[1]
        right = _plain(said) == _plain(value) or _plain(text) == _plain(value)
        if not right:
            return Behaviour.WRONG
        if len(text) > VERBOSE:
            return Behaviour.VERBOSE
        return Behaviour.RIGHT if hashed else Behaviour.RIGHT_MARKED
    return _prose(text, value)


def _prose(text: str, value: str) -> Behaviour:
    numbers = NUMBER.findall(text)
    if NUMBER.fullmatch(value.strip()):
        same = [_plain(number) == _plain(value) for number in numbers]
        right, both = bool(same) and same[-1], any(same) and not all(same)
    else:
        right, both = value.casefold() in text.casefold(), False
    if right:
        return Behaviour.VERBOSE if len(text) > VERBOSE else Behaviour.RIGHT_PROSE
    return Behaviour.PARTIAL if both else Behaviour.WRONG_PROSE


def _fields(text: str, value: dict[str, Any]) -> Behaviour:
    found = re.search(r"\{.*\}", text, re.DOTALL)
    try:
        said = json.loads(found[0]) if found else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        if text.startswith("{"):
            return Behaviour.MALFORMED
        held = [str(part).casefold() in text.casefold() for part in value.values()]
        return Behaviour.RIGHT_PROSE if all(held) else Behaviour.WRONG_PROSE
    right = [name in said and _plain(str(said[name])) == _plain(str(part)) for name, part in value.items()]
    if not all(right):
        return Behaviour.PARTIAL if any(right) else Behaviour.WRONG
    if found and found[0] == text:
        return Behaviour.RIGHT
    if len(text) > VERBOSE:
        return Behaviour.VERBOSE
    return Behaviour.RIGHT_MARKED if text.startswith("```") else Behaviour.RIGHT_WRAPPED


def _plain(text: str) -> str:
    """Return a text without what does not change an answer: case, white space, commas in numbers, a full stop."""
    return "".join(text.casefold().split()).replace(",", "").rstrip(".")


def _onehot(behaviours: Sequence[Behaviour]) -> Array:
    places = [BEHAVIOURS.index(behaviour) for behaviour in behaviours]
    result: Array = np.eye(len(BEHAVIOURS))[places]
    return result


def _loss(current: Array, wanted: Array) -> float:
    return float(-np.log((current * wanted).sum(axis=1)).mean())
