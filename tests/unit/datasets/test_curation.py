"""What a task's rules make of records beside each other: contradictions, answers, forms, groups, categories."""

import io
import json
import random
from pathlib import Path

import pytest

from rft.datasets import watchers
from rft.datasets.codes import Code, Severity
from rft.datasets.curate import Surroundings, curate
from rft.datasets.items import Shape
from rft.datasets.keys import folded_key
from rft.datasets.rules import Curation, DataRules, Personal
from rft.errors import TaskInvalid
from tests.unit.datasets.made import TASK, codes, contents, good, made, record, with_data


def test_references_that_contradict_each_other_all_go(tmp_path: Path) -> None:
    data = b"\n".join(
        [
            record("What is 2 + 2?", reference_answer="4"),
            record("What is 2 + 2?", reference_answer="5"),
            record("What is 2 + 2?", reference_answer=" 4 "),
            record("What is 3 + 3?", reference_answer="6"),
            record("What is 3 + 3?", reference_answer="6 "),
            record("What is 4 + 4 as an equation?", reference_answer="X = 8"),
            record("What is 4 + 4 as an equation?", reference_answer="x=8"),
        ]
    )
    curated = made(data, tmp_path)
    assert codes(curated) == dict.fromkeys((1, 2, 3), "contradictory-reference")
    assert "Line 1: the same prompt has another reference_answer on line 2 and line 3" in curated.message


def test_two_demonstrations_of_one_prompt_are_no_contradiction(tmp_path: Path) -> None:
    data = b"\n".join(json.dumps({"prompt": "Greet me", "completion": text}).encode() for text in ("Hello!", "Hi!"))
    curated = made(data, tmp_path)
    assert curated.manifest.profile.shape is Shape.DEMONSTRATIONS
    assert codes(curated) == {}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("I'm sorry, but I can\u2019t help with that.", "refusal"),
        ("As an AI language model, I cannot say.", "refusal"),
        ("Es tut mir leid, aber ich kann das nicht.", "refusal"),
        ("n/a", "boilerplate"),
        ("Lorem ipsum dolor", "boilerplate"),
        ("I cannot wait to see it: the answer is 4.", None),
        ("Sorry is the hardest word.", None),
        ("We regret", "refusal"),
        ("Thank you for your question.", "boilerplate"),
    ],
)
def test_answers_that_teach_nothing_go(answer: str, code: str | None, tmp_path: Path) -> None:
    task = with_data(curation=Curation(refusals=["we regret"], boilerplate=["Thank you for your question."]))
    curated = made(json.dumps({"prompt": "Say it", "completion": answer}).encode(), tmp_path, task)
    assert codes(curated) == ({1: code} if code else {})


def test_low_ratings_and_equal_answers_go(tmp_path: Path) -> None:
    task = with_data(curation=Curation(min_rating=3))
    rated = [json.dumps({"prompt": "Say it", "response": f"a{n}", "rating": n}).encode() for n in range(1, 6)]
    assert codes(made(b"\n".join(rated), tmp_path / "1", task)) == {1: "low-rating", 2: "low-rating"}
    pairs = b'{"prompt": "a", "chosen": "b", "rejected": "b "}\n{"prompt": "a", "chosen": "b", "rejected": "c"}'
    assert codes(made(pairs, tmp_path / "2")) == {1: "same-answers"}


def test_texts_get_one_form_and_the_template(tmp_path: Path) -> None:
    task = with_data(curation=Curation(template="Question: {prompt}", system="Be brief."))
    found = contents(made(record(" Cafe\u0301\r\nau lait ", id="x", source="web"), tmp_path, task))
    (line,) = [line for name, lines in found.items() if name != "quarantine.jsonl" for line in lines]
    assert json.loads(line) == {
        "id": "x",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Question: Caf\u00e9\nau lait"},
        ],
        "source": "web",
    }


