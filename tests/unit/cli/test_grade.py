"""``rft grade``: what a grader makes of answers in a file, bad lines by name, and what calls are unusable; no AWS."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.cli import target as target_module
from rft.grading import Refused, Rollout, grade_one, read_rollouts
from rft.rewards.entry import grader
from tests.unit.cli.helpers import Outcome

Rft = Callable[..., Outcome]
ROOT = Path(__file__).parents[3]
TASK = """
description = "Sums, graded by components"
[model]
base_model = "amazon.nova-2-lite-v1:0:256k"
baseline_inference_id = "us.amazon.nova-2-lite-v1:0"
[reward]
components = [{kind = "numeric", name = "right"}, {kind = "length", soft = 50, limit = 100, role = "factor"}]
"""


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_module, "connect", lambda *_, **__: pytest.fail("AWS was asked"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with one task, whose reward is made of components."""
    (tmp_path / "tasks" / "sums").mkdir(parents=True)
    (tmp_path / "tasks" / "sums" / "task.toml").write_text(TASK)
    return tmp_path


def file_of(root: Path, *records: Any) -> str:
    path = root / "answers.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def test_answers_in_every_form_are_graded_with_their_components(rft: Rft, root: Path) -> None:
    asked = {"role": "user", "content": "70 + 2?"}
    file = file_of(
        root,
        {"id": "a", "prompt": "70 + 2?", "answer": "#### 72", "reference_answer": "72"},
        {"messages": [asked], "answers": ["71", "x" * 75 + " 72", "none"], "reference_answer": 72},
        {"messages": [asked, {"role": "assistant", "content": [{"text": "72"}]}], "reference_answer": {"answer": "72"}},
        {"prompt": "70 + 2?", "answer": "72"},
    )
    outcome = rft("grade", file, "--task", "sums", "--json", root=root)
    assert outcome.code == 0
    said = json.loads(outcome.out)
    assert [(one["id"], one["line"], one["place"], one["score"]) for one in said["answers"]] == [
        ("a", 1, 1, 1.0),
        ("line 2", 2, 1, 0.0),
        ("line 2", 2, 2, 0.44),
        ("line 2", 2, 3, 0.0),
        ("line 3", 3, 1, 1.0),
        ("line 4", 4, 1, 0.0),
    ]
    assert said["answers"][0]["components"] == {"right": 1.0, "length": 1.0}
    assert [one["parse_failure"] for one in said["answers"]] == [False, False, False, True, False, False]
    assert said["answers"][5]["components"] == {"length": 1.0, "abstained": 1.0}
    assert all(one["seconds"] > 0 for one in said["answers"])
    assert (said["summary"]["answers"], said["summary"]["failed"], said["summary"]["parse_failures"]) == (6, 0, 1)
    assert said["summary"]["mean"] == pytest.approx(2.44 / 6)
    assert said["refused"] == []


def test_people_get_a_table(rft: Rft, root: Path) -> None:
    file = file_of(root, *({"answers": ["72", f"no\u001b[31m idea {n}"], "reference_answer": "72"} for n in range(3)))
    outcome = rft("grade", file, "--task", "sums", "--rows", "3", root=root)
    assert outcome.code == 0
    head, first, second, *_ = outcome.out.splitlines()
    assert head.split() == ["line", "score", "right", "length", "\u00b5s", "answer"]
    assert first.split()[:4] == ["1", "1.000", "1.000", "1.000"]
    assert second.split()[0] == "1.2"
    assert "\x1b" not in outcome.out
    assert "and 3 more; --rows N shows more" in outcome.out
    assert "6 answers: mean score 0.500" in outcome.out


def test_the_shipped_task_is_graded_by_its_code(rft: Rft, tmp_path: Path) -> None:
    file = file_of(
        tmp_path, {"answer": "So\n#### 72", "reference_answer": "72"}, {"answer": "?", "reference_answer": "1"}
    )
    outcome = rft("grade", file, "--task", "arithmetic")
    assert outcome.code == 0
    assert "parse failure" in outcome.out


