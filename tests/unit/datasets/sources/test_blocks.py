"""Blocks: few enough items to share a look, cut where asked, and nothing lost where the items break off."""

from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.items import Item
from rft.datasets.pieces import joined_texts
from rft.datasets.sources import blocks
from rft.datasets.sources.blocks import block_of, blocks_of
from rft.datasets.sources.lines import read_lines
from rft.errors import DatasetUnreadable


@given(
    st.lists(st.binary(max_size=4).filter(lambda line: b"\n" not in line), min_size=1, max_size=40), st.integers(1, 9)
)
def test_lines_come_in_blocks_of_nearly_one_size(lines: list[bytes], most: int) -> None:
    data = b"\n".join(lines) + b"\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "MOST", most)
        found = list(read_lines(iter([data]), 7, 1 << 30))
    sizes = [len(block) for block in found]
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) < len(sizes)
    assert [bytes(view) for block in found for view in block.views()] == lines
    items = [item for block in found for item in block]
    assert [(item.number, item.data) for item in items] == list(enumerate(lines, 1))
    assert [number for block in found for number in block.numbers.tolist()] == [item.number for item in items]
    assert [line for block in found for line in block.lines.tolist()] == [item.line for item in items]
    assert [block.end for block in found[:-1]] == [block.start for block in found[1:]]
    assert found[-1].end == 7 + len(data)


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=9), st.data())
def test_a_block_of_items_is_these_and_can_be_cut(pieces: list[bytes], draw: st.DataObject) -> None:
    items = [Item(n + 3, 2 * n, 5 * n, len(data), data) for n, data in enumerate(pieces)]
    whole = block_of(items)
    part = whole.beginning(draw.draw(st.integers(1, len(items) - 1)))
    for block in (whole, part):
        assert list(block) == items[: len(block)]
        assert [bytes(view) for view in block.views()] == pieces[: len(block)]
        assert block.sizes().tolist() == [len(data) for data in pieces[: len(block)]]
        assert block.lines.tolist() == [item.line for item in items[: len(block)]]
        assert block.has_feeds == any(b"\n" in data for data in pieces[: len(block)])


def test_items_before_the_break_are_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MOST", 3)
    items = [Item(n, n, 2 * n, 1, b"1") for n in range(1, 6)]

    def broken() -> Iterator[Item]:
        yield from items
        raise DatasetUnreadable("broken off")

    found: list[Item] = []
    with pytest.raises(DatasetUnreadable, match="broken off"):
        found.extend(chain.from_iterable(blocks_of(broken())))
    assert found == items


def test_large_items_fill_a_block_alone() -> None:
    large = Item(1, 1, 0, blocks.MOST_BYTES + 1, b"a" * (blocks.MOST_BYTES + 1))
    small = Item(2, 2, large.length + 1, 1, b"b")
    assert [list(block) for block in blocks_of([large, small])] == [[large], [small]]


@given(st.lists(st.text(max_size=5)))
def test_joined_texts_are_cut_out_again(texts: list[str]) -> None:
    assert [bytes(view).decode() for view in joined_texts(texts).views()] == texts
