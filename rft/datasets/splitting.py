"""Which split a record belongs to: a function of its group's key and the shares alone.

So a record never moves when others are added, a group stays together, and what was held out once stays held out. Every
category gets its share by chance: of 100 records of one, 20 +- 8 are held out at a share of 0.2 (95 %). The check
``split-balance`` tells where that went wrong.
"""

from rft.keys import Split
from rft.tasks import Splits


def split_of(key: int, shares: Splits) -> Split:
    """Return the split of a group; ``key`` has 64 bits, evenly spread. Test comes first: its share alone decides it."""
    place = key / 2**64
    if place < shares.test:
        return Split.TEST
    if place < shares.test + shares.validation:
        return Split.VALIDATION
    return Split.TRAIN
