"""How good a reward model is on pairs that it was not trained on, and whether it may be used."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import fsum, sqrt
from typing import Final

from msgspec import Struct

from rft.evaluation.statistics import paired_difference, wilson_interval
from rft.interval import Interval
from rft.reward_model.pairs import Pair
from rft.reward_model.training import log_loss
from rft.rewards.model.artefact import RewardModel
from rft.rewards.model.features import MEASURES, grams, words

CONFIDENCE: Final = 0.95
BINS: Final = 5  # of calibration, from 0.5 to 1
SLICES: Final = 20  # categories that are listed, the largest first
TOP: Final = 15  # words that are listed on either side
CHECKED: Final = 1_000  # answers that tell the usual size
COMMON: Final = 5  # answers that have a word, from which on it may be listed
SHOWN: Final = 10  # pairs that the model gets wrong
CUT: Final = 200  # characters of a text that is shown


class Hits(Struct, frozen=True, kw_only=True):
    """In how many of ``pairs`` pairs the model prefers the answer that people prefer, with a 95 % Wilson interval."""

    name: str
    pairs: int
    share: Interval


class Bin(Struct, frozen=True, kw_only=True):
    """Pairs of which the model is about equally sure: how sure on average, and how often it is right."""

    pairs: int
    said: float
    was: Interval


class Feature(Struct, frozen=True, kw_only=True):
    """Something that makes an answer worth more, or less, in logits."""

    text: str
    weight: float


class Wrong(Struct, frozen=True, kw_only=True):
    """A pair that the model judges otherwise than people; texts are cut to ``CUT`` characters."""

    line: int
    said: float  # the probability it gives the answer that people prefer
    prompt: str
    better: str
    worse: str


class Judgement(Struct, frozen=True, kw_only=True):
    """A reward model on held-out pairs. Ties count in ``log_loss`` alone."""

    pairs: int  # without ties
    ties: int
    prompts: int
    accuracy: Hits | None  # None: there is no pair without a tie
    longer_wins: float  # share of pairs whose longer answer is preferred; equal lengths count one half
    gain: Interval | None  # accuracy minus that of always the longer, or the shorter if that is more; paired
    prefers_longer: float  # share of pairs of which the model prefers the longer answer
    log_loss: float  # mean; 0.693 is that of a coin
    calibration: list[Bin]
    calibration_error: float  # mean distance of said and was, weighted by pairs
    by_category: list[Hits]
    by_agreement: list[Hits]  # unanimous and divided votes
    measures: list[Feature]  # weights of the measures, per unit
    liked: list[Feature]  # words that add most, in logits
    disliked: list[Feature]  # words that take most
    wrong: list[Wrong]  # those it is most sure of
    refused: list[str]  # why the model may not be used; empty if it may


def judge(model: RewardModel, pairs: Sequence[Pair]) -> Judgement:
    """Measure a model on pairs that it was not trained on.

    It is refused unless the whole interval of its accuracy lies above one half, and its accuracy above that of the rule
    *the longer answer wins*, or *the shorter*, whichever is better on these pairs.
    """
    strict = [pair for pair in pairs if not pair.tie]
    ahead = [model.worth(pair.prompt, pair.better) - model.worth(pair.prompt, pair.worse) for pair in pairs]
    said = [model.preference(pair.prompt, pair.better, pair.worse) for pair in strict]
    right = [probability > 0.5 for probability in said]  # undecided is not right
    longer = [_longer(pair) for pair in strict]
    share = fsum(longer) / len(strict) if strict else 0.5
    length = longer if share >= 0.5 else [1 - one for one in longer]
    gain = paired_difference([float(one) for one in right], length, CONFIDENCE) if len(strict) > 1 else None
    accuracy = _hits("all", right) if strict else None
    bins = _bins(said)
    liked, disliked = _words(model, pairs)
    return Judgement(
        pairs=len(strict),
        ties=len(pairs) - len(strict),
        prompts=len({pair.group for pair in pairs}),
        accuracy=accuracy,
        longer_wins=share,
        gain=gain,
        prefers_longer=fsum(one if hit else 1 - one for one, hit in zip(longer, right, strict=True)) / len(strict)
        if strict
        else 0.5,
        log_loss=fsum(log_loss(margin, tie=pair.tie) for margin, pair in zip(ahead, pairs, strict=True))
        / max(len(pairs), 1),
        calibration=bins,
        calibration_error=fsum(one.pairs * abs(one.said - one.was.mean) for one in bins) / max(len(strict), 1),
        by_category=_sliced(strict, right, lambda pair: pair.category),
        by_agreement=_sliced(strict, right, _votes),
        measures=[
            Feature(text=name, weight=weight * scale)
            for name, weight, scale in zip(MEASURES, model.weights, model.scales, strict=False)
        ],
        liked=liked,
        disliked=disliked,
        wrong=_wrong(strict, said),
        refused=_refused(accuracy, share, gain),
    )


def _refused(accuracy: Hits | None, share: float, gain: Interval | None) -> list[str]:
    if accuracy is None or gain is None:
        return ["there are too few held-out pairs without ties to say anything; add pairs"]
    found = []
    right = accuracy.share
    if right.low <= 0.5:
        found.append(
            f"it is right on {right.mean:.1%} of {accuracy.pairs} held-out pairs (95 % interval {right.low:.1%} to "
            f"{right.high:.1%}), which may be chance; add pairs, or sharpen what annotators are asked"
        )
    if gain.mean <= 0:
        rule = "longer" if share >= 0.5 else "shorter"
        found.append(
            f"it is right on {right.mean:.1%} of {accuracy.pairs} held-out pairs, and the rule that the {rule} answer "
            f"wins on {max(share, 1 - share):.1%}; add pairs whose answers are alike in length"
        )
    return found


def _longer(pair: Pair) -> float:
    """Return how far the rule that the longer answer wins is right on a pair."""
    if len(pair.better) == len(pair.worse):
        return 0.5
    return float(len(pair.better) > len(pair.worse))


def _votes(pair: Pair) -> str:
    return "" if pair.unanimous is None else "unanimous" if pair.unanimous else "divided"


def _hits(name: str, right: Sequence[bool]) -> Hits:
    return Hits(name=name, pairs=len(right), share=wilson_interval(sum(right), len(right), CONFIDENCE))


def _sliced(pairs: Sequence[Pair], right: Sequence[bool], slice_of: Callable[[Pair], str]) -> list[Hits]:
    found: dict[str, list[bool]] = {}
    for pair, hit in zip(pairs, right, strict=True):
        if name := slice_of(pair):
            found.setdefault(name, []).append(hit)
    names = sorted(found, key=lambda name: (-len(found[name]), name))
    return [_hits(name, found[name]) for name in names[:SLICES]]


def _bins(said: Iterable[float]) -> list[Bin]:
    """Return the bins that hold a pair. Sureness is that of the answer the model prefers."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for probability in said:
        sure = max(probability, 1 - probability)
        bins.setdefault(min(int((sure - 0.5) * 2 * BINS), BINS - 1), []).append((sure, probability > 0.5))
    return [
        Bin(
            pairs=len(of),
            said=fsum(sure for sure, _ in of) / len(of),
            was=wilson_interval(sum(hit for _, hit in of), len(of), CONFIDENCE),
        )
        for _, of in sorted(bins.items())
    ]


