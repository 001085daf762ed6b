"""From a dropped file to a dataset version: nothing lost, nothing moved, the same bytes the same version."""

import base64
import gzip
import io
import json
import random
import unicodedata
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rft.datasets import limits
from rft.datasets.codes import Code, Severity
from rft.datasets.curate import Surroundings, curate
from rft.datasets.items import Container, Shape
from rft.datasets.keys import folded_key
from rft.datasets.sources.containers import open_reading
from rft.datasets.splitting import number_of, split_of
from rft.datasets.version import code_version
from rft.errors import DatasetUnreadable
from rft.keys import Split
from rft.schemas import Manifest, Quarantined
from rft.tasks import Splits
from rft.training.sft import SupervisedFirst
from tests.unit.datasets.made import TASK, contents, good, made, record, with_data

LINES = st.lists(
    st.sampled_from([b"", b" ", b"x", b"[1]", b'{"messages": []}', b"\xff\xfe", b'{"a": 1, "a": 2}'])
    | st.binary(max_size=20).map(lambda data: data.replace(b"\0", b"").replace(b"\n", b""))
    | st.builds(lambda text, key: record(text, id=key), st.sampled_from("abcdefgh"), st.sampled_from(["1", "2", "3"]))
    | st.builds(lambda text: record(text), st.text(max_size=5)),
    max_size=30,
)


def test_a_good_file_becomes_a_version(tmp_path: Path) -> None:
    curated = made(good(300), tmp_path)
    manifest = curated.manifest
    assert curated.accepted
    assert (manifest.records, manifest.quarantined, manifest.problems) == (300, 0, [])
    names = ("train.jsonl", "validation.jsonl", "test.jsonl", "quarantine.jsonl", "report.html", "manifest.json")
    assert set(curated.files) == {f"datasets/sums/{manifest.version}/{name}" for name in names}
    assert list(curated.files)[-1] == curated.manifest_key == f"datasets/sums/{manifest.version}/manifest.json"
    assert msgspec.json.decode(curated.files[curated.manifest_key].read_bytes(), type=Manifest) == manifest
    assert "Accepted: this version may train." in curated.files[manifest.report_key].read_text(encoding="utf-8")
    for split in Split:
        file = manifest.splits[split]
        assert len(curated.files[file.key].read_bytes()) == file.bytes
        assert len(curated.files[file.key].read_bytes().splitlines()) == file.records
    assert curated.message == (
        f"300 records: {manifest.splits['train'].records} train, {manifest.splits['validation'].records} validation, "
        f"{manifest.splits['test'].records} test, 0 quarantined."
    )


def test_the_same_bytes_give_the_same_manifest_packed_or_not(tmp_path: Path) -> None:
    data = good(150) + b"broken\n"
    one, two = made(data, tmp_path / "1"), made(data, tmp_path / "2")
    packed = made(gzip.compress(data, mtime=0), tmp_path / "3")
    assert msgspec.json.encode(one.manifest) == msgspec.json.encode(two.manifest)
    assert packed.manifest.version == one.manifest.version
    assert packed.manifest.source_sha256 != one.manifest.source_sha256
    assert made(good(151), tmp_path / "4").manifest.version != one.manifest.version


def items(data: bytes) -> list[bytes]:
    """Return the records of a file as the readers cut it, without empty lines at the end."""
    found = [item.data for item in open_reading(io.BytesIO(data))]
    while found and not found[-1].strip(b" \t\r\n") and open_reading(io.BytesIO(data)).container is Container.JSONL:
        found.pop()
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200)
@given(lines=LINES, end=st.sampled_from([b"", b"\n", b"\r\n", b"\n\n \n"]), start=st.sampled_from([b"", b"{}\n", b"["]))
def test_nothing_is_lost(tmp_path: Path, lines: list[bytes], end: bytes, start: bytes) -> None:
    data = start + b"\n".join(lines) + end
    try:
        curated = made(data, tmp_path)
        originals = items(data)
    except DatasetUnreadable:
        return
    found = contents(curated)
    manifest = curated.manifest
    kept = sum(file.records for file in manifest.splits.values())
    assert manifest.examples == kept + manifest.quarantined == len(originals) == manifest.records
    quarantined = [msgspec.json.decode(line, type=Quarantined) for line in found["quarantine.jsonl"]]
    assert len(quarantined) == manifest.quarantined == sum(manifest.quarantined_by.values())
    assert [item.record for item in quarantined] == sorted(item.record for item in quarantined)
    for item in quarantined:
        assert base64.b64decode(item.original) == originals[item.record - 1]
    refused = {item.record for item in quarantined}
    accepted = [line for number, line in enumerate(originals, 1) if number not in refused]
    records = [json.loads(line) for name in ("train", "validation", "test") for line in found[f"{name}.jsonl"]]
    ids = [record["id"] for record in records]
    assert len(set(ids)) == len(ids) == len(accepted)
    if manifest.profile.container is Container.CSV or manifest.profile.shape is not Shape.PROMPTS:
        return

    def plain(record: dict[str, Any]) -> str:
        kept = {name: value for name, value in record.items() if name not in ("id", "original")}
        for message in kept["messages"]:
            message["content"] = unicodedata.normalize("NFC", message["content"].replace("\r\n", "\n")).strip()
        return json.dumps(kept, sort_keys=True).replace("\\r", "\\n")

    assert sorted(map(plain, records)) == sorted(plain(json.loads(line)) for line in accepted)


