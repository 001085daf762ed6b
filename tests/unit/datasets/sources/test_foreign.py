"""Whatever bytes are dropped: items that cover the text, the same whatever the chunks, or an error with its place."""

import csv
import io
import json
import re
from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rft.datasets.codes import Code
from rft.datasets.items import Container, Item
from rft.datasets.sources import rows, window
from rft.datasets.sources.arrays import read_array
from rft.datasets.sources.lines import read_lines
from rft.datasets.sources.window import Window
from rft.errors import DatasetUnreadable
from tests.unit.datasets.sources.streams import items_of, judged, packed

MOST = 1 << 30
CHARACTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | CHARACTERS | st.sampled_from(['"', "\\", "[{,", "]}", "\n", "\\u003a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CHARACTERS, inner, max_size=3),
    max_leaves=12,
)
RECORDS = st.lists(st.dictionaries(CHARACTERS, VALUES, max_size=4), min_size=1, max_size=6)
CELLS = st.text(st.sampled_from(list('ab",;\t\n\r é[{')), max_size=6)
BROKEN_ARRAYS = st.lists(st.sampled_from(list('[]{},"\\\n a') + ["[" * 9, "]" * 9, '{"a":[[[[[[1]]]]]]}'])).map(
    lambda parts: "[" + "".join(parts) + "]"
)
BROKEN_ROWS = st.lists(st.sampled_from(list('",\n\r ab') + ['"x"', '""', "\r\n"])).map(
    lambda parts: "a,b\n" + "".join(parts)
)


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[place : place + size] for place in range(0, len(data), size))


def lines_in(data: bytes, size: int, most: int = MOST) -> list[Item]:
    return list(chain.from_iterable(read_lines(chunks(data, size), 0, most)))


def elements_in(data: bytes, size: int, most: int = MOST) -> list[Item]:
    looked = Window(chunks(data, size), 0, most)
    looked.more()
    return list(read_array(looked))


def rows_in(data: bytes, size: int, most: int = MOST) -> list[Item]:
    looked = Window(chunks(data, size), 0, most)
    looked.more()
    return list(rows.read_rows(looked, rows.read_header(looked)))


def outcome(way, data: bytes, size: int) -> list[Item] | str:
    try:
        return way(data, size)
    except DatasetUnreadable as error:
        return str(error)


def conserved(data: bytes, items: list[Item], between: bytes) -> None:
    """Every byte of the text is in exactly one item, or is of a kind that parts items."""
    place = 0
    for number, item in enumerate(items, 1):
        assert item.number == number
        assert re.fullmatch(between, data[place : item.start]), data[place : item.start]
        assert data[item.start : item.start + item.length].startswith(item.data)
        assert item.line == data[: item.start].count(b"\n") + 1
        place = item.start + item.length
    assert re.fullmatch(between, data[place:]), data[place:]


@given(RECORDS, st.sampled_from([None, 0, 2]), st.booleans(), st.sampled_from(["plain", "gzip", "zstd"]))
def test_what_json_wrote_comes_back(records, indent, escape: bool, how: str) -> None:
    array = json.dumps(records, indent=indent, ensure_ascii=escape).encode()
    assert judged(packed(array, how), 7) == records
    lines = "\n".join(json.dumps(record, ensure_ascii=escape) for record in records).encode()
    assert judged(packed(lines, how), 7) == records


@given(st.integers(2, 4), st.data(), st.sampled_from(rows.DELIMITERS), st.sampled_from(["\n", "\r\n"]))
def test_what_csv_wrote_comes_back(width: int, draw: st.DataObject, delimiter: str, end: str) -> None:
    table = draw.draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=5))
    if end == "\n":  # the module would leave carriage returns bare
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    names = [f"n{number}" for number in range(width)]
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows([names, *table])
    data = stream.getvalue().encode()
    assume(not any(not "".join(row).strip() for row in table))
    assert judged(data, 5) == [dict(zip(names, row, strict=True)) for row in table]


