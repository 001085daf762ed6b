"""The converter of the task ``gsm8k`` and its reward, and the example with a plain handler."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rft.rewards.entry import grade
from rft.tasks import load_task

ROOT = Path(__file__).parents[3]
PREPARE = ROOT / "tasks" / "gsm8k" / "prepare.py"
ROWS = [
    {"question": "Two and two?", "answer": "2 + 2 = <<2+2=4>>4\n#### 4"},
    {"question": "A thousand and one?", "answer": "#### 1,001"},
]


def prepare(source: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, PREPARE, source, *more], capture_output=True, text=True, check=False)


def test_gsm8k_is_converted_and_its_own_answers_are_right(tmp_path: Path) -> None:
    source, target = tmp_path / "train.jsonl", tmp_path / "gsm8k.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert prepare(source, "--out", str(target)).returncode == 0
    assert prepare(source).stdout == target.read_text()
    records = [json.loads(line) for line in target.read_text().splitlines()]
    assert [record["reference_answer"] for record in records] == ["4", "1,001"]
    assert records[0]["solution"] == "2 + 2 = <<2+2=4>>4"
    event = [
        {**record, "messages": [*record["messages"], {"role": "assistant", "content": row["answer"]}]}
        for record, row in zip(records, ROWS, strict=True)
    ]
    assert [entry["aggregate_reward_score"] for entry in grade(ROOT / "tasks" / "gsm8k", event)] == [1, 1]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('{"question": "x", "answer": "#### 1"}\nno json\n', "line 2"),
        ('{"question": "x"}\n', "line 1"),
        ('{"question": "x", "answer": "no result"}\n', "#### <number>"),
        ('["x"]\n', "line 1"),
    ],
)
def test_other_files_are_refused_with_the_line(tmp_path: Path, text: str, hint: str) -> None:
    source = tmp_path / "other.jsonl"
    source.write_text(text)
    done = prepare(source)
    assert done.returncode == 1
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    done = prepare(tmp_path / "nothing.jsonl")
    assert done.returncode == 1
    assert "nothing.jsonl" in done.stderr


@pytest.mark.parametrize("folder", ["plain_handler/arithmetic-plain", "hackable/hackable"])
def test_the_examples_are_ready_to_be_copied(folder: str) -> None:
    path = ROOT / "examples" / folder
    assert load_task(path).name == path.name