class Dribble:
    """A stream that hands out a few bytes at a time."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._stream, self._sizes, self._turn = io.BytesIO(data), sizes, 0

    def read(self, size: int, /) -> bytes:
        self._turn += 1
        return self._stream.read(min(size, self._sizes[self._turn % len(self._sizes)]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(lines=LINES, sizes=st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_the_same_bytes_give_the_same_version_however_they_come(
    tmp_path: Path, lines: list[bytes], sizes: list[int]
) -> None:
    data = b'{"messages": []}\n' + b"\n".join(lines)
    (tmp_path / "1").mkdir(exist_ok=True)
    one = curate(Dribble(data, sizes), task=TASK, work=tmp_path / "1", around=Surroundings(code_version="1"))
    assert one.manifest == made(data, tmp_path / "2").manifest


def test_a_bad_line_in_a_good_file_is_named_and_the_run_goes_on(tmp_path: Path) -> None:
    lines = good(300).splitlines()
    lines[16] = b'{"messages": [{"role": "user", "content": "x"}'
    curated = made(b"\n".join(lines), tmp_path)
    assert curated.accepted
    assert "1 quarantined. Line 17: not JSON at character 47" in curated.message
    assert "(bad-json)" in curated.message


def test_a_record_stays_in_its_split_when_others_come(tmp_path: Path) -> None:
    small, large = made(good(200), tmp_path / "1"), made(good(600, start=0), tmp_path / "2")
    for name, lines in contents(small).items():
        assert set(lines) <= set(contents(large)[name])
    shuffled = good(200).splitlines(keepends=True)
    random.Random(1).shuffle(shuffled)
    again = made(b"".join(shuffled), tmp_path / "3")
    assert {name: set(lines) for name, lines in contents(again).items()} == {
        name: set(lines) for name, lines in contents(small).items()
    }


def test_equal_prompts_stay_together_whatever_is_around_them(tmp_path: Path) -> None:
    variants = ["What is THIS? n", "  what is this? n", "What\nis this?\tN", "What is \n this?  n"]
    system = {"role": "system", "content": "Answer."}
    data = b"\n".join(
        json.dumps({"messages": [*([system] if i % 2 else []), {"role": "user", "content": f"{variant}{n}"}]}).encode()
        for n in range(40)
        for i, variant in enumerate(variants)
    )
    for name, lines in contents(made(data, tmp_path)).items():
        if name != "quarantine.jsonl":
            prompts = [folded_key(json.loads(line)["messages"][-1]["content"]) for line in lines]
            assert all(prompts.count(prompt) == len(variants) for prompt in prompts)
    assert folded_key("Caf\u00e9") == folded_key("cafe\u0301")
    assert folded_key("A b\u00a0c") == folded_key("\u2003a  b\tc\r\n") != folded_key("abc")


def test_shares_are_kept_and_test_depends_on_its_share_alone() -> None:
    keys = [folded_key(f"prompt {i}") for i in range(20_000)]
    splits = [split_of(key, Splits(validation=0.1, test=0.2)) for key in keys]
    assert abs(splits.count(Split.TEST) / 20_000 - 0.2) < 0.01
    assert abs(splits.count(Split.VALIDATION) / 20_000 - 0.1) < 0.01
    other = [split_of(key, Splits(validation=0.3, test=0.2)) for key in keys]
    assert [s is Split.TEST for s in splits] == [s is Split.TEST for s in other]
    assert {split_of(key, Splits(validation=0.0, test=0.0)) for key in keys} == {Split.TRAIN}


@given(st.lists(st.integers(0, 2**64 - 1) | st.sampled_from([0, 2**64 - 1, 2**63, 2**64 // 5, 2**64 // 5 + 1])))
def test_splits_of_many_keys_are_those_of_each(keys: list[int]) -> None:
    shares = Splits(validation=0.1, test=0.2)
    assert number_of(np.array(keys, np.uint64), shares).tolist() == [number_of(key, shares) for key in keys]


def test_repeated_ids_are_refused_and_missing_ones_are_made(tmp_path: Path) -> None:
    data = b"\n".join([record("a", id="x"), record("b", id="x"), record("c"), record("c"), record("d")])
    curated = made(data, tmp_path)
    found = contents(curated)
    refused = [msgspec.json.decode(line, type=Quarantined) for line in found.pop("quarantine.jsonl")]
    assert [(item.line, item.code) for item in refused] == [(2, "duplicate-id"), (4, "exact-duplicate")]
    assert refused[1].reason == "the record says what line 3 says; keep one of the two"
    ids = sorted(json.loads(line)["id"] for lines in found.values() for line in lines)
    assert len(set(ids)) == 3
    assert sum(identity.startswith("r-") for identity in ids) == 2


def test_duplicates_that_are_let_in_get_ids_of_their_own(tmp_path: Path) -> None:
    task = with_data(checks={Code.EXACT_DUPLICATE: Severity.WARN})
    found = contents(made(b"\n".join([record("c")] * 3), tmp_path, task))
    assert found.pop("quarantine.jsonl") == []
    ids = sorted(json.loads(line)["id"] for lines in found.values() for line in lines)
    assert [identity[18:] for identity in ids] == ["", "-2", "-3"]


@pytest.mark.parametrize(
    ("data", "hints"),
    [
        (b"", ["no records"]),
        (b"\n\r\n \n", ["no records"]),
        (good(50), ["Bedrock needs at least 100; add", "the gate needs 20"]),
        (b"prompt,b\n" + b",2\n" * 20, ["20 of 20 records are refused", "Line 2: there is no prompt"]),
        (good(300) + b"broken\n" * 40, ["40 of 340 records", "All 40 refused records: datasets/sums/"]),
    ],
)
def test_files_that_may_not_train_say_why_and_what_to_do(data: bytes, hints: list[str], tmp_path: Path) -> None:
    curated = made(data, tmp_path)
    assert not curated.accepted
    assert curated.message.startswith("Dataset rejected:")
    for hint in hints:
        assert hint in curated.message


def test_a_long_line_of_spaces_is_not_taken_for_the_end(tmp_path: Path) -> None:
    curated = made(good(300) + b" " * (2 << 20) + b"x\n\n", tmp_path)
    assert (curated.manifest.records, curated.manifest.quarantined) == (301, 1)
    assert "Line 301: the record has 2,097,153 bytes" in curated.message


def test_empty_lines_are_listed_but_no_reason_to_reject(tmp_path: Path) -> None:
    curated = made(good(300).replace(b"\n", b"\n\n"), tmp_path)
    assert curated.accepted
    assert curated.manifest.quarantined == 299


def test_limits_are_those_of_what_bedrock_receives() -> None:
    def problems(train: int, validation: int, test: int) -> str:
        counts = {Split.TRAIN: train, Split.VALIDATION: validation, Split.TEST: test}
        found = limits.over_limits(counts, bad=0, examples=train + validation + test, task=TASK)
        return " ".join(f"{one.message}; {one.fix}" for one in found)

    assert problems(18_000, 2_000, 9_000) == ""
    assert "20,001 records for training and validation" in problems(18_000, 2_001, 9_000)
    assert problems(100, 10, 20) == ""
    assert "99 of 129 accepted records are left to train on" in problems(99, 10, 20)
    assert "add 2 or more" in problems(99, 10, 20)
    assert "19 records are held out" in problems(100, 10, 19)


def test_a_file_that_shows_nothing_is_refused_where_a_supervised_job_comes_first(tmp_path: Path) -> None:
    first = replace(TASK, sft=SupervisedFirst(first=True))
    curated = made(good(300), tmp_path, task=first)
    assert not curated.accepted
    assert "The train split shows 0 answers to imitate, and a supervised job needs 100; drop" in curated.message
    assert "first = false in [sft] of tasks/" in curated.message
    assert made(good(300), tmp_path).accepted


@pytest.mark.parametrize(("answers", "accepted"), [(60, False), (300, True)])
def test_answers_are_counted_where_a_supervised_job_comes_first(tmp_path: Path, answers: int, accepted: bool) -> None:
    first = replace(TASK, sft=SupervisedFirst(first=True))
    records = [
        {
            "prompt": f"What comes after {number}?",
            "completion": str(number + 1) if number < answers else f"User: {number}",
        }
        for number in range(300)
    ]
    content = "".join(f"{json.dumps(one)}\n" for one in records).encode()
    curated = made(content, tmp_path, task=first)
    found = [one for one in curated.manifest.findings if one.code == Code.TOO_LITTLE_TO_IMITATE]
    assert (curated.accepted, [one.severity for one in found]) == (accepted, [] if accepted else [Severity.REJECT])
    if found:
        assert 0 < found[0].count <= answers
        assert "more hold a word that Bedrock reserves" in found[0].message


def test_the_code_version_is_stable_within_a_checkout() -> None:
    assert code_version() == code_version()
    assert len(code_version()) == 12
