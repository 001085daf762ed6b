"""A reward model: training on 10,000 pairs that we make, loading its file, and scoring an answer."""

import random
import time
from collections.abc import Callable

from msgspec import Struct

from bench.timing import Times, times_of
from rft.datasets.keys import folded_key
from rft.reward_model.pairs import Pair
from rft.reward_model.training import train
from rft.rewards.model import RewardModel

PAIRS = 10_000
PROMPTS = 5_000
WORDS = 6_000  # of the vocabulary; their frequencies fall as those of a language do
LENGTH = (10, 90)  # words of an answer
SCORED = 500
SYLLABLES = (
    "ba",
    "co",
    "di",
    "el",
    "fu",
    "gra",
    "hi",
    "in",
    "jo",
    "ka",
    "le",
    "mo",
    "nu",
    "or",
    "pe",
    "ri",
    "sa",
    "tu",
)


class RewardModelTimes(Struct, frozen=True, kw_only=True):
    """What a reward model takes."""

    pairs: int
    mean_characters: float  # of an answer
    training: Times  # seconds
    training_cpu: Times  # seconds of one core
    loading: Times  # seconds, from the file's bytes
    scoring: Times  # seconds an answer


def measure(*, repeats: int) -> RewardModelTimes:
    """Train ``repeats`` times, then load and score ten times as often."""
    pairs = made()
    wall, cpu = [], []
    for _ in range(repeats):
        started, started_cpu = time.perf_counter(), time.process_time()
        model = train(pairs).model
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - started_cpu)
    data = model.to_bytes()
    some = pairs[:SCORED]
    scored = _timed(lambda: [model.reward(pair.prompt, pair.better) for pair in some], 10 * repeats)
    characters = sum(len(pair.better) + len(pair.worse) for pair in pairs)
    return RewardModelTimes(
        pairs=PAIRS,
        mean_characters=characters / (2 * PAIRS),
        training=times_of(wall),
        training_cpu=times_of(cpu),
        loading=times_of(_timed(lambda: RewardModel.from_bytes(data), 10 * repeats)),
        scoring=times_of([seconds / SCORED for seconds in scored]),
    )


def made() -> list[Pair]:
    """Return pairs of which the answer with more of some liked words wins four times in five; the same every time."""
    rng = random.Random(1)
    words = ["".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(WORDS)]
    weights = [1 / (place + 10) for place in range(WORDS)]
    liked = set(rng.sample(words, WORDS // 10))
    pairs = []
    for number in range(PAIRS):
        prompt = f"{number % PROMPTS}: {' '.join(rng.choices(words, weights, k=30))}?"
        sides = [rng.choices(words, weights, k=rng.randint(*LENGTH)) for _ in range(2)]
        sides.sort(key=lambda side: -sum(word in liked for word in side) / len(side))
        if rng.random() < 0.2:
            sides.reverse()
        better, worse = (" ".join(side) for side in sides)
        group = folded_key(f"{number % PROMPTS}")
        pairs.append(Pair(line=number + 1, prompt=prompt, better=better, worse=worse, tie=False, group=group))
    return pairs


def _timed(call: Callable[[], object], repeats: int) -> list[float]:
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return seconds
