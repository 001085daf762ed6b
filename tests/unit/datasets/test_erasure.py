"""Who is meant by a value, and what is left without them."""

import base64
import io
import json
from pathlib import Path

import msgspec
import pytest

from rft.datasets.checks.pseudonyms import Pseudonyms
from rft.datasets.curate import Surroundings, curate
from rft.datasets.erasure import Person, manifest_without, without
from tests.unit.datasets.made import TASK

NAMES = Pseudonyms(b"0123456789abcdef")


def person(*values: str) -> Person:
    return Person(values, NAMES)


@pytest.mark.parametrize(
    ("value", "text", "named"),
    [
        ("Ann Lee", "ask ANN LEE, please", True),
        ("Ann Lee", "ask Annlee or Joann Lees", False),
        ("Ren\u00e9", "Dear Rene\u0301,", True),
        ("ann@mail.example.org", "Ann@Mail.Example.org", True),
        ("ann.lee@gmail.com", NAMES.of("email", "ann.lee@gmail.com"), True),
        ("bob.lee@gmail.com", NAMES.of("email", "ann.lee@gmail.com"), False),
        ("+1 202 456 1111", "Tel. (202) 456-1111", True),
        ("+1 202 456 1111", "Tel. (202) 456-1112", False),
        ("r-12", "r-123", False),
        ("Ann Lee", "annotator_Ann Lee", True),
        ("a.c", "abc", False),
    ],
)
def test_a_value_names_a_person_or_not(value: str, text: str, named: bool) -> None:
    assert person(value).named_in(text) is named
    assert person(value).named_by({"messages": [{"content": [text, 1, None]}]}) is named
    assert person(value).named_by({text: 1}) is named


def test_a_short_value_is_refused() -> None:
    with pytest.raises(ValueError, match="'Al' is too short"):
        person("Ann", "Al")


def test_lines_are_told_by_the_original_that_a_quarantine_holds_too() -> None:
    original = base64.b64encode(b"\xff Ann Lee").decode()
    lines = [
        json.dumps(value).encode() + b"\n"
        for value in ({"id": "1"}, {"id": "Ann Lee"}, {"line": 3, "original": original}, {"original": "", "id": "2"})
    ]
    assert list(without(lines, person("ann lee"))) == [lines[0], None, None, lines[3]]


def test_no_text_of_a_manifest_names_the_person(tmp_path: Path) -> None:
    pairs = [
        {
            "prompt": f"{n} or {n + 1}?",
            "response1": "a",
            "response2": "b",
            "annotations": [{"annotator": "Ann Lee", "vote": 1}, {"annotator": "Bo", "vote": n % 2 + 1}],
        }
        for n in range(30)
    ]
    data = b"\n".join(json.dumps(pair).encode() for pair in pairs)
    manifest = curate(io.BytesIO(data), task=TASK, work=tmp_path, around=Surroundings(code_version="1")).manifest
    assert "Ann Lee" in msgspec.json.encode(manifest).decode()
    left = manifest_without(manifest, person("Ann Lee"))
    assert "Ann Lee" not in msgspec.json.encode(left).decode()
    assert manifest_without(manifest, person("Nobody Here")) == manifest
