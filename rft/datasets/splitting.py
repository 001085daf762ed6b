"""Which split a record belongs to: a function of its group's key and the shares alone.

So a record never moves when others are added, a group stays together, and what was held out once stays held out. Every
category gets its share by chance: of 100 records of one, 20 +- 8 are held out at a share of 0.2 (95 %). The check
``split-balance`` tells where that went wrong.
"""

from collections.abc import Iterable
from typing import Final

from rft.datasets.table import NUMBER_OF, SPLITS
from rft.keys import Split
from rft.tasks import Splits

_PART: Final = 2.0**-64  # a float times this is exactly the float over 2**64


def split_of(key: int, shares: Splits) -> Split:
    """Return the split of a group; ``key`` has 64 bits, evenly spread. Test comes first: its share alone decides it."""
    return SPLITS[numbers_of([key], shares)[0]]


def numbers_of(keys: Iterable[int], shares: Splits) -> list[int]:
    """Return the splits of groups, by their numbers in the table."""
    train, validation, test = (NUMBER_OF[split] for split in (Split.TRAIN, Split.VALIDATION, Split.TEST))
    tested, held_out = shares.test, shares.test + shares.validation
    return [test if (place := key * _PART) < tested else validation if place < held_out else train for key in keys]
