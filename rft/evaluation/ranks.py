"""Rank correlation, in plain Python."""

from collections.abc import Sequence
from math import fsum, sqrt


def ranks(values: Sequence[float]) -> list[float]:
    """Return each value's rank, counted from 1; equal values share the mean of their ranks."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            found[place] = (start + 1 + end) / 2
        start = end
    return found


def spearman(values: Sequence[float], others: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation, -1 to 1; None for fewer than three pairs or where one side is constant.

    With ties it is Pearson's correlation of the mean ranks (Spearman, American Journal of Psychology 15, 1904).

    Raises:
        ValueError: the sequences differ in length.

    """
    pairs = list(zip(ranks(values), ranks(others), strict=True))
    if len(pairs) < 3:
        return None
    middle = (len(pairs) + 1) / 2
    squares = [fsum((pair[side] - middle) ** 2 for pair in pairs) for side in (0, 1)]
    if not all(squares):
        return None
    return fsum((x - middle) * (y - middle) for x, y in pairs) / sqrt(squares[0] * squares[1])
