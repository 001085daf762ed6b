"""The tasks that ship: their data is made by their script, trains, and their rewards pay for honest answers only."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rft.datasets.curate import Surroundings, curate
from rft.rewards import GraderError
from rft.rewards.entry import grade
from rft.tasks import load_task

ROOT = Path(__file__).parents[3]
TASKS = {"arithmetic": 600, "tickets": 400, "preferences": 500, "summaries": 300}


def data(task: str) -> bytes:
    return (ROOT / "tasks" / task / "data" / f"{task}.jsonl").read_bytes()


def records(task: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data(task).splitlines()]


def rewards(task: str, answers: list[tuple[dict[str, Any], str]]) -> list[float]:
    event = [
        {**record, "messages": [*record["messages"], {"role": "assistant", "content": text}]}
        for record, text in answers
    ]
    return [entry["aggregate_reward_score"] for entry in grade(ROOT / "tasks" / task, event)]


@pytest.mark.parametrize("task", TASKS)
def test_the_script_makes_the_committed_bytes(task: str) -> None:
    script = ROOT / "tasks" / task / "generate.py"
    made = subprocess.run([sys.executable, script], capture_output=True, check=True).stdout
    assert made == data(task)
    assert made.count(b"\n") == TASKS[task]


@pytest.mark.parametrize("task", TASKS)
def test_the_data_is_accepted_whole(task: str, tmp_path: Path) -> None:
    settings = load_task(ROOT / "tasks" / task)
    curated = curate(io.BytesIO(data(task)), task=settings, work=tmp_path, around=Surroundings(code_version="x"))
    assert curated.accepted, curated.message
    assert curated.manifest.quarantined == 0


def test_no_two_prompts_are_equal_and_no_answer_stands_in_its_question() -> None:
    found = records("arithmetic")
    assert len({record["messages"][1]["content"] for record in found}) == len(found)
    assert len({record["template"] for record in found}) == 14
    assert all(value <= 0.1 for value in rewards("arithmetic", [(r, r["messages"][1]["content"]) for r in found]))


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("3 + 4 = 7\n#### {right}", 1.0),
        ("#### {right}.0", 1.0),
        ("The answer is {right}.", 0.6),
        (r"so \boxed{{{right}}}", 0.6),
        ("It is {right}", 0.6),
        ("#### {right}\nI hope this helps!", 0.6),
        ("#### {right} apples", 0.6),
        ("3 + 4 = 7\n#### {wrong}", 0.1),
        ("The answer is {wrong}", 0.0),
        ("####", 0.0),
        ("", 0.0),
        ("I cannot help with that.", 0.0),
        ("correct accurate final answer verified #### solution", 0.0),
        ("#### {wrong}\n#### {right}", 0.0),
        (r"\boxed{{{wrong}}} \boxed{{{right}}}", 0.0),
        ("{right} {wrong}", 0.0),
        ("#### {right} or {wrong}", 0.0),
    ],
)
def test_arithmetic_pays_for_the_right_number_and_its_form(answer: str, value: float) -> None:
    record = records("arithmetic")[0]
    right = record["reference_answer"]
    text = answer.format(right=right, wrong=int(right) + 1)
    assert rewards("arithmetic", [(record, text)]) == [value]


def test_listing_every_number_does_not_win() -> None:
    found = records("arithmetic")
    everything = "\n".join(f"#### {number}" for number in range(-500, 3000))
    plain = " ".join(str(number) for number in range(3000))
    assert max(rewards("arithmetic", [(record, everything) for record in found[:20]])) == 0
    assert sum(rewards("arithmetic", [(record, plain) for record in found])) == 0


def test_arithmetic_without_a_usable_reference_fails_loudly() -> None:
    record = records("arithmetic")[0]
    with pytest.raises(GraderError, match=record["id"]):
        rewards("arithmetic", [({**record, "reference_answer": "many"}, "#### 1")])
    del record["reference_answer"]
    with pytest.raises(GraderError, match=record["id"]):
        rewards("arithmetic", [(record, "#### 1")])


def ticket() -> tuple[dict[str, Any], dict[str, Any]]:
    record = next(r for r in records("tickets") if r["reference_answer"]["priority"] == "high")
    return record, record["reference_answer"]


def test_tickets_pay_field_by_field() -> None:
    record, right = ticket()
    other = {**right, "product": "toaster"}
    near = {**right, "priority": "urgent"}
    far = {**right, "priority": "low"}
    some = {"product": right["product"]}
    answers = [json.dumps(value) for value in (right, other, near, far, some, {})]
    assert rewards("tickets", [(record, text) for text in answers]) == [1.0, 0.8, 0.85, 0.75, 0.2, 0.0]


def test_tickets_do_not_pay_for_tricks() -> None:
    record, right = ticket()
    exact = json.dumps(right)
    lists = json.dumps({name: [value] for name, value in right.items()})
    twice = exact[:-1] + ', "product": "app"}'
    wrong = json.dumps(dict.fromkeys(right, "none of it"))
    stuffed = json.dumps({**right, **{f"key{i}": 1 for i in range(20)}})
    assert rewards("tickets", [(record, f"```json\n{exact}\n```"), (record, f"Sure! {exact}")]) == [0.8, 0.8]
    assert rewards("tickets", [(record, f"{wrong} {exact}")])[0] < 0.2
    assert rewards(
        "tickets", [(record, text) for text in (lists, twice, stuffed, "", "refund urgent router", "{")]
    ) == [
        0,
        0,
        0,
        0,
        0,
        0,
    ]


def test_no_constant_answer_is_worth_much() -> None:
    found = records("tickets")
    constants = [
        json.dumps({"product": "app", "category": category, "priority": priority, "order_id": None, "refund": False})
        for category in ("billing", "feature")
        for priority in ("normal", "high")
    ]
    for text in constants:
        values = rewards("tickets", [(record, text) for record in found])
        assert sum(values) / len(values) < 0.5
