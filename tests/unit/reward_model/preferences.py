"""Preferences that we make: what people like is planted, so that a test knows what a model should find."""

import json
import random
from collections.abc import Iterable

from local.bedrock.embeddings import embedding
from rft.datasets.keys import folded_key
from rft.reward_model.pairs import Pair

TOPICS = ("the invoice", "a parcel", "my password", "the garden", "a refund", "the train", "soup", "an old lamp")
KIND = ("happy to help", "thank you for asking", "here is how it works", "of course")
RUDE = ("figure it out", "not my problem", "whatever you say", "stop asking me")
FILLER = ("step by step", "as usual", "on a good day", "with some care", "in the morning", "by the book", "once more")


def make_pairs(count: int, *, seed: int = 1, noise: float = 0.1, ties: float = 0.0, prompts: int = 0) -> list[Pair]:
    """Return pairs of which the kind answer wins, but for ``noise``; lengths say nothing."""
    rng = random.Random(seed)
    pairs = []
    for number in range(count):
        topic = TOPICS[number % (prompts or count) % len(TOPICS)]
        prompt = f"Question {number % (prompts or count)}: what about {topic}?"
        kind, rude = (f"{rng.choice(of)}, {' '.join(rng.choices(FILLER, k=rng.randint(1, 6)))}" for of in (KIND, RUDE))
        better, worse = (rude, kind) if rng.random() < noise else (kind, rude)
        pairs.append(
            Pair(
                line=number + 1,
                prompt=prompt,
                better=better,
                worse=worse,
                tie=rng.random() < ties,
                group=folded_key(prompt),
                category=topic,
            )
        )
    return pairs


SUBJECTS = (
    ("the invoice", "which sum do I owe", "the amount due is printed below the total"),
    ("a parcel", "where is my box", "the courier brings it tomorrow by van"),
    ("my password", "I cannot log in", "choose fresh characters and confirm by mail"),
    ("the garden", "what grows in shade", "ferns and moss like a wet corner"),
    ("the train", "when does it leave", "departures from platform nine, every hour"),
    ("soup", "how long must it boil", "let the broth simmer, then add salt"),
)


def make_fitting(count: int, *, seed: int = 1) -> list[Pair]:
    """Return pairs of which the answer wins that speaks of the prompt's subject; no word of it stands in the prompt.

    Each answer wins as often as it loses, so that nothing in an answer by itself says which is better.
    """
    rng = random.Random(seed)
    pairs = []
    for number in range(count):
        ours, theirs = rng.sample(range(len(SUBJECTS)), 2)
        prompt = f"Question {number}: {SUBJECTS[ours][0]}, {SUBJECTS[ours][1]}?"
        better, worse = (f"{' '.join(rng.choices(FILLER, k=2))}: {SUBJECTS[of][2]}." for of in (ours, theirs))
        pairs.append(
            Pair(line=number + 1, prompt=prompt, better=better, worse=worse, tie=False, group=folded_key(prompt))
        )
    return pairs


class LocalVectors:
    """Embeddings as the local Bedrock gives them; ``asked`` are the texts that were prepared."""

    model = "amazon.titan-embed-text-v2:0"

    def __init__(self, dimensions: int = 256) -> None:
        self.dimensions = dimensions
        self.asked: list[str] = []

    def __call__(self, text: str) -> list[float]:
        found: list[float] = embedding(json.dumps({"inputText": text, "dimensions": self.dimensions}).encode())[
            "embedding"
        ]
        return found

    def prepare(self, texts: Iterable[str], deadline: float | None) -> None:
        assert deadline is not None
        self.asked += texts
