"""``rft reward-model``: exit codes, the file it writes, and what a person reads; no AWS is asked."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rft.cli import target as target_module
from rft.rewards.model import RewardModel
from tests.unit.cli.helpers import Outcome
from tests.unit.reward_model.preferences import make_pairs

Rft = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_module, "connect", lambda *_, **__: pytest.fail("AWS was asked"))


def write(path: Path, count: int, **kinds) -> Path:
    with path.open("w") as file:
        for pair in make_pairs(count, **kinds):
            record = {"prompt": pair.prompt, "chosen": pair.better, "rejected": pair.worse, "topic": pair.category}
            file.write(json.dumps(record) + "\n")
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write(tmp_path / "good.jsonl", 400)


def test_a_model_is_trained_written_and_measured_on_others(rft: Rft, good: Path, tmp_path: Path) -> None:
    outcome = rft("reward-model", "train", str(good))
    assert outcome.code == 0
    assert outcome.out.startswith("accepted: the model beats chance and length")
    assert "400 pairs in the file" in outcome.out
    assert "the rule that the" in outcome.out
    path = tmp_path / "good.jsonl.reward-model"
    model = RewardModel.from_bytes(path.read_bytes())
    assert model.reward("A question", "happy to help, once more") > 0.5 > model.reward("A question", "not my problem")

    other = write(tmp_path / "other.jsonl", 100, seed=7)
    outcome = rft("reward-model", "evaluate", str(other), str(path), "--json")
    said = json.loads(outcome.out)
    assert outcome.code == 0
    assert said["refused"] == []
    assert said["held_out"]["pairs"] == 100
    assert said["held_out"]["accuracy"]["share"]["mean"] > 0.8
    assert said["model_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert said["training"] is None


def test_what_is_refused_is_not_written(rft: Rft, tmp_path: Path) -> None:
    path, target = write(tmp_path / "guesses.jsonl", 200, noise=0.5), tmp_path / "model"
    outcome = rft("reward-model", "train", str(path), "--out", str(target), "--json")
    assert outcome.code == 1
    said = json.loads(outcome.out)
    assert said["refused"]
    assert said["held_out"]["accuracy"]["share"]["low"] < 0.5
    assert not target.exists()


def test_a_refusal_says_why_in_its_first_line(rft: Rft, tmp_path: Path) -> None:
    outcome = rft("reward-model", "train", str(write(tmp_path / "few.jsonl", 20)))
    assert outcome.code == 1
    assert outcome.out.startswith("refused: ")
    assert "needs 50 pairs of 10 prompts at least" in outcome.out


def test_a_tasks_settings_count(rft: Rft, good: Path, tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    folder = tmp_path / "root" / "tasks" / "arithmetic"
    folder.mkdir(parents=True)
    for name in ("task.toml", "reward.py", "golden.jsonl"):
        (folder / name).write_bytes((root / "tasks" / "arithmetic" / name).read_bytes())
    toml = (folder / "task.toml").read_text()
    assert "[data" not in toml
    (folder / "task.toml").write_text(f'{toml}\n[data.curation]\ncategory = "topic"\n')
    call = ("reward-model", "train", str(good), "--task", "arithmetic", "--json")
    said = json.loads(rft(*call, root=tmp_path / "root").out)
    assert {hits["name"] for hits in said["held_out"]["by_category"]} >= {"soup", "a parcel"}


@pytest.mark.parametrize("data", [b"\x00\x01\x02", b'{"question": "2 + 2?", "answer": "4"}\n', b""])
def test_a_file_without_preferences_is_refused(rft: Rft, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.jsonl"
    path.write_bytes(data)
    outcome = rft("reward-model", "train", str(path), "--json")
    assert outcome.code == 1
    (reason,) = json.loads(outcome.out)["refused"]
    assert "other.jsonl" in reason


def test_unusable_calls(rft: Rft, good: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    for call in (
        ("train", str(missing)),
        ("train", str(tmp_path)),
        ("train", str(good), "--task", "nothing"),
        ("evaluate", str(good), str(missing)),
        ("evaluate", str(good), str(good)),
    ):
        outcome = rft("reward-model", *call)
        assert (outcome.code, outcome.out) == (2, ""), call
        assert outcome.err.startswith("rft: ")


def test_texts_of_the_file_do_not_steer_the_terminal(rft: Rft, tmp_path: Path) -> None:
    path = tmp_path / "hostile.jsonl"
    with path.open("w") as file:
        for pair in make_pairs(300, noise=0.2):
            record = {"prompt": pair.prompt, "chosen": f"\x1b[2J{pair.better}", "rejected": f"{pair.worse}\x9b31m"}
            file.write(json.dumps(record) + "\n")
    outcome = rft("reward-model", "train", str(path))
    assert not {"\x1b", "\x9b"} & set(outcome.out + outcome.err)


def test_a_leaning_to_the_answer_shown_first_is_said(rft: Rft, tmp_path: Path) -> None:
    path = tmp_path / "judged.jsonl"
    with path.open("w") as file:
        for number, pair in enumerate(make_pairs(200)):
            first, second = (pair.worse, pair.better) if number % 4 == 0 else (pair.better, pair.worse)
            record = {"prompt": pair.prompt, "response1": first, "response2": second}
            file.write(json.dumps(record | {"annotator1": 2 if number % 4 == 0 else 1}) + "\n")
    outcome = rft("reward-model", "train", str(path))
    assert "annotators prefer the answer shown first in 75.0% of 200 pairs (68.6% to 80.5%)" in outcome.out
