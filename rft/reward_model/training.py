"""From pairs to a reward model: strength by grouped cross-validation, calibration on pairs the fit has not seen."""

from collections.abc import Callable, Sequence
from math import exp, fsum, log1p
from typing import Final

from msgspec import Struct

from rft.errors import RftError
from rft.reward_model.dense import Vectors
from rft.reward_model.pairs import Pair
from rft.reward_model.rows import Rows
from rft.reward_model.solver import Solver, solving
from rft.rewards.model.artefact import RewardModel, sigmoid

FOLDS: Final = 5
STRENGTHS: Final = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)
START: Final = 4  # of STRENGTHS; the search goes on while it gets better
PAIRS: Final = 50  # without ties, from which on there is something to learn
PROMPTS: Final = 10
CENTRED: Final = 1_000  # pairs, spread over all, whose answers' mean worth is the centre
HOTTEST: Final = 20.0  # factor of calibration, at most
Progress = Callable[[str], None]


class TooFewPairs(RftError):
    """There are too few preferences to train on; the message says how many are needed."""


class Trained(Struct, frozen=True, kw_only=True):
    """A model, and how it was found."""

    model: RewardModel
    strength: float  # of regularisation
    losses: dict[float, float]  # strength -> mean log loss on folds that the fit had not seen, before calibration
    temperature: float  # what margins were multiplied by


def enough(pairs: Sequence[Pair]) -> None:
    """Refuse what nothing can be learnt from.

    Raises:
        TooFewPairs: fewer than ``PAIRS`` pairs that are no ties, or fewer than ``PROMPTS`` prompts.

    """
    strict, prompts = sum(not pair.tie for pair in pairs), len({pair.group for pair in pairs})
    if strict < PAIRS or prompts < PROMPTS:
        raise TooFewPairs(
            f"{strict} pairs without ties, of {prompts} prompts, are left to train on; a reward model needs "
            f"{PAIRS} pairs of {PROMPTS} prompts at least, and learns little from fewer than a thousand"
        )


def train(pairs: Sequence[Pair], progress: Progress | None = None, vectors: Vectors | None = None) -> Trained:
    """Train a reward model. The same pairs in the same order give the same model.

    With ``vectors`` it sees embeddings as well, and its worths ask them.

    Raises:
        TooFewPairs: see ``enough``.

    """
    enough(pairs)
    groups = sorted({pair.group for pair in pairs})
    tell = progress or (lambda _: None)
    tell(f"reading {len(pairs)} pairs")
    rows = Rows(pairs, vectors)
    fold_of = {group: place % FOLDS for place, group in enumerate(groups)}
    folds = [fold_of[pair.group] for pair in pairs]
    with solving(rows) as solver:
        margins = _search(rows, folds, solver, tell)
        losses = {strength: _mean_loss(pairs, margins[strength], 1.0) for strength in sorted(margins)}
        strength = min(losses, key=lambda one: losses[one])
        tell(f"training on all with strength {strength:g}")
        weights = solver.fit(range(len(pairs)), strength)
    temperature = _temperature(pairs, margins[strength])
    model = rows.model(weights, temperature)
    if model.meaning is not None:
        model.meaning.vector_of = vectors
    some = pairs[:: -(-len(pairs) // CENTRED)]
    worths = [model.worth(pair.prompt, answer) for pair in some for answer in (pair.better, pair.worse)]
    model.centre = fsum(worths) / len(worths)
    return Trained(model=model, strength=strength, losses=losses, temperature=temperature)


def _search(rows: Rows, folds: list[int], solver: Solver, tell: Progress) -> dict[float, list[float]]:
    """Return, for each strength that was tried, the margin of every pair under the fit that had not seen its fold.

    From START it goes towards the better side until the loss rises: it has one minimum in the strength, but for noise.
    """
    tried: dict[int, list[float]] = {}

    def loss(place: int) -> float:
        if not 0 <= place < len(STRENGTHS):
            return float("inf")
        if place not in tried:
            tell(f"cross-validation with strength {STRENGTHS[place]:g}")
            tried[place] = _unseen(rows, folds, solver, STRENGTHS[place])
        return _mean_loss(rows.pairs, tried[place], 1.0)

    best = START
    for step in (1, -1):
        while loss(best + step) < loss(best):
            best += step
    return {STRENGTHS[place]: margins for place, margins in tried.items()}


def _unseen(rows: Rows, folds: list[int], solver: Solver, strength: float) -> list[float]:
    margins = [0.0] * len(folds)
    for fold in range(FOLDS):
        weights = solver.fit((row for row, of in enumerate(folds) if of != fold), strength)
        for row, of in enumerate(folds):
            if of == fold:
                margins[row] = rows.margin(row, weights)
    return margins


def log_loss(margin: float, *, tie: bool) -> float:
    """Return the log loss of a pair whose better answer is ahead by ``margin``; a tie is half a win of either."""
    loss = log1p(exp(-abs(margin))) + max(-margin, 0.0)
    return loss + margin / 2 if tie else loss


def _mean_loss(pairs: Sequence[Pair], margins: Sequence[float], temperature: float) -> float:
    return fsum(
        log_loss(temperature * margin, tie=pair.tie) for pair, margin in zip(pairs, margins, strict=True)
    ) / len(pairs)


def _temperature(pairs: Sequence[Pair], margins: Sequence[float]) -> float:
    """Return the factor of margins with the least log loss (Platt scaling; by symmetry it needs no offset).

    The loss is convex in it: its slope is bisected. 0 where margins say nothing or the opposite.
    """

    def slope(factor: float) -> float:
        return fsum(
            margin * (sigmoid(factor * margin) - (0.5 if pair.tie else 1.0))
            for pair, margin in zip(pairs, margins, strict=True)
        )

    low, high = 0.0, HOTTEST
    if slope(low) >= 0:
        return 0.0
    if slope(high) <= 0:
        return high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return (low + high) / 2