def test_control_characters_are_found_and_named(tmp_path: Path) -> None:
    data = b"\n".join(
        [record("a\x00b"), record("a\x85b"), record("a\x7fb"), record("\\u0007 as text"), record("tab\there")]
    )
    curated = made(data, tmp_path)
    assert codes(curated) == dict.fromkeys((1, 2, 3), "control-characters")
    assert "Line 1: the user message has the control character U+0000 at character 2; remove it" in curated.message


def test_large_categories_are_thinned_to_their_share(tmp_path: Path) -> None:
    task = with_data(curation=Curation(category="topic", max_category_share=0.5), near_duplicates=False)
    data = [record(f"Question {n}", topic="a" if n % 10 else "b") for n in range(300)]
    curated = made(b"\n".join(data), tmp_path / "1", task)
    assert {row.name: row.records for row in curated.manifest.profile.slices} == {"a": 30, "b": 30}
    assert curated.manifest.quarantined_by == {"rebalanced": 240}
    random.Random(2).shuffle(data)
    again = contents(made(b"\n".join(data), tmp_path / "2", task))
    for name, lines in contents(curated).items():
        assert name == "quarantine.jsonl" or set(lines) == set(again[name])


def test_blanks_between_words_make_another_text_that_is_a_near_duplicate(tmp_path: Path) -> None:
    data = b"\n".join([record("How much is 2+2 apples, Anna?"), record("How much is 2 + 2 apples , Anna?")])
    found = {finding.code for finding in made(data, tmp_path).manifest.findings}
    assert found & {Code.NEAR_DUPLICATE, Code.SPLIT_LEAK}
    assert folded_key("How much is 2+2 apples, Anna?") != folded_key("How much is 2 + 2 apples , Anna?")


def test_where_all_contradict_each_other_nothing_is_left_to_thin_out(tmp_path: Path) -> None:
    task = with_data(curation=Curation(max_category_share=0.5))
    data = b"\n".join(record("What is 2 + 2?", reference_answer=answer) for answer in "45")
    assert made(data, tmp_path, task).manifest.quarantined_by == {"contradictory-reference": 2}