@pytest.mark.parametrize(
    ("way", "texts", "between"),
    [
        (lines_in, RECORDS.map(lambda r: "\n".join(map(json.dumps, r))) | st.text(), rb"\n?"),
        (elements_in, RECORDS.map(lambda r: json.dumps(r, indent=1)) | BROKEN_ARRAYS, rb"[\[\], \t\r\n]*"),
        (rows_in, BROKEN_ROWS, rb"(a,b)?\n?"),
    ],
    ids=["lines", "array", "rows"],
)
@settings(max_examples=300)
@given(draw=st.data())
def test_neither_chunks_nor_the_way_of_scanning_matter_and_nothing_is_lost(draw, way, texts, between) -> None:
    data = draw.draw(texts).encode(errors="replace")
    assume(data)
    size = draw.draw(st.integers(1, 9))
    whole = outcome(way, data, len(data))
    assert outcome(way, data, size) == whole
    if isinstance(whole, list):
        conserved(data, whole, between)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "MAX_ITEM", 5)  # so that almost every item is read in parts
        cut = outcome(way, data, size)
        assert outcome(way, data, len(data)) == cut
        if isinstance(whole, str):
            assert cut == whole
        else:
            assert cut == [Item(i.number, i.line, i.start, i.length, i.data[:5]) for i in whole]


@pytest.mark.parametrize("way", [lines_in, elements_in, rows_in])
@given(st.integers(0, 6), st.integers(1, 6), st.integers(1, 9))
def test_the_limit_of_items_does_not_depend_on_chunks(way, count: int, most: int, size: int) -> None:
    data = {
        lines_in: b"1\n" * count,
        elements_in: b"[" + b",".join([b"1"] * count) + b"]",
        rows_in: b"a\n" + b"1\n" * count,
    }[way]
    if count <= most:
        assert len(way(data, size, most)) == count
    else:
        with pytest.raises(DatasetUnreadable, match=f"more than {most} records"):
            way(data, size, most)


GOOD = [
    b'{"id": "a", "messages": [{"role": "user", "content": "6 x 12? \\u00e9"}]}\n{"id": "b", "n": [1.5, null]}\n' * 3,
    b'[\n {"id": "a", "messages": [{"role": "user", "content": "x, [y"}]},\n {"id": "b", "n": [[[1]]]}\n]\n',
    b'id,prompt,answer\r\n1,"a ""b"", c",d\r\n2,"two\nlines",e\r\n3,,\r\n',
]
SPICES = [
    b'"',
    b"\\",
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\\ud800",
    b":",
    b" ",
]


@settings(max_examples=500)
@given(st.sampled_from(GOOD), st.sampled_from(["plain", "gzip", "zstd"]), st.booleans(), st.data())
def test_mutated_files_raise_nothing_but_what_is_promised(good: bytes, how: str, outside: bool, draw) -> None:
    data = bytearray(packed(good, how) if outside else good)
    for _ in range(draw.draw(st.integers(1, 4))):
        place = draw.draw(st.integers(0, len(data) - 1))
        end = place + draw.draw(st.sampled_from([0, 1, 1, 7]))
        data[place:end] = draw.draw(st.sampled_from(SPICES) | st.binary(min_size=1, max_size=2))
    file = bytes(data) if outside else packed(bytes(data), how)
    found = outcome(lambda d, size: items_of(d, size)[1], file, 1 << 20)
    assert outcome(lambda d, size: items_of(d, size)[1], file, 3) == found
    if isinstance(found, str):
        assert re.search(r"line \d+", found)
        return
    for value in judged(file):
        assert isinstance(value, (dict, Code))
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


@given(st.binary(max_size=60))
def test_any_bytes_are_items_or_unreadable(data: bytes) -> None:
    outcome(lambda d, size: [reading_of(d, size)], data, 4)


def reading_of(data: bytes, size: int) -> Item:
    container, items = items_of(data, size)
    assert container in Container
    if container is Container.JSONL:
        conserved(data, items, rb"(\xef\xbb\xbf)?\n?")
    return Item(0, 0, 0, 0, b"")