def _words(model: RewardModel, pairs: Sequence[Pair]) -> tuple[list[Feature], list[Feature]]:
    """Return the words that add most to the worth of an answer of usual size, and those that take most.

    A word adds its own weight and those of the characters in it. Words of fewer than ``COMMON`` answers are left out.
    """
    answers = [answer for pair in pairs for answer in (pair.better, pair.worse)]
    counts = Counter(word for answer in answers for word in words(answer))
    sizes = sorted(len(grams(answer, model.limit)) for answer in answers[:CHECKED])
    usual = sqrt(max(sizes[len(sizes) // 2], 1)) if sizes else 1.0
    weights = model.weights
    named = [
        Feature(text=word, weight=fsum(weights[place] for place in grams(word)) / usual)
        for word, count in counts.items()
        if count >= COMMON
    ]
    named.sort(key=lambda feature: (-feature.weight, feature.text))
    liked = [feature for feature in named[:TOP] if feature.weight > 0]
    disliked = [feature for feature in named[: -TOP - 1 : -1] if feature.weight < 0]
    return liked, disliked


def _wrong(pairs: Sequence[Pair], said: Sequence[float]) -> list[Wrong]:
    order = sorted((said[place], pair.line, place) for place, pair in enumerate(pairs))
    return [
        Wrong(
            line=line,
            said=probability,
            prompt=pairs[place].prompt[:CUT],
            better=pairs[place].better[:CUT],
            worse=pairs[place].worse[:CUT],
        )
        for probability, line, place in order[:SHOWN]
        if probability < 0.5
    ]
