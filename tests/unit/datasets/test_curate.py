"""From a dropped file to a dataset version: nothing lost, nothing moved, the same bytes the same version."""

import base64
import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft.datasets import limits
from rft.datasets.curate import Curated, curate
from rft.datasets.splitting import normal_prompt, prompt_key, split_of
from rft.datasets.version import code_version
from rft.errors import DatasetUnreadable
from rft.keys import Split
from rft.schemas import Quarantined
from rft.tasks import GateRule, Grader, Model, Splits, Task

TASK = Task(
    name="sums",
    description="Teaches sums to a model",
    model=Model(base_model="amazon.nova-2-lite-v1:0:256k", baseline_inference_id="us.amazon.nova-2-lite-v1:0"),
    grader=Grader(reward="reward.py:reward"),
    splits=Splits(validation=0.1, test=0.2),
    gate=GateRule(min_records=20),
)
LINES = st.lists(
    st.sampled_from([b"", b" ", b"x", b"[1]", b'{"messages": []}', b"\xff\xfe", b'{"a": 1, "a": 2}'])
    | st.binary(max_size=20).map(lambda data: data.replace(b"\0", b"").replace(b"\n", b""))
    | st.builds(lambda text, key: record(text, id=key), st.sampled_from("abcdefgh"), st.sampled_from(["1", "2", "3"]))
    | st.builds(lambda text: record(text), st.text(max_size=5)),
    max_size=30,
)


def record(text: str, **more: Any) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": text}], **more}).encode()


def made(data: bytes, work: Path, task: Task = TASK) -> Curated:
    work.mkdir(exist_ok=True, parents=True)
    return curate(io.BytesIO(data), task=task, code_version="1", work=work)


def good(count: int, start: int = 0) -> bytes:
    return b"".join(
        record(f"What is {i} plus {i}?", id=f"s-{i}", reference_answer=str(2 * i)) + b"\n"
        for i in range(start, start + count)
    )


def contents(curated: Curated) -> dict[str, list[bytes]]:
    return {path.name: path.read_bytes().splitlines() for path in curated.files.values()}