def test_a_group_stays_in_one_split_and_a_leak_between_groups_is_found(tmp_path: Path) -> None:
    task = with_data(curation=Curation(group_by="author"), near_duplicates=False)
    data = [record(f"Question {n}", author=n // 10) for n in range(400)]
    curated = made(b"\n".join(data), tmp_path / "1", task)
    for name, lines in contents(curated).items():
        if name != "quarantine.jsonl":
            authors = [json.loads(line)["author"] for line in lines]
            assert all(authors.count(author) == 10 for author in authors)
    found = contents(curated)
    leaked = json.loads(found["test.jsonl"][0]) | {
        "author": json.loads(found["train.jsonl"][0])["author"],
        "id": "again",
    }
    again = made(b"\n".join([*data, json.dumps(leaked).encode()]), tmp_path / "2", task)
    assert codes(again) == {401: "split-leak"}


def test_prompts_of_protected_files_are_not_trained_on(tmp_path: Path) -> None:
    train = json.loads(contents(made(good(300), tmp_path / "1"))["train.jsonl"][0])["messages"][0]["content"]
    (tmp_path / "benchmark.txt").write_text(f"Something else\n{train.upper()}\n")
    for near in (True, False):
        task = with_data(protected=["benchmark.txt"], near_duplicates=near)
        around = Surroundings(code_version="1", protected={"benchmark.txt": tmp_path / "benchmark.txt"})
        (tmp_path / str(near)).mkdir()
        curated = curate(io.BytesIO(good(300)), task=task, work=tmp_path / str(near), around=around)
        assert list(codes(curated).values()) == ["protected-leak"]


@pytest.mark.parametrize("most", [300, 100])
def test_only_so_many_prompts_are_compared_and_the_report_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(watchers, "MOST", most)
    words = "Rosa counts her marbles, puts a few into the blue box and gives the rest to her brother, who has none:"
    lines = good(300).splitlines()
    for place, text in ((10, f"{words} how many?"), (20, f"{words} HOW many"), (200, f"{words} so how many?")):
        lines[place] = record(text, id=f"m{place}", reference_answer="5")
    (tmp_path / "benchmark.txt").write_text("WHAT is 252 plus 252?\n")
    task = with_data(protected=["benchmark.txt"], checks={**TASK.data.checks, Code.SPLIT_LEAK: Severity.OFF})
    around = Surroundings(code_version="1", protected={"benchmark.txt": tmp_path / "benchmark.txt"})
    curated = curate(io.BytesIO(b"\n".join(lines)), task=task, work=tmp_path, around=around)
    found = {finding.code: finding for finding in curated.manifest.findings}
    beyond = most < 200
    assert found[Code.NEAR_DUPLICATE].count == (1 if beyond else 2)
    assert (Code.NOT_COMPARED in found) == beyond
    if beyond:
        assert (found[Code.NOT_COMPARED].count, found[Code.NOT_COMPARED].severity) == (200, Severity.NOTE)
    assert codes(curated) == {253: "protected-leak"}  # a training record of these


@pytest.mark.parametrize(
    ("data", "reason"), [(b'{"broken', "not JSON"), (b"\xff\xfe", "no UTF-8")], ids=["json", "text"]
)
def test_a_protected_file_that_cannot_be_read_is_the_tasks_fault(data: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "benchmark.txt").write_bytes(data)
    around = Surroundings(code_version="1", protected={"benchmark.txt": tmp_path / "benchmark.txt"})
    with pytest.raises(TaskInvalid, match=rf"benchmark.txt.*{reason}"):
        curate(io.BytesIO(good(3)), task=with_data(protected=["benchmark.txt"]), work=tmp_path, around=around)


def test_personal_data_is_reported_redacted_or_refused(tmp_path: Path) -> None:
    data = good(300) + record("Write to ann.lee@gmail.com", id="mail")
    report = made(data, tmp_path / "1")
    (finding,) = [one for one in report.manifest.findings if one.code is Code.PERSONAL_DATA]
    assert (finding.count, finding.places[0].line) == (1, 301)
    redacted = made(data, tmp_path / "2", with_data(personal=Personal(action="redact")))
    assert not any(b"gmail" in path.read_bytes() for path in redacted.files.values())
    refused = made(data, tmp_path / "3", with_data(personal=Personal(action="reject")))
    assert codes(refused) == {301: "personal-data"}


def test_a_check_that_rejects_rejects_the_version(tmp_path: Path) -> None:
    task = with_data(checks={Code.BAD_JSON: Severity.REJECT})
    curated = made(good(300) + b"{broken", tmp_path, task)
    assert not curated.accepted
    assert "1 of 301 records: not JSON (first on line 301); write each record as one JSON object (bad-json)." in (
        curated.message
    )
    with pytest.raises(ValueError, match=r"checks.bad-json is 'warn', but can only be 'quarantine' or 'reject'"):
        DataRules(checks={Code.BAD_JSON: Severity.WARN})


def test_several_pairs_of_one_prompt_are_no_duplicates_of_it(tmp_path: Path) -> None:
    data = [{"prompt": "Tell me of the sea", "chosen": f"good {n}", "rejected": f"bad {n}"} for n in range(5)]
    curated = made(b"\n".join(json.dumps(pair).encode() for pair in data), tmp_path)
    assert Code.NEAR_DUPLICATE not in {finding.code for finding in curated.manifest.findings}
    preferences = curated.manifest.profile.preferences
    assert preferences is not None
    assert preferences.pairs == 5


def test_a_ranking_is_all_its_pairs(tmp_path: Path) -> None:
    data = b'{"prompt": "a", "answers": ["x", "y", "z"], "ranks": [1, 2, 3]}\n{"prompt": "b", "answers": ["x"]}'
    manifest = made(data, tmp_path).manifest
    assert (manifest.records, manifest.examples, manifest.quarantined) == (2, 4, 1)
