"""Agreement of two judges beyond what chance gives, in plain Python."""

from collections import Counter
from collections.abc import Hashable, Sequence


def cohen_kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Return Cohen's kappa of two judges' verdicts on the same things, -1 to 1; 0 is what chance gives.

    None without pairs, and where both judges always give the same one verdict, so that chance agrees always.
    (Cohen, Educational and Psychological Measurement 20, 1960.)
    """
    if not pairs:
        return None
    first, second = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    chance = sum(first[verdict] * second[verdict] for verdict in first)  # in squared counts, so that 1 is exact
    if chance == len(pairs) ** 2:
        return None
    agreed = sum(one == other for one, other in pairs) * len(pairs)
    return (agreed - chance) / (len(pairs) ** 2 - chance)
