"""Means, paired differences and shares with confidence intervals, in plain Python so that a small function can run it.

Method: Student's t-interval, mean +- t(1 - alpha/2, n - 1) * s / sqrt(n), for one sample and for paired differences
(NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.2 and 7.3.1). Scores are bounded and seldom normal; the interval
rests on the mean of n >= 20 differences being near normal, which the bound of the scores makes mild to ask. It needs no
random numbers, so the same scores always give the same decision.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import erf, exp, fsum, isfinite, lgamma, log, log1p, sqrt

from rft.interval import Interval

STEPS = 500  # of the continued fraction; it needs about sqrt(max(a, b))
TINY = 1e-300
CLOSE = 1e-15


def mean_interval(values: Sequence[float], confidence: float) -> Interval:
    """Return the mean of at least two finite values with its two-sided t-interval.

    Raises:
        ValueError: fewer than two values, or one that is not finite.

    """
    count = len(values)
    if count < 2:
        raise ValueError(f"an interval needs at least 2 values, not {count}")
    if not all(isfinite(value) for value in values):
        raise ValueError("a value is not finite")
    mean = fsum(values) / count
    deviation = sqrt(fsum((value - mean) ** 2 for value in values) / (count - 1))
    half = t_quantile((1 + confidence) / 2, count - 1) * deviation / sqrt(count)
    return Interval(mean=mean, low=mean - half, high=mean + half)


def paired_difference(values: Sequence[float], others: Sequence[float], confidence: float) -> Interval:
    """Return the mean of ``values`` minus ``others``, pair by pair, with its two-sided t-interval.

    Raises:
        ValueError: fewer than two pairs, sequences of different lengths, or a value that is not finite.

    """
    return mean_interval([value - other for value, other in zip(values, others, strict=True)], confidence)


def wilson_interval(successes: int, trials: int, confidence: float) -> Interval:
    """Return the share of successes among independent trials with its Wilson score interval.

    Source: NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.4.1. It stays within 0 and 1: with p
    the share and z the normal quantile it is (p + z^2/2n +- z sqrt(p(1 - p)/n + z^2/4n^2)) / (1 + z^2/n).

    Raises:
        ValueError: no trials, more successes than trials, or fewer than none.

    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"no share of {successes} successes in {trials} trials")
    share = successes / trials
    z = normal_quantile((1 + confidence) / 2)
    middle = share + z * z / (2 * trials)
    half = z * sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    whole = 1 + z * z / trials
    # at the ends the interval touches the share; rounding must not part them
    return Interval(mean=share, low=min(share, (middle - half) / whole), high=max(share, (middle + half) / whole))


@lru_cache(maxsize=64)
def normal_quantile(probability: float) -> float:
    """Return the value below which the standard normal distribution lies with ``probability`` (0.5 to 1), to 1e-10."""
    if not 0.5 <= probability < 1:
        raise ValueError(f"no quantile for probability {probability}")
    return _bisect(lambda value: (1 + erf(value / sqrt(2))) / 2 - probability, 0.0, 10.0)


@lru_cache(maxsize=64)
def t_quantile(probability: float, degrees: int) -> float:
    """Return the value below which Student's t with ``degrees`` of freedom lies with ``probability`` (0.5 to 1).

    Found by bisection on the distribution function, exact to about 1e-10.
    """
    if not 0.5 <= probability < 1 or degrees < 1:
        raise ValueError(f"no quantile for probability {probability} and {degrees} degrees of freedom")
    high = 1.0
    while t_probability(high, degrees) < probability:
        high *= 2
    return _bisect(lambda value: t_probability(value, degrees) - probability, 0.0, high)


def t_probability(value: float, degrees: int) -> float:
    """Return the probability that Student's t lies below ``value`` >= 0 (NIST DLMF 8.17, regularised beta function)."""
    return 1 - 0.5 * _beta(degrees / 2, 0.5, degrees / (degrees + value * value))


def _bisect(function: Callable[[float], float], low: float, high: float) -> float:
    while high - low > 1e-13 * max(1.0, high):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2


def _beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), for 0 <= x <= 1."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side only (DLMF 8.17.4 mirrors)
        return 1 - _beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front / _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction 1 + d1/(1 + d2/(1 + ...)) of DLMF 8.17.22, by Lentz's method."""
    value, upper, lower = 1.0, 1.0, 0.0
    for step in range(1, STEPS + 1):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        lower = 1 + term * lower
        lower = 1 / (lower if abs(lower) > TINY else TINY)
        upper = 1 + term / upper
        upper = upper if abs(upper) > TINY else TINY
        change = upper * lower
        value *= change
        if abs(change - 1) < CLOSE:
            break
    return value
