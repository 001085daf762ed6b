"""Which container a dropped file is, its items with their places, and what is said of files that are none."""

import gzip
import io
import zlib

import pytest

from rft.datasets.codes import Code
from rft.datasets.items import Container, Item, Refused
from rft.datasets.sources.containers import open_reading
from rft.datasets.sources.text import Limits
from rft.errors import DatasetUnreadable
from tests.unit.datasets.sources.streams import Slow, items_of, judged, packed, zstd

JSONL = b'{"id": "a"}\n{"id": "b"}\n'


@pytest.mark.parametrize(
    ("data", "container", "values"),
    [
        (b"", Container.JSONL, []),
        (b"\xef\xbb\xbf", Container.JSONL, []),
        (b" \n\t\r\n", Container.JSONL, [Code.EMPTY_LINE, Code.EMPTY_LINE]),
        (JSONL, Container.JSONL, [{"id": "a"}, {"id": "b"}]),
        (b"\xef\xbb\xbf" + JSONL, Container.JSONL, [{"id": "a"}, {"id": "b"}]),
        (JSONL.replace(b"\n", b"\r\n"), Container.JSONL, [{"id": "a"}, {"id": "b"}]),
        (JSONL[:-1], Container.JSONL, [{"id": "a"}, {"id": "b"}]),
        (b"\n" + JSONL, Container.JSONL, [Code.EMPTY_LINE, {"id": "a"}, {"id": "b"}]),
        (b"rubbish, first\n" + JSONL, Container.JSONL, [Code.BAD_JSON, {"id": "a"}, {"id": "b"}]),
        (b"12\n" + JSONL, Container.JSONL, [Code.NOT_AN_OBJECT, {"id": "a"}, {"id": "b"}]),
        (b"[1, 2]\n" + JSONL, Container.JSONL, [Code.NOT_AN_OBJECT, {"id": "a"}, {"id": "b"}]),
        (b'{"data": [{}]}\n' + JSONL, Container.JSONL, [{"data": [{}]}, {"id": "a"}, {"id": "b"}]),
        (b'{"a": 1}\r{"a": 2}\r', Container.JSONL, [Code.BAD_JSON]),
        (b'{"a": "\0"}'.rjust(6000) + b"\n{}", Container.JSONL, [Code.BAD_JSON, {}]),
        (b"[]", Container.JSON, []),
        (b" [ ] ", Container.JSON, []),
        (b'[{"a": 1}, {"a": [2, "]"]}]\n', Container.JSON, [{"a": 1}, {"a": [2, "]"]}]),
        (b'[\n {"a": 1},\n {"a": 2}\n]', Container.JSON, [{"a": 1}, {"a": 2}]),
        (b'\xef\xbb\xbf[\r\n{"a": 1}\r\n]\r\n', Container.JSON, [{"a": 1}]),
        (b'[{"a": 1},]', Container.JSON, [{"a": 1}, Code.BAD_JSON]),
        (b"[,{}]", Container.JSON, [Code.BAD_JSON, {}]),
        (b'[{"a": 1}, 2, "x,]", null, [3, 4], {}]', Container.JSON, [{"a": 1}, *[Code.NOT_AN_OBJECT] * 4, {}]),
        (b'[{"a": 1}, {"a" 2}, {"a": 3}]', Container.JSON, [{"a": 1}, Code.BAD_JSON, {"a": 3}]),
        (b'[{"a": 1}, {"a": 2}}, {"a": 3}]', Container.JSON, [{"a": 1}, Code.BAD_JSON, {"a": 3}]),
        (b'[{"a": 1}, {"a": [2}}, {"a": 3}]', Container.JSON, [{"a": 1}, Code.BAD_JSON, {"a": 3}]),
        (b'[\n"lost quote,\n{"a": 2}]', Container.JSON, [Code.BAD_JSON]),
        (b"a,b\n1,2\n", Container.CSV, [{"a": "1", "b": "2"}]),
        (b"\xef\xbb\xbfa;b\r\n1;2\r\n", Container.CSV, [{"a": "1", "b": "2"}]),
        (b"a\tb\n1\t2", Container.CSV, [{"a": "1", "b": "2"}]),
        (b"prompt\nhello, you\n", Container.CSV, [Code.BAD_CSV]),
        (b'prompt\n"hello, you"\n\n', Container.CSV, [{"prompt": "hello, you"}, Code.EMPTY_LINE]),
        (b"\n \n a , b\n1,2", Container.CSV, [{"a": "1", "b": "2"}]),
        (b'"a,1","b\n2"\n1,2', Container.CSV, [{"a,1": "1", "b\n2": "2"}]),
        (b'a,b\n"x ""y""\n[{""z""","\n"\n', Container.CSV, [{"a": 'x "y"\n[{"z"', "b": "\n"}]),
        (b"a,b\n\xff,1\n1,2", Container.CSV, [Code.BAD_ENCODING, {"a": "1", "b": "2"}]),
    ],
)
@pytest.mark.parametrize("how", ["plain", "gzip", "zstd"])
def test_files_become_items(data: bytes, container: Container, values: list[object], how: str) -> None:
    data = packed(data, how)
    assert items_of(data)[0] is container
    assert judged(data) == values
    assert judged(data, 1) == values


