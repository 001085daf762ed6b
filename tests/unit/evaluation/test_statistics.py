"""Intervals, held against figures computed with SciPy 1.16.3."""

import random
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.evaluation.statistics import (
    mean_interval,
    normal_quantile,
    paired_difference,
    t_probability,
    t_quantile,
    wilson_interval,
)

X = [0.1, 0.4, 1.0, 0.6, 0.0, 1.0, 0.6, 0.7, 0.3, 0.9, 0.5, 0.2]
Y = [0.0, 0.4, 0.6, 0.1, 0.0, 1.0, 0.1, 0.6, 0.3, 0.2, 0.6, 0.1]


@pytest.mark.parametrize(
    ("probability", "degrees", "quantile"),  # scipy.stats.t.ppf
    [
        (0.975, 1, 12.706204736432095),
        (0.975, 2, 4.302652729696142),
        (0.975, 10, 2.2281388519649385),
        (0.95, 19, 1.729132811521367),
        (0.995, 29, 2.756385903670335),
        (0.975, 119, 1.980099876426006),
        (0.975, 1000, 1.9623390808264074),
        (0.9995, 5, 6.868826625881279),
        (0.75, 3, 0.7648923284043453),
        (0.975, 20000, 1.9600826051581348),
    ],
)
def test_quantiles_of_student(probability: float, degrees: int, quantile: float) -> None:
    assert t_quantile(probability, degrees) == pytest.approx(quantile, rel=1e-9)
    assert t_probability(quantile, degrees) == pytest.approx(probability, abs=1e-10)


def test_intervals_are_those_of_scipy() -> None:
    one = mean_interval(X, 0.95)  # scipy.stats.ttest_1samp(X, 0).confidence_interval(0.95)
    assert (one.mean, one.low, one.high) == pytest.approx((0.525, 0.30974867069062106, 0.740251329309379), rel=1e-8)
    two = paired_difference(X, Y, 0.9)  # scipy.stats.ttest_rel(X, Y).confidence_interval(0.9)
    assert (two.mean, two.low, two.high) == pytest.approx(
        (0.19166666666666665, 0.05637198147660841, 0.3269613518567248), rel=1e-8
    )


def test_equal_values_have_an_interval_of_no_width() -> None:
    interval = mean_interval([0.25] * 30, 0.95)
    assert (interval.mean, interval.low, interval.high) == (0.25, 0.25, 0.25)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, float("nan")], [1.0, float("inf")]])
def test_what_has_no_interval_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"needs at least 2|not finite"):
        mean_interval(values, 0.95)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        paired_difference([1.0, 2.0], [1.0], 0.95)
    with pytest.raises(ValueError, match="no quantile"):
        t_quantile(1.0, 5)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=200), st.floats(0.6, 0.999))
def test_an_interval_holds_its_mean(values: list[float], confidence: float) -> None:
    interval = mean_interval(values, confidence)
    assert interval.low <= interval.mean <= interval.high
    assert mean_interval(values[::-1], confidence) == interval


def test_the_interval_covers_as_often_as_it_says() -> None:
    rng = random.Random(5)
    covered = 0
    for _ in range(2000):  # paired differences of coarse scores, as rewards are
        values = [rng.choice((-0.9, -0.4, 0.0, 0.0, 0.0, 0.4, 0.9)) for _ in range(60)]
        interval = mean_interval(values, 0.95)
        covered += interval.low <= 0 <= interval.high
    assert 0.935 < covered / 2000 < 0.965


@pytest.mark.parametrize(
    ("successes", "trials", "confidence", "low", "high"),  # scipy.stats.binomtest(k, n).proportion_ci(c, "wilson")
    [
        (0, 10, 0.95, 0.0, 0.27753279986288926),
        (3, 10, 0.95, 0.10779126740630102, 0.6032218525388546),
        (57, 100, 0.95, 0.47215389549212305, 0.6626670147588988),
        (10, 10, 0.99, 0.6011459066950919, 1.0),
        (1234, 2312, 0.95, 0.5133633661663644, 0.5539987580437449),
        (1, 1, 0.95, 0.20654931437723745, 1.0),
    ],
)
def test_shares_are_those_of_scipy(successes: int, trials: int, confidence: float, low: float, high: float) -> None:
    interval = wilson_interval(successes, trials, confidence)
    assert (interval.mean, interval.low, interval.high) == pytest.approx((successes / trials, low, high), abs=1e-9)


@given(st.integers(0, 500), st.integers(1, 500), st.floats(0.5, 0.999))
def test_an_interval_of_a_share_holds_it_and_stays_within_0_and_1(some: int, trials: int, confidence: float) -> None:
    successes = min(some, trials)
    interval = wilson_interval(successes, trials, confidence)
    assert -1e-15 <= interval.low <= interval.mean <= interval.high <= 1 + 1e-15
    mirrored = wilson_interval(trials - successes, trials, confidence)
    assert (mirrored.low, mirrored.high) == pytest.approx((1 - interval.high, 1 - interval.low), abs=1e-12)


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (2, 1), (-1, 3)])
def test_what_has_no_share_is_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson_interval(successes, trials, 0.95)


def test_quantiles_of_the_normal_distribution() -> None:
    # statistics.NormalDist, and the limit of Student's t
    for probability in (0.5, 0.9, 0.975, 0.995, 0.9995):
        assert normal_quantile(probability) == pytest.approx(NormalDist().inv_cdf(probability), abs=1e-9)
    assert normal_quantile(0.975) == pytest.approx(t_quantile(0.975, 10**7), abs=1e-6)
    with pytest.raises(ValueError, match="no quantile"):
        normal_quantile(1.0)