def test_a_good_file_becomes_a_version(tmp_path: Path) -> None:
    curated = made(good(300), tmp_path)
    manifest = curated.manifest
    assert curated.accepted
    assert (manifest.lines, manifest.quarantined, manifest.problems) == (300, 0, [])
    assert set(curated.files) == {
        f"datasets/sums/{manifest.version}/{name}.jsonl" for name in ("train", "validation", "test", "quarantine")
    }
    assert curated.manifest_key == f"datasets/sums/{manifest.version}/manifest.json"
    for split in Split:
        file = manifest.splits[split]
        assert len(curated.files[file.key].read_bytes()) == file.bytes
        assert len(curated.files[file.key].read_bytes().splitlines()) == file.records
    assert curated.message == (
        f"300 lines: {manifest.splits['train'].records} train, {manifest.splits['validation'].records} validation, "
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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(lines=LINES, end=st.sampled_from([b"", b"\n", b"\r\n", b"\n\n \n"]))
def test_nothing_is_lost(tmp_path: Path, lines: list[bytes], end: bytes) -> None:
    data = b"\n".join(lines) + end
    try:
        curated = made(data, tmp_path)
    except DatasetUnreadable:
        return
    found = contents(curated)
    manifest = curated.manifest
    kept = sum(file.records for file in manifest.splits.values())
    assert manifest.lines == kept + manifest.quarantined
    originals = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    while originals and not originals[-1].strip(b" \t\r"):
        originals.pop()
    assert manifest.lines == len(originals)
    quarantined = [msgspec.json.decode(line, type=Quarantined) for line in found["quarantine.jsonl"]]
    assert len(quarantined) == manifest.quarantined
    for item in quarantined:
        assert base64.b64decode(item.original) == originals[item.line - 1]
    refused = {item.line for item in quarantined}
    accepted = [line for number, line in enumerate(originals, 1) if number not in refused]
    records = [json.loads(line) for name in ("train", "validation", "test") for line in found[f"{name}.jsonl"]]
    ids = [record["id"] for record in records]
    assert len(set(ids)) == len(ids) == len(accepted)

    def plain(record: dict[str, Any]) -> str:
        return json.dumps({name: value for name, value in record.items() if name != "id"}, sort_keys=True)

    assert sorted(map(plain, records)) == sorted(plain(json.loads(line)) for line in accepted)


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
    variants = ["What is THIS? n", "  what is this? n", "What\nis this?\tN", "What is this?  n"]
    system = {"role": "system", "content": "Answer."}
    data = b"\n".join(
        json.dumps({"messages": [*([system] if i % 2 else []), {"role": "user", "content": f"{variant}{n}"}]}).encode()
        for n in range(40)
        for i, variant in enumerate(variants)
    )
    for name, lines in contents(made(data, tmp_path)).items():
        if name != "quarantine.jsonl":
            prompts = [normal_prompt(json.loads(line)["messages"][-1]["content"]) for line in lines]
            assert all(prompts.count(prompt) == len(variants) for prompt in prompts)
    assert prompt_key("Caf\u00e9") == prompt_key("cafe\u0301")


def test_shares_are_kept_and_test_depends_on_its_share_alone() -> None:
    keys = [prompt_key(f"prompt {i}") for i in range(20_000)]
    splits = [split_of(key, Splits(validation=0.1, test=0.2)) for key in keys]
    assert abs(splits.count(Split.TEST) / 20_000 - 0.2) < 0.01
    assert abs(splits.count(Split.VALIDATION) / 20_000 - 0.1) < 0.01
    other = [split_of(key, Splits(validation=0.3, test=0.2)) for key in keys]
    assert [s is Split.TEST for s in splits] == [s is Split.TEST for s in other]
    assert {split_of(key, Splits(validation=0.0, test=0.0)) for key in keys} == {Split.TRAIN}


def test_repeated_ids_are_refused_and_missing_ones_are_made(tmp_path: Path) -> None:
    data = b"\n".join([record("a", id="x"), record("b", id="x"), record("c"), record("c"), record("d")])
    curated = made(data, tmp_path)
    found = contents(curated)
    refused = [msgspec.json.decode(line, type=Quarantined) for line in found.pop("quarantine.jsonl")]
    assert [(item.line, item.code) for item in refused] == [(2, "duplicate-id")]
    ids = sorted(json.loads(line)["id"] for lines in found.values() for line in lines)
    assert len(set(ids)) == 4
    assert sum(identity.startswith("r-") for identity in ids) == 3
    assert sum(identity.endswith("-2") for identity in ids) == 1


@pytest.mark.parametrize(
    ("data", "hints"),
    [
        (b"", ["no records"]),
        (b"\n\r\n \n", ["no records"]),
        (good(50), ["Bedrock needs at least 100; add", "the gate needs 20"]),
        (b"a,b,c\n1,2,3\n" * 10, ["20 of 20 lines are no prompt records", "Line 1: not JSON"]),
        (good(300) + b"broken\n" * 40, ["40 of 340 lines", "All 40 refused lines: datasets/sums/"]),
        (json.dumps([json.loads(line) for line in good(300).splitlines()], indent=1).encode(), ["turn an array"]),
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
    assert (curated.manifest.lines, curated.manifest.quarantined) == (301, 1)
    assert "Line 301: the line has 2,097,153 bytes" in curated.message


def test_empty_lines_are_listed_but_no_reason_to_reject(tmp_path: Path) -> None:
    curated = made(good(300).replace(b"\n", b"\n\n"), tmp_path)
    assert curated.accepted
    assert curated.manifest.quarantined == 299


def test_limits_are_those_of_what_bedrock_receives() -> None:
    def problems(train: int, validation: int, test: int) -> str:
        counts = {Split.TRAIN: train, Split.VALIDATION: validation, Split.TEST: test}
        return " ".join(limits.problems_of(counts, bad=0, lines=train + validation + test, task=TASK))

    assert problems(18_000, 2_000, 9_000) == ""
    assert "20,001 records for training and validation" in problems(18_000, 2_001, 9_000)
    assert problems(100, 10, 20) == ""
    assert "99 of 129 accepted records are left to train on" in problems(99, 10, 20)
    assert "add 2 or more" in problems(99, 10, 20)
    assert "19 records are held out" in problems(100, 10, 19)


def test_the_code_version_is_stable_within_a_checkout() -> None:
    assert code_version() == code_version()
    assert len(code_version()) == 12
