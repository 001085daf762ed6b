"""What counts as a leaked answer, and that ordinary prompts of our tasks do not."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.checks.answer_leak import answer_leak, surely_no_leak

TASKS = Path(__file__).parents[4] / "tasks"
LONG = "Because the market opens on Fridays."


@pytest.mark.parametrize(
    ("reference", "prompt"),
    [
        ("42", "Add 40 and 2. The answer is 42. Explain it."),
        ("42", "Add 40 and 2.\nANSWER: 42"),
        ("42", "Add 40 and 2. **Answer:** $42$"),
        ("42", "It is 421 at first, not 42, but\n#### 42"),
        ("blue", 'Which colour? (answer = "blue")'),
        ("zwölf", "Wie viele sind es? Die Antwort lautet zwölf."),
        ("七", "多少？答案：七"),
        (LONG, f"Why is the baker busy? {LONG} Say it in your own words."),
        (f"  {LONG}\n", f"Why? {LONG}"),
        ("one two three four", "Repeat one two three four please"),
        ({"text": "42"}, "The answer is 42, is it not?"),
        ({"answer": LONG}, f"Why? {LONG}"),
        ({"product": "router", "refund": True}, 'Like this: {"product": "router",\n "refund": true}'),
    ],
)
def test_leaks(reference: str | dict[str, Any], prompt: str) -> None:
    assert answer_leak(reference, prompt)


@pytest.mark.parametrize(
    ("reference", "prompt"),
    [
        (None, "The answer is 42."),
        ("", "The answer is."),
        (" ", "The answer is 42."),
        ("5", "Rosa has 5 marbles and finds 0. How many has she? Write the answer as a number."),
        ("42", "The answer is 421, or 42.5, or 1.42?"),
        ("billing", "Answer with one of: billing, delivery, defect."),
        (LONG, "Why is the baker busy on Fridays?"),
        ({"product": "router"}, "Keys: product (router, camera). Answer with JSON."),
        ({"product": "router", "refund": True}, 'Like this: {"product": "camera", "refund": false}'),
        ({}, "{}"),
        ({"a": 1}, '{"a": 1}'),  # too short to say anything
    ],
)
def test_no_leaks(reference: str | dict[str, Any] | None, prompt: str) -> None:
    assert answer_leak(reference, prompt) is None


@pytest.mark.parametrize("task", ["arithmetic", "tickets"])
def test_none_in_our_tasks(task: str) -> None:
    records = [json.loads(line) for line in (TASKS / task / "data" / f"{task}.jsonl").read_text().splitlines()]
    for record in records:
        prompt = "\n".join(message["content"] for message in record["messages"])
        assert answer_leak(record["reference_answer"], prompt) is None


@given(st.text(), st.text(), st.text(min_size=20).filter(lambda text: len(text.strip()) >= 20))
def test_a_long_reference_is_found_wherever_it_stands(before: str, after: str, reference: str) -> None:
    assert answer_leak(reference, before + reference + after)


@given(st.one_of(st.text(), st.dictionaries(st.text(), st.recursive(st.text() | st.integers(), st.lists))), st.text())
def test_nothing_raises(reference: str | dict[str, Any], prompt: str) -> None:
    answer_leak(reference, prompt)


SCRAPS = st.sampled_from(
    ["answer", "nswer", " is ", ": ", "####", "4", "42", "2", " ", "one two three four", "x" * 20, "."]
)
SAID = st.lists(SCRAPS, max_size=9).map("".join)


@given(st.lists(st.tuples(SAID, SAID), max_size=6))
def test_what_surely_does_not_leak_does_not(pairs: list[tuple[str, str]]) -> None:
    references, prompts = [reference for reference, _ in pairs], [prompt for _, prompt in pairs]
    if surely_no_leak(references, prompts):
        assert all(answer_leak(*pair) is None for pair in pairs)


def test_many_ordinary_records_surely_do_not_leak() -> None:
    numbers = range(1, 400)
    assert surely_no_leak([f" {n}" for n in numbers], [f"What is {n} and {n}{n}, 3 of {n % 7}?" for n in numbers])
    assert not surely_no_leak(["1", "2"], ["What is 1?", "The answer is 2."])
