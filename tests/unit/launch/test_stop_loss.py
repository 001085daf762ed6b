"""The stop-loss stops what is lost, and nothing that is merely noisy, rare, sparse or gappy."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.training.curve import Point, windows_of
from rft.training.stop_loss import StopLoss, stop_reason

START = datetime(2026, 11, 26, tzinfo=UTC)
RULES = StopLoss()
BATCH = 256


def point(number: int = 0, **values: float) -> Point:
    fields = {"mean": 0.5, "spread": 0.4, "length": 400.0, "rollouts": 1000, "calls": 20, **values}
    return Point(at=START + timedelta(minutes=number), **fields)  # type: ignore[arg-type]


def curve(name: str, *values: float) -> list[Point]:
    return [point(number, **{name: value}) for number, value in enumerate(values)]


def simulated(means: "np.ndarray[tuple[int], np.dtype[np.float64]]", seed: int) -> list[Point]:
    """Return a curve of binary rewards: 32 prompts of 8 samples a period, prompts of very different difficulty."""
    random = np.random.default_rng(seed)
    points = []
    for number, mean in enumerate(means):
        ease = random.beta(max(mean, 1e-3), max(1 - mean, 1e-3), size=32)
        rewards = random.random((32, 8)) < ease[:, None]
        points.append(point(number, mean=float(rewards.mean()), spread=float(rewards.std()), rollouts=BATCH, calls=4))
    return points


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1), st.integers(1, 120))
def test_learning_and_standing_still_are_never_stopped(seed: int, start: float, gain: float, periods: int) -> None:
    means = np.linspace(start, start + (1 - start) * gain, periods)
    points = simulated(means, seed)
    assert all(stop_reason(points[:seen], RULES) is None for seen in range(periods + 1))


@given(st.integers(0, 2**32 - 1), st.floats(0.4, 1))
def test_a_reward_that_goes_to_nothing_is_stopped(seed: int, height: float) -> None:
    points = simulated(np.array([height] * 24 + [0.0] * 16), seed)
    assert "collapsed" in (stop_reason(points, RULES) or "")


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.001, 1), st.integers(1, 40))
def test_the_same_values_cut_otherwise_give_the_same_answer(high: float, low: float, spread: float, cut: int) -> None:
    values = [high, high, low, low]
    whole = [point(number, mean=value, spread=spread, rollouts=1000 * cut) for number, value in enumerate(values)]
    parts = [point(n * cut + k, mean=v, spread=spread) for n, v in enumerate(values) for k in range(cut)]
    rules = StopLoss(window=1000 * cut)
    assert (stop_reason(whole, rules) is None) == (stop_reason(parts, rules) is None)


@given(st.lists(st.integers(0, 5000), max_size=50), st.integers(100, 3000))
def test_windows_hold_enough_rollouts_and_lose_only_the_last_ones(rollouts: list[int], size: int) -> None:
    windows = windows_of([point(mean=0.5, rollouts=count) for count in rollouts], size)
    assert all(window.rollouts >= size for window in windows)
    assert 0 <= sum(rollouts) - sum(window.rollouts for window in windows) < size
    assert all(window.reward == pytest.approx(0.5) for window in windows)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (curve("mean", 0.6, 0.8, 0.2, 0.1), ["0.200 after 0.800", "reward_fall", "learningRate"]),
        (curve("mean", -1.0, -3.0, -4.0), ["-3.000 after -1.000"]),
        (curve("failures", 0, 6, 7), ["30%", "grader_failures (0.2)", "rft grade"]),
        (curve("parse_failures", 100, 900, 950), ["90%", "10% were at first", "parse_failures (0.8)"]),
        (curve("parse_failures", 1000, 1000), ["100%"]),
        (curve("length", 400, 3300, 4000), ["3,300 characters after 400", "length_growth (8 times)", "length comp"]),
    ],
)
def test_what_is_lost_is_named_with_figures_threshold_and_fix(points: list[Point], words: list[str]) -> None:
    said = stop_reason(points, RULES) or ""
    for word in words:
        assert word in said
    assert stop_reason(points, StopLoss(on=False)) is None


@pytest.mark.parametrize(
    "points",
    [
        [],
        curve("mean", 0.9),
        curve("mean", 0.9, 0.1),  # nothing earlier to compare with
        curve("mean", 0.9, 0.9, 0.1),  # one bad window
        curve("mean", 0.9, 0.1, 0.9, 0.1),
        curve("mean", 0.05, 0.0, 0.0),  # rare successes
        curve("parse_failures", 990, 950, 900),  # fewer and fewer
        curve("failures", 0, 2, 2),
        [point(0), point(1, calls=2, failures=1), point(2, calls=2, failures=1)],  # few calls
        curve("length", 5, 900, 1900),  # short answers grow
        [point(number, mean=0.5 - number / 2, rollouts=100) for number in range(9)],  # no window yet
    ],
)
def test_what_is_not_known_to_be_lost_goes_on(points: list[Point]) -> None:
    assert stop_reason(points, RULES) is None
