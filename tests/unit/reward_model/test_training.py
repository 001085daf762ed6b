"""Training: the optimum of its loss, what was planted is found, and what cannot be learnt from is refused."""

import random
from array import array
from math import exp, fsum, sqrt

import msgspec
import pytest

from rft.reward_model.pairs import Pair
from rft.reward_model.rows import Rows
from rft.reward_model.solver import Solver, solving
from rft.reward_model.training import FOLDS, TooFewPairs, Trained, log_loss, train
from rft.rewards.model.features import FIRST, SIZE, grams, measures
from tests.unit.reward_model.preferences import make_pairs


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(make_pairs(240, ties=0.1))


def slope_of(rows: Rows, weights: "array[float]") -> dict[int, float]:
    """Return the gradient of the summed log loss, worked out from features anew."""
    model = rows.model(weights, 1.0)
    answers = [grams(answer, model.limit) for pair in rows.pairs for answer in (pair.better, pair.worse)]
    typical = sorted(map(len, answers))[len(answers) // 2]

    def vector(pair: Pair, answer: str) -> dict[int, float]:
        places = grams(answer, model.limit)
        measured = enumerate(model.held(measures(pair.prompt, answer)))
        return dict(measured) | dict.fromkeys(places, sqrt(typical / len(places)))

    slope: dict[int, float] = {}
    for pair in rows.pairs:
        better, worse = vector(pair, pair.better), vector(pair, pair.worse)
        difference = {place: better.get(place, 0.0) - worse.get(place, 0.0) for place in better.keys() | worse}
        margin = fsum(weights[place] * value for place, value in difference.items())
        wins = 0.5 if pair.tie else 1.0
        for place, value in difference.items():
            slope[place] = slope.get(place, 0.0) + value * (1 / (1 + exp(-margin)) - wins)
    return slope


@pytest.mark.parametrize("strength", [1.0, 30.0, 1000.0])
def test_the_fit_is_where_loss_and_regularisation_balance(strength: float) -> None:
    rows = Rows(make_pairs(120, ties=0.2))
    with solving(rows) as solver:
        weights = solver.fit(range(len(rows.pairs)), strength)
    used = set(rows.used)
    assert not any(weights[place] for place in range(SIZE) if place not in used)

    def length(of: dict[int, float]) -> float:
        return sqrt(fsum(of.get(place, 0.0) ** 2 for place in used))

    slope = slope_of(rows, weights)
    left = {place: slope.get(place, 0.0) + strength * weights[place] for place in used}
    assert length(left) < 0.05 * length(slope_of(rows, array("f", [0.0]) * SIZE))


def test_what_was_planted_is_found_and_told_apart_from_noise(trained: Trained) -> None:
    unseen = make_pairs(400, seed=2, noise=0.0)
    right = sum(trained.model.preference(pair.prompt, pair.better, pair.worse) > 0.5 for pair in unseen)
    assert right > 390
    sure = fsum(trained.model.preference(pair.prompt, pair.better, pair.worse) for pair in unseen) / len(unseen)
    assert 0.8 < sure < 0.97  # one preference in ten was the other way


def test_the_grader_gives_answers_the_worths_that_training_gave_them() -> None:
    pairs = make_pairs(60)
    pairs[0] = msgspec.structs.replace(pairs[0], better="x", worse="")
    rows, rng = Rows(pairs), random.Random(1)
    weights = array("f", (rng.gauss(0, 1) for _ in range(SIZE)))
    model = rows.model(weights, 2.0)
    for row, pair in enumerate(pairs):
        ahead = model.liked(pair.prompt, pair.better) - model.liked(pair.prompt, pair.worse)
        assert ahead == pytest.approx(2 * rows.margin(row, weights), abs=1e-3)


def test_an_honest_answer_is_worth_more_than_the_same_over_and_over(trained: Trained) -> None:
    for pair in make_pairs(100, seed=4, noise=0.0):
        honest = trained.model.reward(pair.prompt, pair.better)
        assert trained.model.reward(pair.prompt, f"{pair.better}\n" * 30) < honest


def test_the_mean_answer_has_a_reward_near_one_half(trained: Trained) -> None:
    pairs = make_pairs(240, ties=0.1)
    rewards = [trained.model.reward(pair.prompt, answer) for pair in pairs for answer in (pair.better, pair.worse)]
    assert fsum(rewards) / len(rewards) == pytest.approx(0.5, abs=0.05)


def test_the_same_pairs_give_the_same_file(trained: Trained) -> None:
    assert train(make_pairs(240, ties=0.1)).model.to_bytes() == trained.model.to_bytes()


def test_which_answer_of_a_tie_stands_first_makes_no_difference(trained: Trained) -> None:
    turned = [
        msgspec.structs.replace(pair, better=pair.worse, worse=pair.better) if pair.tie else pair
        for pair in make_pairs(240, ties=0.1)
    ]
    model = train(turned).model
    for pair in make_pairs(30, seed=3):
        one, other = (each.preference(pair.prompt, pair.better, pair.worse) for each in (model, trained.model))
        assert one == pytest.approx(other, abs=0.02)


def test_guesses_teach_that_nothing_is_known() -> None:
    guesses = train(make_pairs(400, noise=0.5))
    says = [guesses.model.preference(pair.prompt, pair.better, pair.worse) for pair in make_pairs(200, seed=5)]
    assert max(abs(said - 0.5) for said in says) < 0.2


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([], "0 pairs without ties, of 0 prompts"),
        (make_pairs(49), "49 pairs without ties"),
        (make_pairs(300, prompts=9), "of 9 prompts"),
        (make_pairs(300, ties=1.0), "0 pairs without ties, of 300 prompts"),
    ],
)
def test_too_few_pairs_are_refused(pairs: list[Pair], said: str) -> None:
    with pytest.raises(TooFewPairs, match=said):
        train(pairs)


def test_answers_without_any_feature_in_common_or_at_all_train_to_nothing() -> None:
    pairs = [msgspec.structs.replace(pair, better="", worse="\u200b") for pair in make_pairs(60)]
    model = train(pairs).model
    assert model.preference("?", "a", "b") == 0.5


def test_equal_prompts_are_never_on_both_sides_of_a_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = make_pairs(200, prompts=20)
    random.Random(1).shuffle(pairs)
    fitted: list[set[int]] = []
    fit = Solver.fit

    def spy(self, which, strength):
        which = list(which)
        fitted.append({pairs[row].group for row in which})
        return fit(self, which, strength)

    monkeypatch.setattr(Solver, "fit", spy)
    train(pairs)
    everything = {pair.group for pair in pairs}
    assert fitted[-1] == everything
    assert all(len(groups) == 20 - 20 // FOLDS for groups in fitted[:-1])
    assert set.union(*(everything - groups for groups in fitted[:FOLDS])) == everything


def test_log_loss_of_wins_and_ties() -> None:
    assert log_loss(0.0, tie=False) == log_loss(0.0, tie=True) == pytest.approx(0.6931471805599453)
    assert log_loss(3.0, tie=True) == pytest.approx(log_loss(-3.0, tie=True))
    assert log_loss(3.0, tie=True) == pytest.approx((log_loss(3.0, tie=False) + log_loss(-3.0, tie=False)) / 2)
    assert log_loss(-1000.0, tie=False) == 1000.0
    assert len(measures("", "")) == FIRST