def test_bad_elements_are_refused_one_by_one() -> None:
    data = b'[{"a": 1, "a": 2}, {"a": NaN}, ' + b"[" * 40 + b"]" * 40 + b', {"a": "\\ud800"}, {"a": "\xff"}, {}]'
    assert judged(data) == [
        Code.DUPLICATE_KEY,
        Code.BAD_JSON,
        Code.TOO_DEEP,
        Code.BAD_JSON,
        Code.BAD_ENCODING,
        {},
    ]


def test_bad_rows_are_refused_one_by_one() -> None:
    data = b'a,b\n1\n1,2,3\n,\n5" x,2\n"x"y,2\n1,2\r3\n\n7,8\n' + b" " * 5000 + b",\0\n"
    assert judged(data) == [
        Code.BAD_CSV,
        Code.BAD_CSV,
        {"a": "", "b": ""},
        *[Code.BAD_CSV] * 3,
        Code.EMPTY_LINE,
        {"a": "7", "b": "8"},
        Code.BAD_CSV,
    ]


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        (b"1", "has 1 field, the header names 2"),
        (b"1,2,3", "has 3 fields, the header names 2"),
        (b'1,5" x', "field 2, from character 3, has a quote"),
        (b'"x"y,2', "field 1, from character 1, has a quote"),
        (b"1,2\r3", "field 2 holds a carriage return"),
    ],
)
def test_a_refused_row_says_why(row: bytes, hint: str) -> None:
    reading = open_reading(io.BytesIO(b"a,b\n" + row + b"\n"))
    with pytest.raises(Refused, match=hint):
        reading.decode(next(iter(reading)))


