"""Preferences that we make: what people like is planted, so that a test knows what a model should find."""

import random

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
