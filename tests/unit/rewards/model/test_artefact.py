"""A reward model's file is safe to read, and what it gives is finite and held within what it was trained on."""

import hashlib
import json
from array import array
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.rewards.errors import GraderError
from rft.rewards.model import BadModel, RewardModel
from rft.rewards.model.artefact import MAGIC, REPEATING
from rft.rewards.model.features import FIRST, SIZE, grams

TEXTS = st.text(max_size=60)


def model_of(words: dict[str, float], *, length: float = 0.0) -> RewardModel:
    """Return a model that likes these words, and length."""
    weights = array("f", [0.0]) * SIZE
    weights[0] = length
    for word, weight in words.items():
        for place in grams(word):
            weights[place] = weight
    return RewardModel(weights, scales=[1.0] * FIRST, lows=[0.0] * FIRST, highs=[5.0] * FIRST, centre=0.25)


MODEL = model_of({"good": 0.5, "bad": -0.5}, length=0.1)
FILE = MODEL.to_bytes()
READ = RewardModel.from_bytes(FILE)


@given(TEXTS, TEXTS)
def test_a_model_read_from_its_file_is_the_same(prompt: str, answer: str) -> None:
    assert READ.worth(prompt, answer) == MODEL.worth(prompt, answer)
    assert READ.reward(prompt, answer) == MODEL.reward(prompt, answer)
    assert READ.weights == MODEL.weights


@given(TEXTS, TEXTS, TEXTS)
def test_worths_are_finite_rewards_are_shares_and_preferences_mirror(prompt: str, one: str, other: str) -> None:
    assert isfinite(MODEL.worth(prompt, one))
    assert 0 <= MODEL.reward(prompt, one) <= 1
    assert MODEL.preference(prompt, one, other) == pytest.approx(1 - MODEL.preference(prompt, other, one))


def test_the_better_answer_is_worth_more() -> None:
    assert MODEL.reward("?", "good") > MODEL.reward("?", "none") > MODEL.reward("?", "bad")


def test_an_answer_without_a_word_is_worth_nothing() -> None:
    assert MODEL.reward("?", "") == MODEL.reward("?", " \n") == 0.0


def test_beyond_the_lengths_it_was_trained_on_nothing_is_gained() -> None:
    model = model_of({}, length=1.0)
    assert model.reward("?", "x" * 20) < model.reward("?", "x" * 200) == model.reward("?", "x" * 100_000)


def test_words_stuffed_in_behind_the_lengths_it_was_trained_on_gain_nothing() -> None:
    model = model_of({"good": 1.0})
    model.limit = 10
    assert model.worth("?", "well, good and so on") > model.worth("?", "well, well and good, good, good")
    assert model.worth("?", "well, well and good") == model.worth("?", "well, well and bad")
    assert RewardModel.from_bytes(model.to_bytes()).limit == 10


def test_repetition_beyond_what_it_was_trained_on_costs() -> None:
    model = model_of({"good": 1.0})
    model.highs = (5.0, 5.0, 5.0, 0.5, *model.highs[4:])
    for answer, beyond in (("a good answer", 0.0), ("a good answer a good answer", 0.0), ("a good answer " * 6, 2 / 3)):
        lost = model.liked("?", answer) - model.worth("?", answer)
        assert lost == pytest.approx(REPEATING * beyond)


@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    damaged = bytearray(FILE)
    damaged[place] ^= change
    with pytest.raises(BadModel):
        RewardModel.from_bytes(bytes(damaged))


@given(st.integers(0, len(FILE) - 1))
def test_a_file_cut_off_is_noticed(end: int) -> None:
    with pytest.raises(BadModel):
        RewardModel.from_bytes(FILE[:end])


@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused_as_a_graders_error(data: bytes) -> None:
    with pytest.raises(GraderError, match="train"):
        RewardModel.from_bytes(data)


HEAD = json.loads(FILE[len(MAGIC) + 65 :].partition(b"\n")[0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"features": 0}, "another version"),
        ({"bits": 4}, "another version"),
        ({"scales": [1.0]}, "does not hold"),
        ({"lows": None}, "does not hold"),
        ({"highs": ["5"] * FIRST}, "not finite"),
        ({"highs": [float("inf")] * FIRST}, "not finite"),
        ({"centre": float("nan")}, "does not hold"),
        ({"centre": None}, "does not hold"),
        ({"limit": None}, "does not hold"),
        ({"limit": -1}, "does not hold"),
    ],
)
def test_a_file_whole_but_wrong_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(BadModel, match=said):
        RewardModel.from_bytes(sealed(json.dumps({**HEAD, **change}).encode(), MODEL.weights))


def test_weights_that_are_missing_or_not_finite_are_refused() -> None:
    head = json.dumps(HEAD).encode()
    with pytest.raises(BadModel, match="does not hold"):
        RewardModel.from_bytes(sealed(head, MODEL.weights[:-1]))
    endless = array("f", MODEL.weights)
    endless[7] = float("inf")
    with pytest.raises(BadModel, match="not finite"):
        RewardModel.from_bytes(sealed(head, endless))
    for line in (b"[]", b"no json", b"[" * 100_000):
        with pytest.raises(BadModel, match="another version"):
            RewardModel.from_bytes(sealed(line, MODEL.weights))


def sealed(head: bytes, weights: "array[float]") -> bytes:
    rest = head + b"\n" + weights.tobytes()
    return MAGIC + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest
