"""From a file to a model: what is read, what is held out, and when there is a model."""

import io
import json
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rft.datasets.items import Example, Verdict, Vote
from rft.datasets.keys import folded_key
from rft.datasets.rules import Curation, DataRules
from rft.datasets.splitting import split_of
from rft.errors import DatasetUnreadable
from rft.keys import Split
from rft.reward_model.intake import read_preferences
from rft.reward_model.making import Report, make
from rft.reward_model.pairs import Pair, Sampled, held_out, pair_of
from rft.rewards.model.features import LOOKED_AT
from rft.tasks import Splits
from tests.unit.reward_model.preferences import make_pairs


def lines_of(pairs: list[Pair]) -> bytes:
    rows = [
        {"prompt": one.prompt, "chosen": one.better, "rejected": one.worse, "tie": one.tie, "topic": one.category}
        for one in pairs
    ]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


RULES = DataRules(curation=Curation(category="topic"))


def test_a_file_becomes_pairs_with_lines_and_categories() -> None:
    pairs = make_pairs(12, ties=0.3)
    data = lines_of(pairs) + b'{"prompt": "?", "chosen": 5}\n\n'
    found = read_preferences(io.BytesIO(data), RULES)
    assert found.pairs == pairs
    assert (found.seen, found.refused, [place.line for place in found.places]) == (12, 1, [13])
    assert found.quality is not None
    assert found.quality.pairs == 12


@pytest.mark.parametrize("data", [b"", b'{"prompt": "2 + 2?"}\n', b'{"prompt": "?", "chosen": "a", "rejected": "a"}\n'])
def test_a_file_without_pairs_is_refused_with_the_fix(data: bytes) -> None:
    with pytest.raises(DatasetUnreadable, match=r"no preference pair.*chosen and rejected"):
        read_preferences(io.BytesIO(data), DataRules(), name="x.jsonl")


@given(st.binary(max_size=300))
def test_foreign_bytes_end_in_pairs_or_in_a_message(data: bytes) -> None:
    try:
        found = read_preferences(io.BytesIO(data), DataRules())
    except DatasetUnreadable:
        return
    assert found.pairs


def test_a_ranking_is_all_its_pairs_and_votes_say_whether_people_agree() -> None:
    data = b'{"prompt": "?", "answers": ["a", "b", "c"], "ranks": [1, 2, 2]}\n'
    pairs = read_preferences(io.BytesIO(data), DataRules()).pairs
    assert [(one.better, one.worse, one.tie) for one in pairs] == [
        ("a", "b", False),
        ("a", "c", False),
        ("b", "c", True),
    ]
    example = Example(messages=[{"role": "user", "content": "?"}], chosen="a", rejected="b")
    for verdicts, unanimous in (((Verdict.CHOSEN,) * 2, True), ((Verdict.CHOSEN, Verdict.TIE), False), ((), None)):
        example.votes = [Vote("x", verdict) for verdict in verdicts]
        pair = pair_of(1, example)
        assert pair is not None
        assert pair.unanimous is unanimous


def test_the_same_prompts_are_held_out_as_in_a_dataset_version() -> None:
    pairs = make_pairs(300, prompts=60)
    for pair, split in held_out(pairs, 0.2):
        assert (split is Split.TEST) == (split_of(folded_key(pair.prompt), Splits(test=0.2)) is Split.TEST)


@given(st.integers(0, 40), st.randoms())
def test_a_sample_is_whole_prompts_whatever_the_order(most: int, rng: random.Random) -> None:
    pairs = make_pairs(40, prompts=15)
    kept = []
    for _ in range(2):
        sampled = Sampled(most)
        for pair in pairs:
            sampled.add(pair)
        assert len(sampled.pairs) <= most
        kept.append(sorted(pair.line for pair in sampled.pairs))
        groups = {pair.group for pair in sampled.pairs}
        assert len(sampled.pairs) == sum(pair.group in groups for pair in pairs)
        rng.shuffle(pairs)
    assert kept[0] == kept[1]


def test_long_answers_are_sampled_by_their_text() -> None:
    rng = random.Random(4)
    pairs = [replace(pair, better=pair.better * 20, worse="x" * 100_000) for pair in make_pairs(60, prompts=30)]
    text = {pair.line: len(pair.better) + LOOKED_AT for pair in pairs}  # no more of an answer is looked at
    kept = []
    for _ in range(2):
        sampled = Sampled(text=100_000)
        for pair in pairs:
            sampled.add(pair)
        assert 0 < sum(text[pair.line] for pair in sampled.pairs) <= 100_000
        groups = {pair.group for pair in sampled.pairs}
        assert len(sampled.pairs) == sum(pair.group in groups for pair in pairs)
        kept.append(sorted(pair.line for pair in sampled.pairs))
        rng.shuffle(pairs)
    assert kept[0] == kept[1]
    assert sampled.seen == len(pairs)


def test_preferences_that_hold_something_become_a_model() -> None:
    preferences = read_preferences(io.BytesIO(lines_of(make_pairs(500, ties=0.05))), RULES)
    model, report = make(preferences, share=0.2)
    assert model is not None
    assert report.refused == []
    assert report.held_out is not None
    assert report.held_out.accuracy is not None
    assert report.held_out.accuracy.share.mean > 0.8
    assert report.training is not None
    held = {pair.group for pair, split in held_out(preferences.pairs, 0.2) if split is Split.TEST}
    assert report.training.prompts + len(held) == len({pair.group for pair in preferences.pairs})
    assert report.held_out.prompts == len(held)
    assert model.reward("A question", "of course, step by step") > model.reward("A question", "figure it out")
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report


def test_guesses_become_no_model() -> None:
    preferences = read_preferences(io.BytesIO(lines_of(make_pairs(300, noise=0.5))), RULES)
    model, report = make(preferences, share=0.2)
    assert model is None
    assert "may be chance" in report.refused[0]


def test_too_few_pairs_become_no_model() -> None:
    preferences = read_preferences(io.BytesIO(lines_of(make_pairs(30))), RULES)
    model, report = make(preferences, share=0.2)
    assert model is None
    assert "needs 50 pairs" in report.refused[0]
    assert report.held_out is None
