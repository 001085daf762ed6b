"""``rft dataset diff`` on folders of this machine: what a person reads, what a script gets, with which exit code."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rft.cli import target as target_module
from tests.unit.cli.helpers import Outcome

Rft = Callable[..., Outcome]
ARITHMETIC = (Path(__file__).parents[3] / "tasks" / "arithmetic" / "data" / "arithmetic.jsonl").read_bytes()


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_module, "connect", lambda *_, **__: pytest.fail("AWS was asked"))


@pytest.fixture
def made(rft: Rft, tmp_path: Path) -> Callable[[bytes], str]:
    """Return what validates a file and returns the folder of its version."""

    def make(data: bytes) -> str:
        file = tmp_path / "data.jsonl"
        file.write_bytes(data)
        said = json.loads(rft("validate", str(file), "--json", "--out", str(tmp_path / "out")).out)
        return str(said["folder"])

    return make


def changed(data: bytes) -> bytes:
    """Return the file with a record less, another answer, two new records and two broken lines."""
    lines = data.splitlines(keepends=True)
    answer = json.loads(lines[1])
    lines[1] = json.dumps({**answer, "reference_answer": "none"}).encode() + b"\n"
    new = [json.dumps({"messages": [{"role": "user", "content": f"How are you {n}?"}]}).encode() + b"\n" for n in "ab"]
    return b"".join([*lines[1:], *new, b"broken\n", b"\xff\n"])


def test_a_version_has_not_changed_from_itself(rft: Rft, made: Callable[[bytes], str]) -> None:
    folder = made(ARITHMETIC)
    outcome = rft("dataset", "diff", folder, f"{folder}/manifest.json")
    assert outcome.code == 0
    assert outcome.out == f"{Path(folder).name} -> {Path(folder).name}: nothing changed\n"


def test_what_changed_is_told(rft: Rft, made: Callable[[bytes], str]) -> None:
    outcome = rft("dataset", "diff", made(ARITHMETIC), made(changed(ARITHMETIC)))
    assert outcome.code == 1
    said = outcome.out.splitlines()
    assert said[0].endswith(": different")
    assert "records: 598 kept, 0 moved, 1 changed, 2 added, 1 removed" in said
    assert any(line.startswith("  changed: ") and line.count(" line ") == 1 for line in said)
    assert any(line.startswith("  removed, as it was: ") for line in said)
    assert "quarantine: 0 kept, 2 entered, 0 left" in said
    assert "  quarantined, bad-json: 0 -> 1" in said
    assert any(line.startswith("  + bad-encoding (1): ") for line in said)
    assert "settings:" not in said


def test_what_changed_is_told_to_scripts(rft: Rft, made: Callable[[bytes], str]) -> None:
    before, after = made(ARITHMETIC), made(changed(ARITHMETIC))
    outcome = rft("dataset", "diff", before, after, "--json")
    assert outcome.code == 1
    said = json.loads(outcome.out)
    assert (said["before"], said["after"], said["same"]) == (Path(before).name, Path(after).name, False)
    assert {name: said["records"][name] for name in ("kept", "changed", "added", "removed")} == {
        "kept": 598,
        "changed": 1,
        "added": 2,
        "removed": 1,
    }
    assert said["quarantine"] == {"kept": 0, "entered": 2, "left": 0}
    backwards = json.loads(rft("dataset", "diff", after, before, "--json").out)
    assert (backwards["records"]["added"], backwards["records"]["removed"]) == (1, 2)


def test_a_quarantine_that_was_forgotten_is_told(rft: Rft, made: Callable[[bytes], str]) -> None:
    before, after = made(ARITHMETIC), made(changed(ARITHMETIC))
    (Path(after) / "quarantine.jsonl").unlink()
    outcome = rft("dataset", "diff", before, after)
    assert outcome.code == 1
    assert "quarantine: no longer there, so that it cannot be compared" in outcome.out


def test_calls_that_cannot_be_name_the_fix(rft: Rft, made: Callable[[bytes], str], tmp_path: Path) -> None:
    folder = made(ARITHMETIC)
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "other.json").write_text('{"task": 1}')
    (tmp_path / "binary.json").write_bytes(b"\xff\x00")
    for which, said in (
        ("nowhere", "no such folder, and no id of a version"),
        (str(empty), "holds no manifest.json"),
        (str(tmp_path / "other.json"), "is no manifest of this version of rft: Expected `str`, got `int`"),
        (str(tmp_path / "binary.json"), "is no manifest of this version of rft"),
    ):
        outcome = rft("dataset", "diff", folder, which)
        assert outcome.code == 2, which
        assert said in outcome.err


def test_a_version_that_was_damaged_is_told_with_its_line(rft: Rft, made: Callable[[bytes], str]) -> None:
    before, after = made(ARITHMETIC), made(changed(ARITHMETIC))
    file = Path(before) / "train.jsonl"
    file.write_bytes(file.read_bytes() + b"{}\n")
    lines = file.read_bytes().count(b"\n")
    outcome = rft("dataset", "diff", before, after)
    assert outcome.code == 2
    assert f"line {lines} of train.jsonl is none that `rft validate` wrote" in outcome.err
    shutil.move(file, file.with_suffix(".gone"))
    outcome = rft("dataset", "diff", before, after)
    assert (outcome.code, "train.jsonl" in outcome.err) == (2, True)
