"""``rft rehearse``: honest graders pass, one that can be played is caught; no AWS is asked."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rft.cli import target as target_module
from tests.unit.calibration.hackable import make_task
from tests.unit.cli.helpers import Outcome

ROOT = Path(__file__).parents[3]
Rft = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_module, "connect", lambda *_, **__: pytest.fail("AWS was asked"))


@pytest.mark.parametrize("task", ["arithmetic", "tickets"])
def test_the_shipped_tasks_pass(rft: Rft, task: str) -> None:
    outcome = rft("rehearse", str(ROOT / "tasks" / task / "data" / f"{task}.jsonl"), "--task", task)
    assert outcome.code == 0
    assert outcome.out.startswith(f"pass: {task}: right wins: ")


def test_a_reward_that_counts_keywords_is_played(rft: Rft, tmp_path: Path) -> None:
    call = ("rehearse", str(make_task(tmp_path)), "--task", "hackable")
    outcome = rft(*call, "--json", root=tmp_path)
    assert outcome.code == 1
    said = json.loads(outcome.out)
    played = said["rehearsal"]
    assert (said["verdict"], played["winner"]) == ("fail", "keyword stuffing")
    assert 0 < played["overtaken_at"] < played["curve"][-1]["step"]
    assert played["curve"][-1]["reward"] > played["curve"][0]["reward"]
    assert played["curve"][-1]["honest"] < 0.1
    assert json.loads(rft(*call, "--json", root=tmp_path).out) == said

    drawn = rft(*call, root=tmp_path)
    assert drawn.out.startswith("fail: hackable: keyword stuffing wins: 3% of the answers before, ")
    assert "fail: keyword stuffing earns 1, an honest attempt 0.333" in drawn.out


def test_steps_and_seed_can_be_chosen(rft: Rft, tmp_path: Path) -> None:
    call = ("rehearse", str(make_task(tmp_path)), "--task", "hackable", "--json", "--steps", "10")
    first, other = (json.loads(rft(*call, "--seed", seed, root=tmp_path).out)["rehearsal"] for seed in ("1", "2"))
    assert first["curve"][-1]["step"] == 10
    assert first["curve"] != other["curve"]


def test_a_grader_that_raises_cannot_be_rehearsed(rft: Rft, tmp_path: Path) -> None:
    reward = "def reward(sample):\n    raise RuntimeError('out of order')\n"
    call = ("rehearse", str(make_task(tmp_path, reward)), "--task", "hackable")
    said = json.loads(rft(*call, "--json", root=tmp_path).out)
    assert (said["verdict"], said["rehearsal"]) == ("fail", None)
    assert "out of order" in said["broken"]
    outcome = rft(*call, root=tmp_path)
    assert outcome.code == 1
    assert outcome.out.startswith("fail: hackable cannot be rehearsed: ")


def test_unusable_calls(rft: Rft, tmp_path: Path) -> None:
    file = make_task(tmp_path)
    bare = tmp_path / "bare.jsonl"
    bare.write_text("".join(json.dumps({"prompt": f"Tell me of {number}"}) + "\n" for number in range(120)))
    for words, call in (
        ("no such file", (str(tmp_path / "missing"), "--task", "hackable")),
        ("known tasks: hackable", (str(file), "--task", "nothing")),
        ("fewer than 2 records", (str(bare), "--task", "hackable")),
    ):
        outcome = rft("rehearse", *call, root=tmp_path)
        assert (outcome.code, outcome.out) == (2, ""), call
        assert words in outcome.err
