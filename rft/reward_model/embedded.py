"""Embeddings of a file's preferences: asked once each, and whether they have made the reward model better."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from rft.evaluation.statistics import paired_difference, wilson_interval
from rft.interval import Interval
from rft.reward_model.dense import Vectors
from rft.reward_model.pairs import Pair
from rft.rewards.embedding import Embeddings
from rft.rewards.model.artefact import RewardModel

TOGETHER: Final = 500  # texts between two lines of progress
SECONDS: Final = 480.0  # for all texts, so that training has the rest of a step's fifteen minutes
PARALLEL: Final = 8  # threads; at a tenth of a second a text they ask some 5,000 a minute
CONFIDENCE: Final = 0.95


class Embedded(Struct, frozen=True, kw_only=True):
    """What embeddings a model was trained with, and what they are worth on the held-out pairs without ties."""

    model: str
    dimensions: int
    texts: int  # distinct ones of which embeddings were asked
    without: Interval | None  # accuracy of a model trained on n-grams and measures alone, 95 % Wilson interval
    gain: Interval | None  # accuracy with embeddings minus that; paired


def embeddings_of(model: str, dimensions: int) -> Embeddings:
    """Return who embeds for training: it forgets nothing."""
    return Embeddings(model=model, dimensions=dimensions, parallel=PARALLEL, kept=1 << 40)


def embed(pairs: Sequence[Pair], vectors: Vectors, tell: Callable[[str], None]) -> int:
    """Have all texts of pairs embedded, and return how many there are.

    Raises:
        BedrockUnavailable: the model gives no vector, or not all within ``SECONDS``.

    """
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair.prompt, pair.better, pair.worse)))
    deadline = time.monotonic() + SECONDS
    for start in range(0, len(texts), TOGETHER):
        tell(f"embedding texts, {start} of {len(texts)} done")
        vectors.prepare(texts[start : start + TOGETHER], deadline)
    return len(texts)


def compared(pairs: Sequence[Pair], trained: RewardModel, plain: RewardModel, vectors: Vectors, texts: int) -> Embedded:
    """Compare a model with embeddings with one without, on the same pairs."""
    strict = [pair for pair in pairs if not pair.tie]
    ours, theirs = (
        [float(model.preference(pair.prompt, pair.better, pair.worse) > 0.5) for pair in strict]
        for model in (trained, plain)
    )
    return Embedded(
        model=vectors.model,
        dimensions=vectors.dimensions,
        texts=texts,
        without=wilson_interval(int(sum(theirs)), len(strict), CONFIDENCE) if strict else None,
        gain=paired_difference(ours, theirs, CONFIDENCE) if len(strict) > 1 else None,
    )
