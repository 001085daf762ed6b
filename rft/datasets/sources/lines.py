"""JSONL: the lines of a text, split as fast as Python splits."""

from collections.abc import Iterator
from itertools import accumulate

from rft.datasets.items import Item
from rft.datasets.sources import window as windows
from rft.datasets.sources.compression import Broken
from rft.datasets.sources.text import unreadable


def read_lines(chunks: Iterator[bytes], start: int, max_items: int) -> Iterator[Item]:
    """Yield every line, empty ones too; what follows the last line feed is a line only if it is not empty.

    ``start`` is the byte of the text at which the chunks begin.

    Raises:
        DatasetUnreadable: the chunks break off, or there are more than ``max_items`` lines.

    """
    number = length = 0
    kept = bytearray()  # of the line that the chunks so far did not end
    try:
        for chunk in chunks:
            first, *ended = chunk.split(b"\n")
            kept += first[: windows.MAX_ITEM - len(kept)]
            length += len(first)
            if not ended:
                continue
            rest = ended.pop()
            room = max_items - number
            if room:
                number += 1
                yield Item(number, number, start, length, bytes(kept))
                start += length + 1
            whole = ended[: room - 1] if room else []
            yield from _items(whole, number, start)
            number += len(whole)
            start += sum(map(len, whole)) + len(whole)
            if len(ended) >= room:
                length = 0
                raise Broken(windows.too_many(max_items))
            kept, length = bytearray(rest[: windows.MAX_ITEM]), len(rest)
        if length:
            if number == max_items:
                length = 0
                raise Broken(windows.too_many(max_items))
            yield Item(number + 1, number + 1, start, length, bytes(kept))
    except Broken as broken:
        raise unreadable(broken, line=number, offset=start + length) from None


def _items(lines: list[bytes], number: int, start: int) -> Iterator[Item]:
    """Yield lines as items; ``number`` and ``start`` are those of the line before the first and of the first."""
    lengths = list(map(len, lines))
    starts = accumulate([length + 1 for length in lengths], initial=start)
    numbers = range(number + 1, number + len(lines) + 1)
    if lengths and max(lengths) > windows.MAX_ITEM:
        lines = [line[: windows.MAX_ITEM] for line in lines]
    return map(Item, numbers, numbers, starts, lengths, lines)
