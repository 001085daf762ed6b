"""What a reward model looks at: the same in training and grader, whatever the text."""

from math import isfinite

from hypothesis import given
from hypothesis import strategies as st

from rft.rewards.model.features import FIRST, LOOKED_AT, MEASURES, SIZE, grams, measures, words

TEXTS = st.text(max_size=60) | st.text(st.characters(categories=["Cs", "Lo", "So"]), max_size=20)


@given(TEXTS)
def test_every_index_lies_behind_the_measures_and_within_the_weights(text: str) -> None:
    assert all(FIRST <= place < SIZE for place in grams(text))


def test_n_grams_are_characters_words_and_pairs_of_words() -> None:
    # "ab c": ab, "b ", " c", "ab ", "b c", "ab c" as characters; ab and c as words; "ab c" as a pair
    assert len(grams("Ab\n c")) == 6 + 2 + 1
    assert grams("ab") < grams("ab c") > grams("c")
    assert grams("ab c") != grams("c ab")
    assert words("Ab, c c\n") == {"ab", ",", "c"}


def test_case_and_kind_of_white_space_do_not_count() -> None:
    assert grams(" The  Cat\n") == grams("the cat")
    assert grams("") == grams(" \n") == set()


@given(TEXTS, TEXTS)
def test_measures_are_finite(prompt: str, answer: str) -> None:
    found = measures(prompt, answer)
    assert len(found) == len(MEASURES)
    assert all(map(isfinite, found))


def test_measures_by_hand() -> None:
    named = dict(zip(MEASURES, measures("Name the cat", "the cat the cat"), strict=True))
    assert named["repetition"] == 0.5
    assert named["words from the prompt"] == 1.0
    assert named["prompt taken up"] == 2 / 3


def test_of_a_long_answer_only_the_beginning_is_looked_at_but_its_length_counts() -> None:
    start = "word " * (LOOKED_AT // 5)
    assert grams(start + "unseen" * 100_000) == grams(start)
    assert measures("", start + "x" * 1_000_000)[0] > measures("", start)[0]
