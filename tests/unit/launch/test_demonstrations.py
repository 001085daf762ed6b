"""What of a split is shown to a supervised job, and in which form."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.bedrock.supervised import RESERVED, read_demonstrations
from rft.datasets.items import Shape
from rft.training.demonstrations import LEAST, Shown, demonstrations, rejected_answers, too_few

TEXTS = st.text(min_size=1, max_size=30) | st.sampled_from(["User: hi", "[EOS]", "a <image>", "Superuser: no", "\n "])


def split(*records: dict[str, Any]) -> list[bytes]:
    lines = []
    for number, record in enumerate(records):
        messages = [{"role": "user", "content": record.pop("prompt", f"Ask {number}")}]
        lines.append(json.dumps({"id": f"r-{number}", "messages": messages, **record}).encode() + b"\n")
    return lines


def shown(shape: Shape, lines: list[bytes]) -> tuple[list[str], Shown]:
    """Return the answers that are shown, and the counts."""
    counts = Shown()
    made = list(demonstrations(lines, shape, rejected_answers(lines), counts))
    return [json.loads(line)["messages"][-1]["content"][0]["text"] for line in made], counts


@pytest.mark.parametrize("shape", [Shape.PREFERENCES, Shape.JUDGEMENTS])
def test_the_chosen_answer_of_a_pair_is_shown_and_none_of_a_tie(shape):
    pairs = split({"chosen": "a", "rejected": "b"}, {"chosen": "c", "rejected": "d", "tie": True})
    answers, counts = shown(shape, pairs)
    assert answers == ["a"]
    assert (counts.used, counts.reserved, counts.rest) == (1, 0, 1)


def test_of_a_ranking_the_best_answer_is_shown_once():
    order = ["best", "good", "bad"]
    pairs = [
        {"prompt": "Ask", "chosen": better, "rejected": worse}
        for place, better in enumerate(order)
        for worse in order[place + 1 :]
    ]
    assert shown(Shape.RANKINGS, split(*pairs))[0] == ["best"]


def test_a_rated_answer_is_shown_from_above_the_middle_of_its_scale():
    rated = [{"answer": str(n), "rating": {"value": float(n), "low": 1.0, "high": 5.0}} for n in range(1, 6)]
    assert shown(Shape.RATINGS, split(*rated))[0] == ["4", "5"]


@pytest.mark.parametrize("shape", [Shape.PROMPTS, Shape.INVOCATION_LOGS])
def test_what_nobody_demonstrated_or_judged_is_not_shown(shape):
    answers, counts = shown(shape, split({"answer": "4", "reference_answer": "4"}, {"chosen": 5}))
    assert (answers, counts.rest) == ([], 2)


@given(records=st.lists(st.tuples(TEXTS, TEXTS), max_size=12))
def test_bedrock_takes_every_line_and_every_record_is_counted(records):
    lines = split(*({"prompt": prompt, "answer": answer} for prompt, answer in records))
    counts = Shown()
    made = list(demonstrations(lines, Shape.DEMONSTRATIONS, rejected_answers(lines), counts))
    assert len(made) == counts.used
    assert counts.used + counts.reserved + counts.rest == len(records)
    taken = list(read_demonstrations(b"".join(made), "key")) if made else []
    assert {(one.prompt, one.answer) for one in taken} == {
        (prompt, answer)
        for prompt, answer in records
        if answer.strip() and not RESERVED.search(prompt) and not RESERVED.search(answer)
    }


def test_the_order_of_a_split_does_not_change_what_is_shown():
    lines = split(*({"prompt": f"Ask {n % 7}", "chosen": str(n % 3), "rejected": str(n % 5)} for n in range(40)))
    mixed = random.Random(4).sample(lines, len(lines))
    assert sorted(shown(Shape.PREFERENCES, lines)[0]) == sorted(shown(Shape.PREFERENCES, mixed)[0])


def test_too_few_are_refused_with_what_was_left_out_and_the_fix():
    assert too_few(Shown(used=LEAST), "sums") is None
    refusal = too_few(Shown(used=LEAST - 1, reserved=7, rest=3), "sums")
    assert refusal
    message, fix = refusal
    assert "99 answers to imitate (7 more hold a word that Bedrock reserves" in message
    assert "first = false in [sft] of tasks/sums/task.toml" in fix
