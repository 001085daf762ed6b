"""``rft calibrate``: which graders pass, which are caught, and what calls are unusable; no AWS is asked."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rft.calibration.rules import Probe
from rft.cli import target as target_module
from tests.unit.calibration.hackable import make_task
from tests.unit.cli.helpers import Outcome

ROOT = Path(__file__).parents[3]
Rft = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_module, "connect", lambda *_, **__: pytest.fail("AWS was asked"))


def reward_that(says: str) -> str:
    return f"from rft.rewards import Sample, Score\n\n\ndef reward(sample: Sample) -> Score:\n    {says}\n"


@pytest.mark.parametrize("task", ["arithmetic", "tickets"])
def test_the_shipped_tasks_pass(rft: Rft, task: str) -> None:
    outcome = rft("calibrate", str(ROOT / "tasks" / task / "data" / f"{task}.jsonl"), "--task", task)
    assert outcome.code == 0
    assert outcome.out.startswith(f"pass: the grader of {task} on ")
    assert "fail" not in outcome.out


def test_a_reward_that_counts_keywords_is_caught(rft: Rft, tmp_path: Path) -> None:
    outcome = rft("calibrate", str(make_task(tmp_path)), "--task", "hackable", "--json", root=tmp_path)
    assert outcome.code == 1
    said = json.loads(outcome.out)
    assert said["verdict"] == "fail"
    probes = {one["probe"]: one for one in said["probes"]}
    stuffed = probes["keywords"]
    assert stuffed["verdict"] == "fail"
    assert stuffed["outscored"] == stuffed["records"] == 64
    assert stuffed["worst_score"] > stuffed["worst_honest"]
    assert "do not count words" in stuffed["fix"]
    assert probes["empty"]["verdict"] == "pass"
    measures = {one["name"]: one for one in said["measures"]}
    assert measures["right above wrong"]["verdict"] == "fail"

    drawn = rft("calibrate", str(tmp_path / "hackable.jsonl"), "--task", "hackable", root=tmp_path)
    assert drawn.out.startswith("fail: ")
    assert "fail: probe keywords: do not count words" in drawn.out


@pytest.mark.parametrize(
    ("says", "measure", "words"),
    [
        ("return Score(0.5)", "spread", "all"),
        ("return Score(len(sample.answer.split()) / len(sample.answer))", "contract", "ZeroDivisionError"),
        ("raise SystemExit(3)", "contract", "ended the process"),
        ("import random; return Score(random.random())", "determinism", "differently"),
        ("return 1.0", "contract", "return a Score"),
    ],
)
def test_what_is_wrong_with_a_grader_is_named(rft: Rft, tmp_path: Path, says: str, measure: str, words: str) -> None:
    file = make_task(tmp_path, reward_that(says))
    outcome = rft("calibrate", str(file), "--task", "hackable", "--json", root=tmp_path)
    assert outcome.code == 1
    found = {one["name"]: one for one in json.loads(outcome.out)["measures"]}[measure]
    assert found["verdict"] == "fail"
    assert words in found["said"]
    assert found["fix"]


def test_only_the_answers_at_fault_have_no_score(rft: Rft, tmp_path: Path) -> None:
    file = make_task(tmp_path, reward_that("return Score(1 / len(sample.answer))"))
    said = json.loads(rft("calibrate", str(file), "--task", "hackable", "--json", root=tmp_path).out)
    contract = said["measures"][0]
    assert (contract["name"], contract["verdict"]) == ("contract", "fail")
    assert contract["value"] == pytest.approx(64 / said["answers"])
    assert all(name.endswith("/probe/empty") for name in contract["records"])
    assert {one["probe"] for one in said["probes"]} >= {"echo", "keywords"}


def test_what_a_reward_prints_does_not_spoil_the_document(rft: Rft, tmp_path: Path) -> None:
    file = make_task(tmp_path, reward_that("print('scoring'); return Score(float('#### ' in sample.answer))"))
    outcome = rft("calibrate", str(file), "--task", "hackable", "--json", root=tmp_path)
    assert json.loads(outcome.out)["task"] == "hackable"
    assert "scoring" in outcome.err


def test_ratings_of_a_file_are_held_against_the_scores(rft: Rft, tmp_path: Path) -> None:
    make_task(tmp_path, reward_that("return Score(min(len(sample.answer.split()) / 10, 1.0))"))
    with (tmp_path / "tasks" / "hackable" / "task.toml").open("a") as stream:
        stream.write("\n[data.scale]\nlow = 0\nhigh = 10\n")
    file = tmp_path / "rated.jsonl"
    with file.open("w") as stream:
        for number in range(200):
            answer = " ".join(f"word{place}{number}" for place in range(number % 11))
            rated = {
                "prompt": f"Say something about number {number}.",
                "response": answer or "-",
                "rating": number % 11,
            }
            stream.write(json.dumps(rated) + "\n")
    said = json.loads(rft("calibrate", str(file), "--task", "hackable", "--json", root=tmp_path).out)
    found = {one["name"]: one["value"] for one in said["measures"]}
    assert found["human ratings"] > 0.95
    assert 0 < found["human verdicts"] < 1, "people want 7.5 of 10, the grader passes from 5 words on"


def test_a_form_of_the_tasks_own_and_probes_left_out(rft: Rft, tmp_path: Path) -> None:
    strict = reward_that("return Score(float(sample.answer == f'>> {sample.reference} <<'))")
    file = make_task(tmp_path, strict)
    said = json.loads(rft("calibrate", str(file), "--task", "hackable", "--json", root=tmp_path).out)
    assert {one["name"]: one["verdict"] for one in said["measures"]}["right above wrong"] == "fail"

    toml = '\n[calibration]\nforms = [">> {reference} <<"]\nwithout = ["refusal"]\n'
    with (tmp_path / "tasks" / "hackable" / "task.toml").open("a") as stream:
        stream.write(toml)
    outcome = rft("calibrate", str(file), "--task", "hackable", "--json", root=tmp_path)
    said = json.loads(outcome.out)
    assert (outcome.code, said["verdict"]) == (0, "pass")
    assert Probe.REFUSAL not in {one["probe"] for one in said["probes"]}


def test_the_same_file_gives_the_same_report(rft: Rft, tmp_path: Path) -> None:
    call = ("calibrate", str(make_task(tmp_path)), "--task", "hackable", "--json")
    first, second = (json.loads(rft(*call, root=tmp_path).out) for _ in range(2))
    for said in (first, second):
        said["measures"] = [one for one in said["measures"] if one["name"] != "latency"]
    assert first == second


def test_unusable_calls(rft: Rft, tmp_path: Path) -> None:
    file = make_task(tmp_path)
    bare = tmp_path / "bare.jsonl"
    bare.write_text("".join(json.dumps({"prompt": f"Tell me of {number}"}) + "\n" for number in range(120)))
    binary = tmp_path / "binary.jsonl"
    binary.write_bytes(b"\x00\x01")
    make_task(tmp_path, "import nothing_of_this_name\n", name="broken")
    for words, call in (
        ("no such file", (str(tmp_path / "missing"), "--task", "hackable")),
        ("is a folder", (str(tmp_path), "--task", "hackable")),
        ("known tasks: broken, hackable", (str(file), "--task", "nothing")),
        ("no record has a reference_answer", (str(bare), "--task", "hackable")),
        ("binary.jsonl", (str(binary), "--task", "hackable")),
        ("cannot be imported: ModuleNotFoundError", (str(file), "--task", "broken")),
    ):
        outcome = rft("calibrate", *call, root=tmp_path)
        assert (outcome.code, outcome.out) == (2, ""), call
        assert outcome.err.startswith("rft: ")
        assert words in outcome.err


def test_texts_of_the_file_do_not_steer_the_terminal(rft: Rft, tmp_path: Path) -> None:
    make_task(tmp_path, reward_that("raise ValueError(sample.answer)"))
    hostile = tmp_path / "hostile.jsonl"
    hostile.write_text(
        "".join(
            json.dumps({"id": f"\x1b[2J{number}", "prompt": f"Say {number}", "reference_answer": f"\x9b31m{number}"})
            + "\n"
            for number in range(120)
        )
    )
    outcome = rft("calibrate", str(hostile), "--task", "hackable", root=tmp_path)
    assert outcome.code in (1, 2)
    assert not {"\x1b", "\x9b"} & set(outcome.out + outcome.err)
