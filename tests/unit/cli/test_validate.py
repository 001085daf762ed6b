"""``rft validate``: what a person learns about a file, and what a script gets; no AWS is asked."""

import gzip
import io
import json
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from rft.cli import target as target_module
from rft.cli.validate import ANY_TASK
from rft.datasets.curate import Surroundings, curate
from rft.datasets.version import code_version
from rft.json_text import json_text
from tests.unit.cli.helpers import Outcome

Rft = Callable[..., Outcome]
ROOT = Path(__file__).parents[3]
ARITHMETIC = ROOT / "tasks" / "arithmetic" / "data" / "arithmetic.jsonl"


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_module, "connect", lambda *_, **__: pytest.fail("AWS was asked"))


def test_a_good_file_is_accepted_and_its_version_kept(rft: Rft, tmp_path: Path) -> None:
    outcome = rft("validate", str(ARITHMETIC), "--task", "arithmetic", "--out", str(tmp_path))
    assert outcome.code == 0
    assert "accepted: 600 records of shape prompts" in outcome.out
    assert "600 examples = " in outcome.out
    (folder,) = tmp_path.iterdir()
    assert {path.name for path in folder.iterdir()} >= {
        "train.jsonl",
        "test.jsonl",
        "quarantine.jsonl",
        "manifest.json",
    }
    assert json.loads((folder / "manifest.json").read_text())["version"] == folder.name
    assert f"report: {folder / 'report.html'}\n" in outcome.out
    assert "arithmetic: dataset accepted" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_file_that_names_logs_is_checked_for_its_form(rft: Rft, tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "app.logs.json"
    path.write_text('{"s3_uri": "s3://logs/app", "max_records": 500}')
    outcome = rft("validate", str(path), *options)
    assert outcome.code == 0
    assert "the workflow reads the logs below s3://logs/app" in outcome.out
    path.write_text('{"s3_uri": "s3://logs/app", "max_records": 5}')
    outcome = rft("validate", str(path), *options)
    assert outcome.code == 1
    assert "max_records" in outcome.out


def test_the_laptop_says_what_the_workflow_says(rft: Rft, tmp_path: Path) -> None:
    data = ARITHMETIC.read_bytes() + b"broken\n"
    path = tmp_path / "mine.jsonl.gz"
    path.write_bytes(gzip.compress(data, mtime=0))
    outcome = rft("validate", str(path), "--json", "--out", str(tmp_path / "out"))
    said = json.loads(outcome.out)
    (tmp_path / "work").mkdir()
    around = Surroundings(code_version=code_version())
    curated = curate(io.BytesIO(path.read_bytes()), task=ANY_TASK, work=tmp_path / "work", around=around)
    assert said["manifest"] == json.loads(json_text(curated.manifest))
    assert (said["accepted"], said["message"]) == (True, curated.message)
    for file in curated.files.values():
        assert (Path(said["folder"]) / file.name).read_bytes() == file.read_bytes()


def test_a_bad_file_is_rejected_with_the_lines_to_mend(rft: Rft, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "a[b]"}]}\n{"messages": []}\n')
    outcome = rft("validate", str(path))
    assert outcome.code == 1
    assert "rejected: 2 records" in outcome.out
    assert "Line 2: " in outcome.out
    assert "too-few-train" in outcome.out


def test_an_unreadable_file_is_rejected_in_one_sentence(rft: Rft, tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(b"PK\x03\x04 and so on")
    outcome = rft("validate", str(path))
    assert outcome.code == 1
    assert "Dataset rejected: the file is a zip archive" in outcome.out
    said = json.loads(rft("validate", str(path), "--json").out)
    assert (said["accepted"], said["manifest"]) == (False, None)


def test_calls_that_cannot_be_are_told_apart_from_bad_files(rft: Rft, tmp_path: Path) -> None:
    missing = rft("validate", str(tmp_path / "none.jsonl"))
    assert (missing.code, "no such file" in missing.err) == (2, True)
    folder = rft("validate", str(tmp_path))
    assert (folder.code, "is a folder" in folder.err) == (2, True)
    unknown = rft("validate", str(ARITHMETIC), "--task", "poetry")
    assert (unknown.code, "no task poetry; known tasks: arithmetic, " in unknown.err) == (2, True)


def test_a_full_disk_is_told_with_the_way_out(rft: Rft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))  # bytes of a file; a write beyond fails as a full disk
    try:
        outcome = rft("validate", str(ARITHMETIC))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert outcome.code == 2
    assert f"{tmp_path}" in outcome.err
    assert "set TMPDIR to a folder with room" in outcome.err
    assert not list(tmp_path.iterdir())
