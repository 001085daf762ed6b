"""Which split a record belongs to: a function of its group's key and the shares alone.

So a record never moves when others are added, a group stays together, and what was held out once stays held out. Every
category gets its share by chance: of 100 records of one, 20 +- 8 are held out at a share of 0.2 (95 %). The check
``split-balance`` tells where that went wrong.
"""

from typing import TYPE_CHECKING, Any, Final, overload

from rft.datasets.table import SPLITS
from rft.keys import Split
from rft.tasks import Splits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PART: Final = 2.0**-64  # a float times this is exactly the float over 2**64


def split_of(key: int, shares: Splits) -> Split:
    """Return the split of a group; ``key`` has 64 bits, evenly spread. Test comes first: its share alone decides it."""
    return SPLITS[number_of(key, shares)]


@overload
def number_of(key: int, shares: Splits) -> int: ...
@overload
def number_of(key: "NDArray[np.uint64]", shares: Splits) -> "NDArray[np.int64]": ...
def number_of(key: Any, shares: Splits) -> Any:
    """Return the split of a group, or of each of many, by its number in ``SPLITS``: train, validation, test."""
    place = key * _PART
    return (place < shares.test) * 1 + (place < shares.test + shares.validation)
