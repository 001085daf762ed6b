"""Which records calibrate, and what their scores say of a grader."""

from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.calibration.baseline import chosen_lines, judge, problem

LINES = st.lists(st.text().map(str.encode), unique=True, max_size=40)
SCORES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@given(lines=LINES, count=st.integers(1, 50), random=st.randoms())
def test_the_choice_is_the_splits_own_whatever_its_order(lines, count, random):
    chosen = chosen_lines(iter(lines), count)
    shuffled = list(lines)
    random.shuffle(shuffled)
    assert chosen_lines(iter(shuffled), count) == chosen
    assert len(chosen) == min(count, len(lines))
    assert set(chosen) <= set(lines)


def test_the_first_lines_are_not_simply_taken():
    lines = [f"record {number}".encode() for number in range(1000)]
    assert len({lines.index(line) // 100 for line in chosen_lines(iter(lines), 50)}) > 5


@given(SCORES)
def test_scores_that_repeat_are_deterministic_with_mean_and_spread(scores):
    found = judge(scores, list(scores))
    assert found.deterministic
    assert found.prompts == len(scores)
    assert found.mean == pytest.approx(fmean(scores))
    assert found.spread == pytest.approx(pstdev(scores))


@given(score=st.floats(-1e6, 1e6), count=st.integers(1, 40))
def test_equal_scores_teach_nothing_whatever_their_value(score, count):
    message = problem(judge([score] * count, [score] * count))
    assert message
    assert f"all {count} answers" in message
    assert "partial credit" in message


@given(scores=SCORES, place=st.integers(0, 39))
def test_one_score_that_changes_makes_a_grader_random(scores, place):
    again = list(scores)
    again[place % len(again)] += 1.0
    message = problem(judge(scores, again))
    assert message
    assert "random" in message


def test_a_grader_that_tells_answers_apart_may_teach():
    assert problem(judge([0.0, 1.0, 0.5], [0.0, 1.0, 0.5])) is None
