"""Which records calibrate, and what a grader makes of a base model's rollouts and of probes."""

import json
from collections.abc import Callable
from pathlib import Path
from statistics import fmean, pstdev
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.bedrock.policy import Policy, answer
from rft.calibration.baseline import calibrate, chosen_lines, refusal
from rft.calibration.grading import PER_CALL, PER_CALL_BYTES, Answer, Kind, grade_all
from rft.calibration.rules import CalibrationRules
from rft.calibration.verdicts import Report, Verdict
from rft.errors import GraderBroken
from rft.interval import Interval
from rft.rewards.entry import grade
from rft.schemas import Calibration, RewardModelPin
from rft.tasks import load_task

ROOT = Path(__file__).parents[3]
LINES = st.lists(st.text().map(str.encode), unique=True, max_size=40)
SCORES = st.lists(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=2, max_size=4), min_size=1, max_size=8)
RULES = CalibrationRules()


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


def rollouts(groups: list[list[float]], **fields: Any) -> list[Answer]:
    """Return rollouts that say the score which ``says`` gives them."""
    return [
        Answer(
            record={"id": f"r-{number}", "messages": [{"role": "user", "content": f"Ask {number}"}], **fields},
            kind=Kind.ROLLOUT,
            name=str(place),
            text=f"worth {score}",
        )
        for number, group in enumerate(groups)
        for place, score in enumerate(group)
    ]


