from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rft.aws.faults import explain
from rft.cli.draw import BARS, curve_text, seconds_text, sparkline
from rft.cli.exits import NoAws
from rft.training.curve import Point


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (60, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3600, "1 h 00 min"),
        (7800, "2 h 10 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, expected: str) -> None:
    assert seconds_text(seconds) == expected


def test_a_sparkline_goes_from_the_lowest_to_the_highest_bar() -> None:
    assert sparkline([0.0, 0.5, 0.6, 1.0]) == "▁▅▅█"


@pytest.mark.parametrize(("values", "expected"), [([], ""), ([0.5], "▄"), ([1.0, 1.0], "▄▄")])
def test_a_sparkline_of_nothing_or_of_equal_values(values: list[float], expected: str) -> None:
    assert sparkline(values) == expected


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=300), st.integers(1, 80))
def test_a_sparkline_is_never_wider_than_asked(values: list[float], width: int) -> None:
    drawn = sparkline(values, width)
    assert len(drawn) == min(len(values), width)
    assert set(drawn) <= set(BARS)


def test_a_curve_says_how_the_grader_scored_in_the_end() -> None:
    first = Point(at=datetime(2026, 11, 26, tzinfo=UTC), mean=0.25, rollouts=100, calls=2, failures=1)
    last = replace(first, mean=0.5, spread=0.25, length=1234.4, parse_failures=5, failures=0)
    assert curve_text([replace(first, calls=0)]).plain == "reward ▄  0.250 over 100 rollouts"
    assert curve_text([first, last]).plain.splitlines() == [
        "reward ▁█  0.250 → 0.500 over 200 rollouts",
        "last   spread 0.250  answers 1,234 characters  parse failures 5.0%  1 of 4 calls of the grader failed",
    ]


def test_a_curve_says_what_became_of_questions_to_judges() -> None:
    first = Point(at=datetime(2026, 11, 26, tzinfo=UTC), mean=0.25, rollouts=100, calls=2, judge_calls=900)
    last = replace(first, judge_calls=104, judge_errors=3, judge_malformed=4)
    told = curve_text([first, last]).plain
    assert told.endswith("  judges asked 1,004 times, 3 errors, 4 malformed")
    assert "judges" not in curve_text([replace(first, judge_calls=0)]).plain


def test_an_error_that_is_not_of_aws_is_left_to_others() -> None:
    assert explain(ValueError("x"), deploy="d") is None
    assert explain(NoAws("x"), deploy="d") is None