def test_a_bad_line_is_named_with_its_fix_and_spoils_no_other(rft: Rft, root: Path) -> None:
    path = root / "answers.jsonl"
    lines = [
        b"\xef\xbb\xbf" + b'{"answer": "72", "reference_answer": "72"}',
        b"",
        b"{",
        b"[1]",
        b"\xff\xfe",
        b'{"prompt": "?"}',
        b'{"answer": 3}',
        b'{"answers": []}',
        b'{"answer": "a", "answers": ["b"]}',
        b'{"messages": "hello", "answer": "a"}',
        b'{"prompt": 1, "answer": "a"}',
        b'{"answer": "\\ud800 72", "reference_answer": 72, "id": "\\udfff"}',
    ]
    path.write_bytes(b"\n".join(lines))
    outcome = rft("grade", str(path), "--task", "sums", "--json", root=root)
    assert outcome.code == 1
    said = json.loads(outcome.out)
    assert [(one["line"], one["score"]) for one in said["answers"]] == [(1, 1.0), (12, 1.0)]
    reasons = {one["line"]: one["reason"] for one in said["refused"]}
    assert list(reasons) == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert "write one object a line" in reasons[3]
    assert "is list, no object" in reasons[4]
    assert "save the file as UTF-8" in reasons[5]
    assert 'add "answer"' in reasons[6]
    assert "must be text" in reasons[7]
    drawn = rft("grade", str(path), "--task", "sums", root=root)
    assert "line 4 is list, no object" in drawn.out
    assert "9 lines refused" in drawn.out


def test_an_answer_on_which_the_grader_fails_is_named_and_the_others_are_graded(rft: Rft, root: Path) -> None:
    folder = root / "tasks" / "sums"
    (folder / "reward.py").write_text(
        "import sys\nfrom rft.rewards import Score\n\n\ndef reward(sample):\n"
        "    if sample.answer == 'stop':\n        sys.exit(3)\n    return Score(1 / len(sample.answer))\n"
    )
    text = TASK.split("[reward]")[0] + '[grader]\nreward = "reward.py:reward"\n'
    (folder / "task.toml").write_text(text)
    outcome = rft("grade", file_of(root, {"answers": ["a", "", "stop"]}), "--task", "sums", "--json", root=root)
    assert outcome.code == 1
    said = json.loads(outcome.out)
    assert [one["score"] for one in said["answers"]] == [1.0, None, None]
    assert "ZeroDivisionError" in said["answers"][1]["error"]
    assert "ended the process with 3" in said["answers"][2]["error"]
    assert said["summary"]["failed"] == 2


@pytest.mark.parametrize(
    ("name", "task", "message"),
    [
        ("none.jsonl", "sums", "none.jsonl: no such file"),
        (".", "sums", "is a folder, no file"),
        ("empty.jsonl", "sums", "empty.jsonl is empty; write lines such as"),
        ("empty.jsonl", "other", "no task other; known tasks: sums"),
    ],
)
def test_a_call_that_cannot_be_is_refused(rft: Rft, root: Path, name: str, task: str, message: str) -> None:
    (root / "empty.jsonl").write_text("\n")
    outcome = rft("grade", str(root / name), "--task", task, root=root)
    assert outcome.code == 2
    assert message in outcome.err


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=6,
)
RECORDS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("id", "prompt", "messages", "reference_answer", "metadata", "x"), JSON)
    | {"answer": st.one_of(st.text(), JSON), "answers": st.one_of(st.lists(st.text(), max_size=3), JSON)},
)
TICKETS = grader(ROOT / "tasks" / "tickets")


@given(record=RECORDS)
def test_a_foreign_line_is_graded_or_refused(record: dict[str, Any]) -> None:
    for found in read_rollouts([json.dumps(record).encode()]):
        if isinstance(found, Refused):
            assert found.reason
        else:
            assert isinstance(found, Rollout)
            graded = grade_one(found, TICKETS)
            assert (graded.score is None) == (graded.error is not None)


@given(line=st.binary())
def test_any_bytes_are_read_or_refused(line: bytes) -> None:
    for found in read_rollouts([line]):
        assert found.line == 1
