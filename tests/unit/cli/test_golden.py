"""``rft golden``: shipped samples hold, drift is named, recording writes what checking accepts; no AWS is asked."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rft.cli import target as target_module
from rft.tasks import load_tasks
from tests.unit.cli.helpers import Outcome

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(name for name, task in load_tasks(ROOT / "tasks").items() if task.golden)
Rft = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_module, "connect", lambda *_, **__: pytest.fail("AWS was asked"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a project whose task ``sums`` is arithmetic."""
    shutil.copytree(ROOT / "tasks" / "arithmetic", tmp_path / "tasks" / "sums")
    return tmp_path / "tasks" / "sums"


def shift(folder: Path) -> None:
    reward = folder / "reward.py"
    reward.write_text(reward.read_text().replace("RIGHT = 0.6", "RIGHT = 0.5"))


@pytest.mark.parametrize("task", SHIPPED)
def test_the_shipped_samples_hold(rft: Rft, task: str) -> None:
    outcome = rft("golden", "check", "--task", task)
    assert outcome.code == 0
    assert outcome.out.startswith("15 golden samples: the furthest moved by 0")


def test_at_least_the_two_shipped_rewards_in_python_have_samples() -> None:
    assert {"arithmetic", "tickets"} <= set(SHIPPED)


def test_a_shifted_score_is_named_and_recorded(rft: Rft, copy: Path) -> None:
    root = copy.parents[1]
    shift(copy)
    outcome = rft("golden", "check", "--task", "sums", "--json", root=root)
    assert outcome.code == 1
    said = json.loads(outcome.out)
    assert {one["id"] for one in said["check"]["moved"]} == {
        "right-in-a-sentence",
        "right-boxed",
        "right-in-other-digits",
    }
    assert "`rft golden record --task sums`" in said["said"]
    drawn = rft("golden", "check", "--task", "sums", root=root)
    assert drawn.code == 1
    assert "right-boxed" in drawn.out

    written = rft("golden", "record", "--task", "sums", "--json", root=root)
    assert written.code == 0
    changed = json.loads(written.out)["changed"]
    assert {(one["before"], one["now"]) for one in changed} == {(0.6, 0.5)}
    assert len(changed) == 3
    assert rft("golden", "check", "--task", "sums", root=root).code == 0


def test_recording_twice_changes_nothing(rft: Rft, copy: Path) -> None:
    before = (copy / "golden.jsonl").read_bytes()
    outcome = rft("golden", "record", "--task", "sums", root=copy.parents[1])
    assert outcome.code == 0
    assert "15 samples, 0 scores changed" in outcome.out
    assert (copy / "golden.jsonl").read_bytes() == before


def test_samples_may_come_from_a_file_without_scores(rft: Rft, copy: Path) -> None:
    (copy / "golden.jsonl").unlink()
    file = copy.parent / "mine.jsonl"
    asked = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "#### 4"}]
    file.write_text(json.dumps({"id": "mine", "messages": asked, "reference_answer": "4"}))
    assert rft("golden", "record", str(file), "--task", "sums", root=copy.parents[1]).code == 0
    assert json.loads((copy / "golden.jsonl").read_text())["score"] == 1.0


def test_a_grader_that_raises_is_quoted_and_nothing_is_written(rft: Rft, copy: Path) -> None:
    before = (copy / "golden.jsonl").read_bytes()
    (copy / "reward.py").write_text("def reward(sample):\n    raise KeyError('no such column')\n")
    for command in ("check", "record"):
        outcome = rft("golden", command, "--task", "sums", "--json", root=copy.parents[1])
        assert outcome.code == 1
        assert "right-in-the-form/golden" in json.loads(outcome.out)["said"]
        assert "no such column" in json.loads(outcome.out)["said"]
    drawn = rft("golden", "record", "--task", "sums", root=copy.parents[1])
    assert "nothing written: " in drawn.out
    assert (copy / "golden.jsonl").read_bytes() == before


def test_unusable_calls_name_the_fix(rft: Rft, copy: Path) -> None:
    root = copy.parents[1]
    missing = rft("golden", "record", "nowhere.jsonl", "--task", "sums", root=root)
    assert (missing.code, "no such file" in missing.err) == (2, True)
    (copy / "golden.jsonl").write_text("{}\n")
    damaged = rft("golden", "check", "--task", "sums", root=root)
    assert (damaged.code, "line 1: has no id" in damaged.err) == (2, True)
    toml = copy / "task.toml"
    toml.write_text(toml.read_text().split("[golden]")[0])
    there = rft("golden", "check", "--task", "sums", root=root)
    assert (there.code, "add the table [golden]" in there.err) == (2, True)
    (copy / "golden.jsonl").unlink()
    without = rft("golden", "check", "--task", "sums", root=root)
    assert (without.code, "has no golden samples" in without.err) == (2, True)
