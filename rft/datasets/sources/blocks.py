"""Items one behind the other, and their bytes as one: what is looked at together.

Lines come this way as they are read; an item is made of a line only where somebody asks for it by itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from rft.datasets.items import Item
from rft.datasets.pieces import Pieces, bounds_of
from rft.errors import DatasetUnreadable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST: Final = 192  # items of a block: many share what a look costs, and all stay in the processor's cache
MOST_BYTES: Final = 1 << 20


class Block(Pieces, frozen=True, kw_only=True):
    """The bytes of items whose numbers are consecutive."""

    number: int  # of the first item
    start: int  # byte of the text at which the first one begins
    held: Sequence[Item] = ()  # the items, where they are no lines that follow each other in the text

    def __iter__(self) -> Iterator[Item]:
        return map(self.item, range(len(self)))

    def item(self, place: int) -> Item:
        """Return the item at a place, counted from 0."""
        if self.held:
            return self.held[place]
        begin, end, number = self.bounds[place], self.bounds[place + 1] - 1, self.number + place
        return Item(number, number, self.start + begin, end - begin, self.data[begin:end])

    def beginning(self, count: int) -> "Block":
        """Return the block of the first ``count`` items; they are at least one, and not all."""
        bounds = self.bounds[: count + 1]
        data = self.data[: bounds[-1] - 1]
        return Block(data=data, bounds=bounds, number=self.number, start=self.start, held=self.held[:count])

    @property
    def end(self) -> int:
        """The byte of the text behind the last item and what ends it."""
        last = self.item(len(self) - 1)
        return last.start + last.length + 1

    @property
    def numbers(self) -> "NDArray[np.integer[Any]]":
        """The items' numbers."""
        import numpy as np  # a function that reads no dropped file does not load it

        return np.arange(self.number, self.number + len(self))

    @property
    def lines(self) -> "NDArray[np.integer[Any]]":
        """The lines in which the items begin."""
        import numpy as np

        return np.array([item.line for item in self.held]) if self.held else self.numbers

    @property
    def has_feeds(self) -> bool:
        """Whether some item holds a line feed."""
        return any(b"\n" in item.data for item in self.held)


def block_of(items: list[Item]) -> Block:
    """Return items as a block; they are at least one."""
    pieces = [item.data for item in items]
    bounds = bounds_of(list(map(len, pieces)))
    return Block(data=b"\n".join(pieces), bounds=bounds, number=items[0].number, start=items[0].start, held=items)


def blocks_of(items: Iterable[Item]) -> Iterator[Block]:
    """Yield items in blocks of at most ``MOST``, and of little more than ``MOST_BYTES``.

    Raises:
        DatasetUnreadable: the items break off; those before are yielded.

    """
    held: list[Item] = []
    size = 0
    try:
        for item in items:
            held.append(item)
            size += len(item.data)
            if len(held) == MOST or size > MOST_BYTES:
                yield block_of(held)
                held, size = [], 0
    except DatasetUnreadable:
        if held:
            yield block_of(held)
        raise
    if held:
        yield block_of(held)
