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
        view = memoryview(self.data)
        return [view[begin : end - 1] for begin, end in pairwise(self.bounds)]

    def sizes(self) -> "NDArray[np.integer[Any]]":
        """Return the pieces' numbers of bytes."""
        import numpy as np  # a function that reads no dropped file does not load it

        return np.diff(self.bounds) - 1


def bounds_of(sizes: Sequence[int]) -> list[int]:
    """Return the bounds of pieces of these sizes."""
    return list(accumulate([size + 1 for size in sizes], initial=0))


def joined_texts(texts: Sequence[str]) -> Pieces:
    """Return texts in UTF-8."""
    data = BETWEEN.join(texts).encode()
    sizes = list(map(len, texts)) if data.isascii() else [len(text.encode()) for text in texts]
    return Pieces(data=data, bounds=bounds_of(sizes))
