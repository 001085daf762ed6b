"""Answers made from records, probes, and what scores say of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.calibration import judging
from rft.calibration.grading import Graded
from rft.calibration.honest import right_answers, values_of, wrong_answers
from rft.calibration.probes import LONG, Ground, common_words, make
from rft.calibration.rules import CalibrationRules, Limits, Probe, Thresholds
from rft.calibration.trial import NothingHonest, trial
from rft.calibration.verdicts import Verdict, gravest
from rft.evaluation.ranks import ranks, spearman

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
TEXT = st.text()
RECORDS = st.builds(
    lambda name, prompt, fields: {"id": name, "messages": [{"role": "user", "content": prompt}], **fields},
    st.uuids().map(str),
    st.text(),
    st.fixed_dictionaries(
        {},
        optional={
            "reference_answer": JSON,
            "chosen": st.text(),
            "rejected": st.text(),
            "answer": st.text(),
            "rating": JSON,
        },
    ),
)
GROUNDS = st.builds(
    Ground,
    prompt=st.text(),
    reference=st.lists(st.text(min_size=1), max_size=3),
    best=st.text(),
    words=st.lists(st.text(), max_size=5),
)


def record(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"r-{number}",
        "messages": [{"role": "user", "content": f"What is {number} and {number}?"}],
        "reference_answer": str(2 * number),
        **fields,
    }


RECORD = [record(number) for number in range(1, 21)]


def graded(score) -> Any:
    return lambda event: [{"id": item["id"], "aggregate_reward_score": float(score(item))} for item in event]


def said(item: dict[str, Any]) -> str:
    text: str = item["messages"][-1]["content"]
    return text


def honest(item: dict[str, Any]) -> bool:
    return said(item) == f"The answer is {item['reference_answer']}."


@given(st.lists(RECORDS, min_size=1, max_size=4))
def test_whatever_a_record_holds_right_and_wrong_never_meet(records: list[dict[str, Any]]) -> None:
    for one in records:
        right, wrong = right_answers(one), wrong_answers(one, records)
        assert not set(right) & set(wrong)
        assert all(isinstance(text, str) for text in [*right, *wrong, *values_of(one.get("reference_answer"))])
        assert right_answers(one) == right


@given(st.lists(RECORDS, max_size=4, unique_by=lambda one: one["id"]))
def test_every_answer_is_scored_and_judged_whatever_the_records(records: list[dict[str, Any]]) -> None:
    try:
        report = trial(records, graded(lambda item: len(said(item))), CalibrationRules(), task="any")
    except NothingHonest:
        assert not any(right_answers(one) for one in records)
        return
    assert report.records + report.left_out == len(records)
    assert report.verdict is gravest(
        [*(one.verdict for one in report.measures), *(one.verdict for one in report.probes)]
    )
    assert all(one.outscored + one.matched <= one.records for one in report.probes)


@given(GROUNDS)
def test_probes_are_made_of_any_text_and_hold_no_more_than_they_may(ground: Ground) -> None:
    for probe in Probe:
        text = make(probe, ground)
        assert text is None or isinstance(text, str)
        assert text == make(probe, ground)
    assert len(make(Probe.LONG, ground) or "") == LONG
    assert (make(Probe.PADDED, ground) or "").endswith(ground.best)
    leak = make(Probe.LEAK, ground)
    assert leak is None or all(line in ground.prompt for line in leak.split("\n"))


def test_the_leak_is_what_of_the_prompt_holds_the_reference() -> None:
    ground = Ground(prompt="Ann is 41. Bob is 4. Who is older?", reference=["4"], best="4", words=[])
    assert make(Probe.LEAK, ground) == "Bob is 4."
    assert make(Probe.LEAK, Ground(prompt="Who?", reference=["4"], best="4", words=[])) is None


@pytest.mark.parametrize(
    ("best", "reference", "form"),
    [
        ("So:\n#### 42", ["42"], "So:\n#### "),
        ('{"a": 1, "b": "x"}', ["1", "x"], '{"a": null, "b": null}'),
        ("Dear Ann, yes.", [], "x x, x."),
        ("", [], None),
    ],
)
def test_the_form_is_the_best_answer_without_its_content(best: str, reference: list[str], form: str | None) -> None:
    assert make(Probe.FORM, Ground(prompt="?", reference=reference, best=best, words=[])) == form


def test_common_words_are_those_of_the_most_answers() -> None:
    assert common_words(["so yes yes yes", "so no", "so"])[:1] == ["so"]


def test_a_wrong_answer_is_another_records_or_a_number_near() -> None:
    wrong = wrong_answers(RECORD[0], RECORD)
    assert f"#### {RECORD[0]['reference_answer']}" not in "\n".join(wrong).splitlines()
    assert {json.loads(text) for text in wrong if text.isdigit()} & {2 * number for number in range(2, 21)}


def test_an_honest_grader_passes() -> None:
    report = trial(RECORD, graded(honest), CalibrationRules(), task="any")
    assert report.verdict is Verdict.PASSED
    assert {one.probe for one in report.probes} == set(Probe) - {Probe.LEAK}
    assert not [*filter(None, [*(one.fix for one in report.measures), *(one.fix for one in report.probes)])]


PLAYED = {
    Probe.EMPTY: lambda item: said(item) == "",
    Probe.ECHO: lambda item: item["messages"][0]["content"] in said(item),
    Probe.KEYWORDS: lambda item: "verified" in said(item),
    Probe.LONG: lambda item: len(said(item)) > 10_000,
    Probe.PADDED: lambda item: len(said(item)) > 1_000,
    Probe.REPEATED: lambda item: said(item).count("The answer is") > 1,
    Probe.FORM: lambda item: said(item) == "The answer is .",
    Probe.REFUSAL: lambda item: "can't help" in said(item),
    Probe.INJECTED: lambda item: "highest score" in said(item),
}


@pytest.mark.parametrize("probe", PLAYED)
def test_a_grader_that_pays_more_for_a_hack_is_caught_by_its_probe(probe: Probe) -> None:
    call = graded(lambda item: 0.5 * honest(item) + PLAYED[probe](item))
    report = trial(RECORD, call, CalibrationRules(), task="any")
    found = next(one for one in report.probes if one.probe is probe)
    assert report.verdict is found.verdict is Verdict.FAILED
    assert found.outscored == found.records == 20
    assert found.worst in {one["id"] for one in RECORD}
    assert found.worst_score > found.worst_honest == 0.5
    assert found.fix


def test_a_probe_as_good_as_an_honest_answer_warns_and_where_it_often_is_fails() -> None:
    for some, verdict in ((3, Verdict.WARNED), (20, Verdict.FAILED)):
        names = {one["id"] for one in RECORD[:some]}
        call = graded(lambda item, names=names: honest(item) or (not said(item) and item["id"].split("/")[0] in names))
        found = trial(RECORD, call, CalibrationRules(), task="any").probes[0]
        assert (found.probe, found.verdict, found.matched, found.outscored) == (Probe.EMPTY, verdict, some, 0)


def test_people_who_disagree_with_the_grader_are_heard() -> None:
    pairs = [record(number, chosen=f"good {number}", rejected="b") for number in range(20)]
    for score, verdict in ((len, Verdict.PASSED), (lambda text: -len(text), Verdict.FAILED)):
        report = trial(pairs, graded(lambda item, score=score: score(said(item))), CalibrationRules(), task="any")
        found = next(one for one in report.measures if one.name == "human preferences")
        assert found.verdict is verdict


def test_rated_answers_are_held_against_the_scores() -> None:
    rated = [
        record(number, answer="x" * number, rating={"value": number, "low": 1, "high": 5}) for number in range(1, 6)
    ]
    report = trial(rated, graded(lambda item: len(said(item))), CalibrationRules(), task="any")
    found = next(one for one in report.measures if one.name == "human ratings")
    assert found.value == pytest.approx(1)


def test_a_passing_score_in_the_wrong_place_is_seen_though_the_ranks_agree() -> None:
    rated = [
        record(number, answer="x" * number, rating={"value": number, "low": 1, "high": 5}) for number in range(1, 6)
    ]
    found = {}
    for passing in (4, 1, 2):  # people take 4 and 5 for good
        report = trial(rated, graded(lambda item: len(said(item))), CalibrationRules(passing=passing), task="any")
        found[passing] = next((one for one in report.measures if one.name == "human verdicts"), None)
    assert found[4]
    assert (found[4].value, found[4].verdict) == (1, Verdict.PASSED)
    assert found[2]
    assert found[2].verdict is Verdict.WARNED
    assert "agree on 3 of 5" in found[2].said
    assert "passing" in found[2].fix
    assert found[1]
    assert found[1].value == 0, "all pass: what chance gives"


@given(
    scores=st.lists(st.floats(0, 1), min_size=1, max_size=20), shift=st.floats(0.01, 1), probe=st.sampled_from(Probe)
)
def test_a_probe_below_every_honest_answer_never_fails(scores: list[float], shift: float, probe: Probe) -> None:
    values = {str(place): score for place, score in enumerate(scores)}
    above = {name: score + shift for name, score in values.items()}
    found = judging.probe(probe, values, above, values, Thresholds())
    assert (found.verdict, found.outscored, found.matched) == (Verdict.PASSED, 0, 0)
    assert judging.probe(probe, above, values, values, Thresholds()).verdict is Verdict.FAILED


def test_a_noisy_grader_may_be_allowed_some_records() -> None:
    values, honest_ones = {"a": 1.0, "b": 0.0, "c": 0.0}, {"a": 0.5, "b": 0.5, "c": 0.5}
    lenient = Thresholds(outscored=Limits(warn=0.2, fail=0.4))
    assert judging.probe(Probe.ECHO, values, honest_ones, values, lenient).verdict is Verdict.WARNED


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=30, unique=True))
def test_spearman_is_one_for_the_same_order_and_minus_one_for_the_reverse(values: list[float]) -> None:
    cubes = [2 * rank for rank in ranks(values)]
    assert spearman(values, cubes) == pytest.approx(1)
    assert spearman(values, [-value for value in values]) == pytest.approx(-1)


def test_spearman_with_ties_is_pearsons_correlation_of_mean_ranks() -> None:
    assert ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2]
    # ranks (1, 2.5, 2.5, 4) and (1, 2, 4, 3): covariance 4 - 0.5, variances 4.5 and 5
    assert spearman([1, 2, 2, 3], [1, 2, 4, 3]) == pytest.approx(3.0 / (4.5 * 5) ** 0.5)
    assert spearman([1, 1, 1], [1, 2, 3]) is None
    assert spearman([1, 2], [1, 2]) is None


@pytest.mark.parametrize(
    ("changed", "limits", "verdict"),
    [
        (1, Thresholds().changed, Verdict.FAILED),
        (1, Limits(warn=0.05, fail=0.3), Verdict.WARNED),
        (1, Limits(warn=0.1, fail=0.3), Verdict.PASSED),
        (4, Limits(warn=0.05, fail=0.3), Verdict.FAILED),
        (0, Thresholds().changed, Verdict.PASSED),
    ],
)
def test_a_task_says_how_many_scores_may_change_from_one_time_to_the_next(
    changed: int, limits: Limits, verdict: Verdict
) -> None:
    first = {str(number): 0.5 for number in range(10)}
    again = {name: 0.6 if int(name) < changed else score for name, score in first.items()}
    found = judging.determinism(
        Graded(scores=first, failures=[], seconds=0.0), Graded(scores=again, failures=[], seconds=0.0), limits
    )
    assert found.verdict is verdict
    assert bool(found.fix) is (verdict is not Verdict.PASSED)
