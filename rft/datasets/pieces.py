"""Many pieces of bytes held as one: looked at in one go, and cut out without a copy."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BETWEEN: Final = "\x7f"  # joins texts: no record that is admitted unseen has it, and folding leaves it alone


class Pieces(Struct, frozen=True, kw_only=True):
    """Pieces of bytes, one behind the other, with one byte between each two."""

    data: bytes
    bounds: list[int]  # where each begins in ``data``, and where one behind the last would

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def views(self) -> list[memoryview]:
        """Return the pieces, without a copy."""
        return views_of(memoryview(self.data), self.bounds)

    def sizes(self) -> "NDArray[np.integer[Any]]":
        """Return the pieces' numbers of bytes."""
        import numpy as np  # a function that reads no dropped file does not load it

        bounds = np.array(self.bounds)
        sizes: NDArray[np.integer[Any]] = bounds[1:] - bounds[:-1] - 1
        return sizes


def views_of(data: memoryview, bounds: Sequence[int]) -> list[memoryview]:
    """Return the pieces between bounds."""
    return [data[begin : end - 1] for begin, end in pairwise(bounds)]


def bounds_of(sizes: Sequence[int]) -> list[int]:
    """Return the bounds of pieces of these sizes."""
    return list(accumulate([size + 1 for size in sizes], initial=0))


def joined_texts(texts: Sequence[str]) -> Pieces:
    """Return texts in UTF-8."""
    joined = BETWEEN.join(texts)
    sizes = list(map(len, texts)) if joined.isascii() else [len(text.encode()) for text in texts]
    return Pieces(data=joined.encode(), bounds=bounds_of(sizes))
