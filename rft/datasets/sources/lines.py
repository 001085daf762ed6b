"""JSONL: the lines of a text, in blocks as they come."""

from collections.abc import Iterator
from itertools import pairwise

from rft.datasets.items import Item
from rft.datasets.sources import blocks
from rft.datasets.sources import window as windows
from rft.datasets.sources.blocks import Block
from rft.datasets.sources.compression import Broken
from rft.datasets.sources.text import unreadable


def read_lines(chunks: Iterator[bytes], start: int, max_items: int) -> Iterator[Block]:
    """Yield every line, empty ones too; what follows the last line feed is a line only if it is not empty.

    ``start`` is the byte of the text at which the chunks begin.

    Raises:
        DatasetUnreadable: the chunks break off, or there are more than ``max_items`` lines.

    """
    number = length = 0  # lines that were handed out; bytes of the one that has not ended
    kept = b""  # the first of these
    try:
        for chunk in chunks:
            end = chunk.rfind(b"\n")
            for block in _blocks(kept, length, memoryview(chunk)[:end], number, start) if end >= 0 else ():
                length = 0
                if len(block) > (room := max_items - number):
                    if room:
                        yield block.beginning(room)
                    number, start = max_items, block.item(room).start
                    raise Broken(windows.too_many(max_items))
                yield block
                number, start = number + len(block), block.end
            if end >= 0:
                kept = b""
            kept += chunk[end + 1 : end + 1 + windows.MAX_ITEM - len(kept)]
            length += len(chunk) - end - 1
        if length:
            if number == max_items:
                length = 0
                raise Broken(windows.too_many(max_items))
            yield blocks.block_of([Item(number + 1, number + 1, start, length, kept)])
    except Broken as broken:
        raise unreadable(broken, line=number, offset=start + length) from None


def _blocks(kept: bytes, length: int, ended: memoryview, number: int, start: int) -> Iterator[Block]:
    """Yield the lines of ``ended``, of which the first begins with ``kept``, its first bytes of ``length``.

    ``number`` and ``start`` are those of the line before the first and of the first.
    """
    if length > len(kept):
        rest, feed, lines = bytes(ended).partition(b"\n")
        item = Item(number + 1, number + 1, start, length + len(rest), kept)
        yield blocks.block_of([item])
        if not feed:
            return
        number, start = number + 1, start + item.length + 1
    else:
        lines = b"".join((kept, ended))
    bounds = _bounds(lines)
    if len(lines) > windows.MAX_ITEM and max(end - begin for begin, end in pairwise(bounds)) - 1 > windows.MAX_ITEM:
        yield from blocks.blocks_of(_cut(lines, bounds, number, start))
        return
    count = len(bounds) - 1
    step = -(-count // -(-count // blocks.MOST))  # blocks of equal size
    for place in range(0, count, step):
        mine = bounds[place : place + step + 1]
        begin = mine[0]
        yield Block(
            data=lines[begin : mine[-1] - 1],
            bounds=[bound - begin for bound in mine] if begin else mine,
            number=number + place + 1,
            start=start + begin,
        )


def _bounds(lines: bytes) -> list[int]:
    """Return where each line begins, and where one behind the last would."""
    bounds = [0]
    find = lines.find
    while place := find(b"\n", bounds[-1]) + 1:
        bounds.append(place)
    bounds.append(len(lines) + 1)
    return bounds


def _cut(lines: bytes, bounds: list[int], number: int, start: int) -> Iterator[Item]:
    """Yield lines as items, too long ones cut off."""
    for place, (begin, end) in enumerate(pairwise(bounds), number + 1):
        data = lines[begin : min(end - 1, begin + windows.MAX_ITEM)]
        yield Item(place, place, start + begin, end - 1 - begin, data)
