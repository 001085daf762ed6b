"""Recorded scores beside today's: what counts as moved, what recording keeps, what people are told."""

import pytest

from rft.calibration.grading import Call
from rft.errors import GraderBroken
from rft.golden.comparing import compare, drift_words, record
from rft.golden.rules import GoldenRules
from rft.golden.samples import GoldenSample
from rft.golden.scoring import score_golden
from rft.rewards.errors import GraderError


def samples(**scores: float | None) -> list[GoldenSample]:
    asked = [{"role": "user", "content": "What is 2 + 2?"}]
    return [
        GoldenSample(record={"id": name, "messages": asked, "reference_answer": "4"}, answer=name, score=score)
        for name, score in scores.items()
    ]


def test_equal_scores_are_inside_a_tolerance_of_zero() -> None:
    found = compare(samples(a=1.0, b=0.5), {"a": 1.0, "b": 0.5}, GoldenRules())
    assert found.inside
    assert (found.samples, found.drift, found.mean_drift, found.moved) == (2, 0.0, 0.0, [])


def test_a_difference_beyond_the_tolerance_is_named_the_furthest_first() -> None:
    rules = GoldenRules(tolerance=0.2)
    found = compare(samples(a=1.0, b=0.5, c=0.0), {"a": 0.75, "b": 0.3, "c": 0.9}, rules)
    assert not found.inside
    assert [one.id for one in found.moved] == ["c", "a"]
    assert found.drift == 0.9
    said = drift_words("sums", found, rules)
    assert "2 of 3 golden samples moved by more than golden.tolerance (0.2): c 0 to 0.9, a 1 to 0.75" in said
    assert "`rft golden record --task sums`" in said


def test_the_rounding_of_sums_is_no_change() -> None:
    assert compare(samples(a=0.3), {"a": 0.1 + 0.2}, GoldenRules()).inside
    assert compare(samples(a=0.7), {"a": 0.9}, GoldenRules(tolerance=0.2)).inside


def test_samples_that_all_move_one_way_are_caught_by_their_mean() -> None:
    rules = GoldenRules(tolerance=0.2, mean_tolerance=0.05)
    assert compare(samples(a=0.5, b=0.5), {"a": 0.6, "b": 0.4}, rules).inside
    found = compare(samples(a=0.5, b=0.5), {"a": 0.6, "b": 0.6}, rules)
    assert not found.inside
    assert found.moved == []
    assert "the mean of 2 golden samples moved by 0.1, more than golden.mean_tolerance (0.05)" in drift_words(
        "sums", found, rules
    )


def test_a_message_names_some_and_counts_the_rest() -> None:
    before = {f"s{number}": 0.0 for number in range(9)}
    found = compare(samples(**before), dict.fromkeys(before, 1.0), GoldenRules())
    assert "and 4 more" in drift_words("sums", found, GoldenRules())


def test_recording_keeps_scores_inside_the_tolerance_and_fills_in_missing_ones() -> None:
    kept = record(samples(a=0.5, b=0.5, c=None), {"a": 0.6, "b": 0.9, "c": 0.1}, GoldenRules(tolerance=0.2))
    assert [one.score for one in kept] == [0.5, 0.9, 0.1]


def test_recording_takes_all_scores_of_today_where_the_mean_has_moved() -> None:
    rules = GoldenRules(tolerance=0.2, mean_tolerance=0.05)
    scores = {"a": 0.6, "b": 0.6}
    again = record(samples(a=0.5, b=0.5), scores, rules)
    assert [one.score for one in again] == [0.6, 0.6]
    assert compare(again, scores, rules).inside


def answering(broken: str | None = None) -> Call:
    def call(event):
        if any(item["messages"][-1]["content"] == broken for item in event):
            raise GraderError(f"no such column for {broken}")
        return [{"id": item["id"], "aggregate_reward_score": 0.25} for item in event]

    return call


def test_samples_reach_the_grader_as_records_do() -> None:
    seen = []

    def call(event):
        seen.extend(event)
        return answering()(event)

    assert score_golden(samples(a=1.0, b=0.0), call) == {"a": 0.25, "b": 0.25}
    assert [item["id"] for item in seen] == ["a/golden", "b/golden"]
    assert seen[0]["messages"][-1] == {"role": "assistant", "content": "a"}
    assert seen[0]["reference_answer"] == seen[0]["metadata"]["reference_answer"] == "4"
    assert "score" not in seen[0]["metadata"]


def test_a_sample_without_a_score_is_named() -> None:
    with pytest.raises(GraderBroken, match="golden samples without a score: b/golden: no such column for b"):
        score_golden(samples(a=1.0, b=0.0), answering("b"))
    with pytest.raises(GraderError, match="no such column"):
        score_golden(samples(a=1.0, b=0.0), answering("b"), apart=False)