def says(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def worth(text: str) -> float:
        return float(text.split()[1]) if text.startswith("worth ") and text.count(" ") == 1 else 0.0

    return [{"id": one["id"], "aggregate_reward_score": worth(one["messages"][-1]["content"])} for one in event]


def judged(groups: list[list[float]], call: Callable[..., Any] = says, **rules: Any) -> tuple[Report, Calibration]:
    return calibrate(rollouts(groups), call, call, CalibrationRules(**rules), task="any", step_rollouts=64)


def verdicts(report: Report) -> dict[str, Verdict]:
    return {one.name: one.verdict for one in report.measures}


@given(SCORES)
def test_the_short_form_says_what_the_scores_are(groups: list[list[float]]) -> None:
    report, short = judged(groups)
    scores = [score for group in groups for score in group]
    assert (short.prompts, short.rollouts, short.deterministic) == (len(groups), len(scores), True)
    assert short.mean == pytest.approx(fmean(scores))
    assert short.spread == pytest.approx(pstdev(scores))
    assert short.pass_rate == pytest.approx(sum(score >= 0.5 for score in scores) / len(scores))
    assert short.mixed == pytest.approx(sum(len(set(group)) > 1 for group in groups) / len(groups))
    assert short.verdict == report.verdict
    assert (refusal(report) is None) == (report.verdict is not Verdict.FAILED)


def test_a_grader_that_tells_rollouts_apart_may_teach() -> None:
    report, short = judged([[0.0, 1.0, 0.5, 0.0]] * 8)
    assert report.verdict is Verdict.PASSED
    assert refusal(report) is None
    assert short.notes == []


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_equal_scores_teach_nothing_whatever_their_value(score: float) -> None:
    report, short = judged([[score] * 4] * 4)
    message = refusal(report)
    assert message
    assert f"all 16 answers score {score:g}" in message
    assert "partial credit" in message
    assert short.spread == 0


def test_a_prompt_teaches_only_if_its_own_rollouts_differ() -> None:
    report, short = judged([[0.0] * 4, [1.0] * 4] * 4)
    assert short.mixed == 0
    assert verdicts(report)["spread"] is Verdict.PASSED
    assert verdicts(report)["mixed prompts"] is Verdict.FAILED


def test_a_base_that_hardly_ever_or_nearly_always_passes_is_told_what_to_do() -> None:
    for groups, fix in (
        ([[0.0, 0.1, 0.2, 0.3]] * 8, "supervise first"),
        ([[0.9, 1.0, 0.8, 0.7]] * 8, "already solved"),
    ):
        report, _ = judged(groups)
        found = next(one for one in report.measures if one.name == "pass rate")
        assert found.verdict is Verdict.WARNED
        assert fix in found.fix


def test_a_base_that_always_fails_may_be_supervised_first_by_a_grader_that_knows_what_is_right() -> None:
    def finds(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
        right = {one["id"]: "42" in one["messages"][-1]["content"] for one in event}
        return [{**one, "aggregate_reward_score": float(right[one["id"]])} for one in says(event)]

    base = rollouts([[0.0] * 4] * 4, reference_answer="42")
    for grader, first, verdict in (
        (finds, True, Verdict.WARNED),
        (finds, False, Verdict.FAILED),
        (lambda event: [{**one, "aggregate_reward_score": 0.0} for one in says(event)], True, Verdict.FAILED),
    ):
        report, _ = calibrate(base, grader, grader, RULES, task="any", step_rollouts=64, supervised_first=first)
        assert {verdicts(report)["spread"], verdicts(report)["mixed prompts"]} == {verdict}


def test_scores_that_follow_length_are_warned_of() -> None:
    answers = [
        Answer(record=one.record, kind=one.kind, name=one.name, text="worth 0." + "5" * (place % 7 + 1))
        for place, one in enumerate(rollouts([[0.0] * 4] * 8))
    ]
    report, _ = calibrate(answers, says, says, RULES, task="any", step_rollouts=64)
    assert verdicts(report)["length"] is Verdict.WARNED


def test_the_second_time_as_many_calls_are_made_at_once_as_a_training_step_makes() -> None:
    met = Barrier(3, timeout=20)  # three calls at once, or it breaks
    calls = []

    def waits_for_others(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
        calls.append(len(event))
        if len(calls) > 1:
            met.wait()
            sleep(0.06 if "r-0/" in event[0]["id"] else 0.0)
        return says(event)

    asked = rollouts([[0.0, 1.0]] * 6)
    report, _ = calibrate(asked, waits_for_others, says, RULES, task="any", step_rollouts=3 * 64)
    assert calls == [12, 4, 4, 4]
    found = next(one for one in report.measures if one.name == "latency at once")
    assert found.value is not None
    assert found.value >= 0.06 / 4, "the slowest call counts"
    assert "slowest of 3 calls at once" in found.said


def test_an_independent_grader_that_sees_it_otherwise_is_heard() -> None:
    asked = rollouts([[0.0, 1.0, 0.5, 0.25]] * 4)

    def against(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "aggregate_reward_score": 1 - one["aggregate_reward_score"]} for one in says(event)]

    def alike(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "aggregate_reward_score": 0.5} for one in says(event)]

    found = {}
    for audit in (says, against, alike):
        report, _ = calibrate(asked, says, says, RULES, task="any", step_rollouts=64, audit=audit)
        found[audit] = next(one for one in report.measures if one.name == "independent grader")
    assert found[says].value == pytest.approx(1)
    assert found[says].verdict is Verdict.PASSED
    assert found[against].value == pytest.approx(-1)
    assert found[against].verdict is Verdict.FAILED
    assert found[alike].verdict is Verdict.WARNED
    assert "read the answers" in found[against].fix


@pytest.mark.parametrize(("low", "verdict"), [(0.01, Verdict.PASSED), (-0.014, Verdict.WARNED)])
def test_a_reward_models_gain_over_length_that_may_be_chance_is_warned_of(low: float, verdict: Verdict) -> None:
    pin = RewardModelPin(
        key="k",
        report_key="r",
        sha256="0" * 64,
        pairs=600,
        tested=267,
        accuracy=Interval(mean=0.779, low=0.725, high=0.825),
        longer_wins=0.73,
        gain=Interval(mean=0.049, low=low, high=0.112),
    )
    asked = rollouts([[0.0, 1.0, 0.5, 0.25]] * 4)
    report, _ = calibrate(asked, says, says, RULES, task="any", step_rollouts=64, reward_model=pin)
    found = next(one for one in report.measures if one.name == "reward model")
    assert found.verdict is verdict
    assert ("may be chance" in found.fix) == (verdict is Verdict.WARNED)
    assert report.verdict is verdict


def test_one_score_that_changes_makes_a_grader_random() -> None:
    calls = []

    def random(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
        calls.append(event)
        return [{**one, "aggregate_reward_score": one["aggregate_reward_score"] + len(calls)} for one in says(event)]

    report, short = judged([[0.0, 1.0]] * 4, random)
    assert not short.deterministic
    assert "random" in (refusal(report) or "")


def test_probes_are_compared_with_rollouts_that_pass_where_no_record_has_an_answer() -> None:
    def pays_nothing_said(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
        empty = {one["id"] for one in event if not one["messages"][-1]["content"]}
        return [{**one, "aggregate_reward_score": 2.0} if one["id"] in empty else one for one in says(event)]

    report, _ = judged([[0.0, 1.0]] * 4 + [[0.0, 0.25]] * 4, pays_nothing_said)
    assert report.left_out == 4
    message = refusal(report) or ""
    assert "hack probe empty scores 2 on record r-0, the honest answer 1; give an empty answer the lowest" in message
    assert judged([[0.0, 0.25]] * 4)[0].probes == []


def test_a_failure_of_the_grader_is_raised() -> None:
    def broken(event: list[dict[str, Any]]) -> Any:
        raise GraderBroken("the grader failed with KeyError: 'x'")

    with pytest.raises(GraderBroken, match="KeyError"):
        judged([[0.0, 1.0]], broken)


@given(sizes=st.lists(st.integers(0, PER_CALL_BYTES), max_size=12))
def test_no_call_is_larger_than_lambda_takes(sizes: list[int]) -> None:
    seen: list[int] = []

    def call(event: list[dict[str, Any]]) -> Any:
        assert len(event) <= PER_CALL
        assert len(event) == 1 or sum(len(one["messages"][-1]["content"]) for one in event) <= PER_CALL_BYTES
        seen.append(len(event))
        return says(event)

    record = {"id": "r", "messages": []}
    answers = [
        Answer(record=record, kind=Kind.RIGHT, name=str(place), text="x" * size) for place, size in enumerate(sizes)
    ]
    assert len(grade_all(answers, call).scores) == len(answers) == sum(seen)


@pytest.mark.parametrize("task", ["arithmetic", "tickets"])
def test_the_local_base_model_calibrates_the_shipped_tasks(task: str) -> None:
    folder = ROOT / "tasks" / task
    lines = (folder / "data" / f"{task}.jsonl").read_bytes().splitlines(keepends=True)
    policy = Policy.base()
    answers = []
    for record in map(json.loads, chosen_lines(lines, RULES.prompts)):
        prompt = record["messages"][-1]["content"]
        for draw in range(RULES.samples):
            behaviour = policy.choose(prompt, temperature=1.0, draw=draw)
            text = answer(behaviour, record["reference_answer"], prompt)
            answers.append(Answer(record=record, kind=Kind.ROLLOUT, name=str(draw + 1), text=text))

    def call(event: list[dict[str, Any]]) -> Any:
        return grade(folder, event)

    report, short = calibrate(answers, call, call, load_task(folder).calibration, task=task, step_rollouts=512)
    assert refusal(report) is None
    assert short.mixed is not None
    assert short.mixed > 0.5
    assert all(one.verdict is Verdict.PASSED for one in report.probes)