def test_items_know_their_places() -> None:
    assert items_of(b'\xef\xbb\xbf{"a": 1}\r\n\n{}')[1] == [
        Item(1, 1, 3, 9, b'{"a": 1}\r'),
        Item(2, 2, 13, 0, b""),
        Item(3, 3, 14, 2, b"{}"),
    ]
    assert items_of(b'\xef\xbb\xbf[\n\n {"a":\n1} ,2,\n\n3 ]')[1] == [
        Item(1, 3, 7, 8, b'{"a":\n1}'),
        Item(2, 4, 17, 1, b"2"),
        Item(3, 6, 21, 1, b"3"),
    ]
    assert items_of(b'\na,b\n1,"\n"\n\n3,4\r\n5,6')[1] == [
        Item(1, 3, 5, 5, b'1,"\n"'),
        Item(2, 5, 11, 0, b""),
        Item(3, 6, 12, 4, b"3,4\r"),
        Item(4, 7, 17, 3, b"5,6"),
    ]


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ("a\n".encode("utf-16"), "UTF-16"),
        ("a\n".encode("utf-16-be"), "NUL at byte 0"),
        ("a\n".encode("utf-32"), "UTF-16"),
        (b"a\n\0\n", "NUL at byte 2"),
        (b"PK\x03\x04rest", "zip"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1....", "Parquet"),
        (b"Obj\x01....", "Avro"),
        (b"BZh91AY", "bzip2"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"7z\xbc\xaf'\x1c", "7z"),
        (b"\x89PNG\r\n", "image"),
        (b"\xff\xd8\xff\xe0", "image"),
        (gzip.compress(gzip.compress(b"a\n", mtime=0), mtime=0), "compressed twice"),
        (gzip.compress(zstd(b"a\n"), mtime=0), "compressed twice"),
        (zstd(gzip.compress(b"a\n", mtime=0)), "compressed twice"),
        (b'{"data": [{"id": 1}, {"id": 2}]}', "records in 'data'.*drop that array itself"),
        (b'{\n "records": [\n  {"id": 1},\n  {"id": 2}\n ]\n}\n', "records in 'records'"),
        (b'{\n "id": 1\n}\n{\n "id": 2\n}\n', "several lines"),
        (b"[", "element 1 has no end.*line 1, byte 1"),
        (b"[1", "element 1 has no end"),
        (b'[{"a": 1},\n {"a": [2},\n {"a": 3}]\n', "element 2 has no end.*line 2, byte 12"),
        (b'[\n{"a": 1},\n{"b": "x', "element 2 has no end.*line 3, byte 12"),
        (b'[{"a": "x\\', "element 1 has no end"),
        (b'[\n{"a": 1}\n]\n]', "follows the end of the array.*line 4, byte 13"),
        (b"[1] [2]", "follows the end"),
        (b"a,,b\n", "no name for field 2"),
        (b"a,b,\n", "no name for field 3"),
        (b"a,b, a\n", "names 'a' twice"),
        (b"caf\xe9,b\n", "no CSV header: byte 4 is not UTF-8"),
        (b'a,b"c\n', "no CSV header: field 2"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "quote is never closed.*line 3, byte 8"),
        (b'a,"b\n', "quote is never closed.*line 1"),
        (b"a,b\r1,2\r3,4", "carriage return"),
        (b"x" * 70_000 + b",b\n", "over 65,536 bytes"),
        (b"<html><body>", "neither JSONL"),
        (b"Dear all!", "neither JSONL"),
    ],
)
def test_files_that_cannot_be_read_say_why(data: bytes, hint: str) -> None:
    for size in (3, 1 << 20):
        with pytest.raises(DatasetUnreadable, match=hint):
            items_of(data, size)


@pytest.mark.parametrize(
    ("text", "line", "place"),
    [
        (b'{"n": 12}\n' * 50_000, 25_000, 250_000),
        (b"[\n" + b'{"n":12},\n' * 50_000 + b"1]", 25_001, 250_002),
        (b"0123456789\n" * 50_000, 25_000, 275_000),
    ],
)
def test_an_error_names_the_file_and_how_far_it_was_read(text: bytes, line: int, place: int) -> None:
    packer = zlib.compressobj(wbits=31)
    data = packer.compress(text[:place]) + packer.flush(zlib.Z_FULL_FLUSH)
    wanted = rf"^drop\.gz: the gzip file ends too early.* \(behind line {line}, at byte {place} of the text\)$"
    for size in (1000, 1 << 20):
        reading = open_reading(Slow(data, size), name="drop.gz")
        with pytest.raises(DatasetUnreadable, match=wanted):
            list(reading)


@pytest.mark.parametrize("data", [b"{}\n" * 10, b"{}\n" * 9 + b"{}", b"[" + b"{}," * 9 + b"{}]", b"a\n" + b"1\n" * 10])
def test_too_many_items_are_refused(data: bytes) -> None:
    assert len(items_of(data, limits=Limits(max_items=10))[1]) == 10
    for most in (1, 9):
        reading = open_reading(io.BytesIO(data), limits=Limits(max_items=most))
        items = iter(reading)
        assert [next(items).number for _ in range(most)] == list(range(1, most + 1))
        with pytest.raises(DatasetUnreadable, match=f"more than {most} records.*drop a sample"):
            next(items)


def test_too_many_bytes_are_refused() -> None:
    data = gzip.compress(b"{}\n", mtime=0) * 600_000
    assert len(items_of(data, limits=Limits(max_bytes=1_800_000))[1]) == 600_000
    with pytest.raises(DatasetUnreadable, match="more than 1 MiB unpacked"):
        items_of(data, limits=Limits(max_bytes=1 << 20))
