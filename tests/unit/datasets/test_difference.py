"""What changed between two versions is told: records by what they say, settings, findings, measures."""

import io
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.datasets.codes import Code, Severity
from rft.datasets.curate import Surroundings, curate
from rft.datasets.difference import Difference, Version, difference
from rft.datasets.matching import Keys, exchange, pair
from rft.datasets.rules import DataRules, Thresholds
from rft.errors import DatasetUnreadable
from rft.keys import Split
from rft.tasks import Splits, Task
from tests.unit.datasets.made import TASK, good, record
from tests.unit.report.manifests import manifest

Make = Callable[..., Version]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what curates a file to a version."""

    def curated(data: bytes, task: Task = TASK, code: str = "1") -> Version:
        work = Path(tempfile.mkdtemp(dir=tmp_path))
        made = curate(io.BytesIO(data), task=task, work=work, around=Surroundings(code_version=code))
        return Version(manifest=made.manifest, lines=lambda stem: (work / f"{stem}.jsonl").read_bytes().splitlines())

    return curated


def never(stem: str) -> Iterable[bytes]:
    pytest.fail(f"{stem} was read")


def lines(**splits: list[dict[str, Any]]) -> Callable[[str], list[bytes]]:
    return lambda stem: [json.dumps(one).encode() for one in splits.get(stem, [])]


def prompt(text: str, identity: str = "r-1", **more: Any) -> dict[str, Any]:
    return {"id": identity, "messages": [{"role": "user", "content": text}], **more}


def shifted(found: Difference, part: str) -> dict[str, tuple[Any, Any]]:
    return {one.name: (one.before, one.after) for one in getattr(found, part)}


def quarantine(found: Difference) -> tuple[int, int, int]:
    assert found.quarantine is not None
    return found.quarantine.kept, found.quarantine.entered, found.quarantine.left


def test_a_version_is_the_same_as_itself_and_nothing_is_read(make: Make) -> None:
    version = msgspec.structs.replace(make(good(200) + b"x\n"), lines=never)
    found = difference(version, version)
    assert found.same
    assert (found.records.kept, quarantine(found)) == (200, (1, 0, 0))
    assert [found.settings, found.counts, found.findings, found.profile, found.records.spots] == [[], [], [], [], {}]


def test_the_code_that_made_a_version_is_no_difference_but_told(make: Make) -> None:
    found = difference(make(good(200)), make(good(200), code="2"))
    assert found.same
    assert found.code_version is not None
    assert (found.code_version.before, found.code_version.after) == ("1", "2")


def test_records_that_came_and_went_are_counted_and_named(make: Make) -> None:
    found = difference(make(good(200)), make(good(198, start=3)))
    assert not found.same
    records = found.records
    assert (records.kept, records.moved, records.changed, records.added, records.removed) == (197, 0, 0, 1, 3)
    assert len(records.spots["removed"]) == 3
    (spot,) = records.spots["added"]
    after = make(good(198, start=3))
    assert b"What is 200 plus 200?" in list(after.lines(spot.split))[spot.line - 1]
    assert shifted(found, "counts")["records in the file"] == (200, 198)


def test_a_corrected_answer_is_a_change_not_a_new_record(make: Make) -> None:
    found = difference(make(good(200)), make(good(200).replace(b'"400"', b'"401"').replace(b'"100"', b'"one"')))
    assert (found.records.kept, found.records.changed, found.records.added, found.records.removed) == (199, 1, 0, 0)


def test_a_corrected_prompt_is_a_change_where_the_id_stays(make: Make) -> None:
    found = difference(make(good(200)), make(good(200).replace(b"What is 7 plus 7?", b"How much is 7 + 7?")))
    assert (found.records.kept, found.records.changed, found.records.added, found.records.removed) == (199, 1, 0, 0)


def test_other_ids_or_another_order_of_fields_are_no_change() -> None:
    old = Keys(lines(train=[prompt("a", "r-1", x=1, y=2), prompt("b", "r-2")]))
    new = Keys(lines(train=[prompt("b", "s-2"), prompt("a", "s-1", y=2, x=1)]))
    assert pair(old, new).kept == 2


def test_a_record_in_another_split_has_moved() -> None:
    old = Keys(lines(train=[prompt("a"), prompt("b", "r-2")], test=[prompt("c", "r-3")]))
    new = Keys(lines(train=[prompt("b", "r-2")], test=[prompt("c", "r-3"), prompt("a")]))
    found = pair(old, new)
    assert (found.kept, found.moved, found.changed, found.added, found.removed) == (2, 1, 0, 0, 0)
    assert [(spot.split, spot.line) for spot in found.spots["moved"]] == [("test", 2)]


def test_shares_of_the_splits_move_records_and_stand_under_settings(make: Make) -> None:
    more = msgspec.structs.replace(TASK, splits=Splits(validation=0.1, test=0.4))
    found = difference(make(good(200)), make(good(200), more))
    assert found.records.moved > 20
    assert found.records.kept + found.records.moved == 200
    assert shifted(found, "settings") == {"splits.test": (0.2, 0.4)}


def test_changed_thresholds_and_severities_stand_under_settings(make: Make) -> None:
    rules = DataRules(
        checks={**TASK.data.checks, Code.NO_REFERENCE: Severity.WARN}, thresholds=Thresholds(max_category=0.9)
    )
    found = difference(make(good(200)), make(good(200), msgspec.structs.replace(TASK, data=rules)))
    assert not found.same
    assert shifted(found, "settings") == {
        "data.thresholds.max_category": (0.8, 0.9),
        "data.checks.no-reference": (None, "warn"),
    }


def test_findings_that_came_and_went_are_told(make: Make) -> None:
    found = difference(make(good(200) + b"x\n" * 2), make(good(200) + record("No reference here") + b"\n" + b"x\n"))
    assert {one.code: (one.before, one.after) for one in found.findings} == {
        Code.BAD_JSON: (2, 1),
        Code.NO_REFERENCE: (None, 1),
    }
    assert quarantine(found) == (1, 0, 1)


def test_another_quarantine_alone_is_a_difference(make: Make) -> None:
    found = difference(make(good(200) + b"x\n"), make(good(200) + b"y\n"))
    assert not found.same
    assert (found.records.kept, found.records.added) == (200, 0)
    assert quarantine(found) == (0, 1, 1)


def test_measures_that_shift_are_told(make: Make) -> None:
    long = b"".join(record(f"Long {'word ' * 50}{i}", id=f"l-{i}", reference_answer="1") + b"\n" for i in range(300))
    profile = shifted(difference(make(good(200)), make(good(200) + long)), "profile")
    before, after = profile["median length"]
    assert before < 30 < 250 < after


def test_a_sample_of_other_logs_is_told(make: Make) -> None:
    version = make(good(200))
    drawn = manifest().sampling
    assert drawn is not None
    old, new = (
        msgspec.structs.replace(version, manifest=msgspec.structs.replace(version.manifest, sampling=sampling))
        for sampling in (
            drawn,
            msgspec.structs.replace(drawn, last_day="2026-02-01", seen=40_000, metadata_filter=None),
        )
    )
    found = difference(old, new)
    assert shifted(found, "settings") == {
        "logs.last_day": (None, "2026-02-01"),
        "logs.metadata_filter.equals.team": ("support", None),
    }
    assert shifted(found, "counts") == {"log entries": (50_000, 40_000)}


def test_versions_without_records_can_be_compared(make: Make) -> None:
    found = difference(make(b'{"messages": []}\n'), make(good(200)))
    assert (found.records.added, found.records.removed, quarantine(found)) == (200, 0, (0, 0, 1))
    assert difference(make(good(200)), make(b'{"messages": []}\n')).records.removed == 200


TEXTS = st.lists(st.tuples(st.sampled_from(Split), st.sampled_from("abcd"), st.sampled_from("xyz")), max_size=12)


def splits_of(rows: list[tuple[Split, str, str]], start: str) -> Callable[[str], list[bytes]]:
    made: dict[str, list[dict[str, Any]]] = {}
    for place, (split, text, answer) in enumerate(rows):
        made.setdefault(split, []).append(prompt(text, f"{start}{place}", answer=answer))
    return lines(**made)


@settings(max_examples=300)
@given(old=TEXTS, new=TEXTS)
def test_every_record_is_accounted_for_once(
    old: list[tuple[Split, str, str]], new: list[tuple[Split, str, str]]
) -> None:
    found = pair(Keys(splits_of(old, "a")), Keys(splits_of(new, "b")))
    assert found.kept + found.moved + found.changed + found.removed == len(old)
    assert found.kept + found.moved + found.changed + found.added == len(new)
    assert found.kept == (Counter(old) & Counter(new)).total()
    same = (Counter(row[1:] for row in old) & Counter(row[1:] for row in new)).total()
    assert found.kept + found.moved == same
    prompts = (Counter(row[1] for row in old) & Counter(row[1] for row in new)).total()
    assert found.kept + found.moved + found.changed == prompts


@pytest.mark.parametrize(
    "line", [b"", b"x", b"[]", b'{"id": "a"}', b'{"messages": []}', b'{"id": 1, "messages": []}', b"\xff"]
)
def test_a_line_that_is_no_record_is_named(line: bytes) -> None:
    fine = json.dumps(prompt("a")).encode()
    with pytest.raises(DatasetUnreadable, match=r"line 2 of validation\.jsonl is none that `rft validate` wrote"):
        Keys(lambda stem: [fine, line] if stem == "validation" else [])


def test_a_line_that_is_no_refused_record_is_named() -> None:
    with pytest.raises(DatasetUnreadable, match=r"line 1 of quarantine\.jsonl"):
        exchange([b"{}"], [])
