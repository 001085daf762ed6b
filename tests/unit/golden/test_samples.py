"""``golden.jsonl``: what is read, what is refused with its line and fix, and that writing gives back what was read."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.errors import TaskInvalid
from rft.golden.samples import MOST, GoldenSample, fingerprint, read_golden, write_golden

ASKED = {"role": "user", "content": "What is 2 + 2?"}
GOOD: dict[str, Any] = {
    "id": "right",
    "messages": [ASKED, {"role": "assistant", "content": "#### 4"}],
    "reference_answer": "4",
    "steps": 1,
    "score": 1.0,
}


def write(folder: Path, *lines: Any) -> Path:
    path = folder / "golden.jsonl"
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


def test_a_sample_is_a_record_an_answer_and_a_score(tmp_path: Path) -> None:
    (sample,) = read_golden(write(tmp_path, "", GOOD))
    assert sample.record == {"id": "right", "messages": [ASKED], "reference_answer": "4", "steps": 1}
    assert (sample.id, sample.answer, sample.score) == ("right", "#### 4", 1.0)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2: is no JSON"),
        ("[]", "line 2: is list, no object"),
        ('{"id": "\\ud800"}', "line 2: is no JSON in UTF-8"),
        ({**GOOD, "id": 7}, 'line 2: has no id; add "id"'),
        (GOOD, "line 2: id 'right' stands in line 1 as well"),
        ({**GOOD, "id": "b", "score": None}, "line 2: has no score; run `rft golden record`"),
        ({**GOOD, "id": "b", "score": "1"}, "line 2: score is '1', no finite number"),
        ({**GOOD, "id": "b", "score": True}, "line 2: score is True"),
        ({**GOOD, "id": "b", "score": float("nan")}, "line 2: score is nan"),
        ({**GOOD, "id": "b", "messages": "4"}, "line 2: messages must be a list"),
        ({**GOOD, "id": "b", "messages": [ASKED]}, "line 2: messages must hold the user's and end with"),
        ({**GOOD, "id": "b", "messages": GOOD["messages"][1:]}, "line 2: messages must hold the user's"),
        ({**GOOD, "id": "b", "messages": [ASKED, {"role": "assistant", "content": ["4"]}]}, "content as texts"),
    ],
)
def test_a_wrong_line_is_named_with_its_fix(tmp_path: Path, line: Any, words: str) -> None:
    with pytest.raises(TaskInvalid) as refused:
        read_golden(write(tmp_path, GOOD, line))
    assert words in str(refused.value)


def test_a_score_may_be_missing_while_it_is_about_to_be_recorded(tmp_path: Path) -> None:
    (sample,) = read_golden(write(tmp_path, {**GOOD, "score": None}), scored=False)
    assert sample.score is None


def test_a_missing_file_an_empty_one_and_an_endless_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskInvalid, match=r"missing, and \[golden\] of task\.toml asks for it"):
        read_golden(tmp_path / "golden.jsonl")
    with pytest.raises(TaskInvalid, match="holds 0 samples"):
        read_golden(write(tmp_path, ""))
    with pytest.raises(TaskInvalid, match=f"holds {MOST + 1} samples"):
        read_golden(write(tmp_path, *({**GOOD, "id": str(number)} for number in range(MOST + 1))))


SAMPLES = st.builds(
    lambda record, answer, score: GoldenSample(record={**record, "messages": [ASKED]}, answer=answer, score=score),
    st.fixed_dictionaries({"id": st.text(min_size=1)}, optional={"reference_answer": st.text() | st.integers()}),
    st.text(),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(st.lists(SAMPLES, min_size=1, max_size=5, unique_by=lambda one: one.id))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, samples: list[GoldenSample]) -> None:
    path = tmp_path_factory.mktemp("golden") / "golden.jsonl"
    path.write_bytes(write_golden(samples))
    assert read_golden(path) == samples
    assert fingerprint(read_golden(path)) == fingerprint(samples)


def test_the_fingerprint_tells_scores_answers_and_references_apart() -> None:
    one = GoldenSample(record={"id": "a", "messages": [ASKED], "reference_answer": "4"}, answer="4", score=1.0)
    others = [
        GoldenSample(record=one.record, answer="4", score=0.9),
        GoldenSample(record=one.record, answer="4.", score=1.0),
        GoldenSample(record={**one.record, "reference_answer": "5"}, answer="4", score=1.0),
    ]
    assert len({fingerprint([sample]) for sample in [one, *others]}) == 4
