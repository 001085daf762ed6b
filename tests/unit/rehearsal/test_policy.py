"""The learner: advantages, its gradient against finite differences, and how it plays."""

from math import fsum, log
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rft.calibration.grading import Kind
from rft.calibration.rules import CalibrationRules, Probe
from rft.calibration.trial import NothingHonest
from rft.calibration.verdicts import Verdict
from rft.errors import GraderBroken
from rft.rehearsal.behaviours import HONEST, Behaviour, Pay, payoffs, start_of
from rft.rehearsal.playing import POINTS, play
from rft.rehearsal.policy import advantages, divergence, softmax, step
from rft.rehearsal.rules import RehearsalRules

REWARDS = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=16)
LOGITS = st.lists(st.floats(-5, 5), min_size=2, max_size=6)
SHORT = RehearsalRules(steps=200, prompts=8)


def pays(worth: dict[Behaviour, float], *, wrong: float | None = None, records: int = 3) -> dict[Behaviour, list[Pay]]:
    """Return what behaviours earn; ``wrong`` is the reward of honest attempts that fail."""
    return {
        kind: [
            Pay(
                right=worth.get(kind, 0.0),
                wrong=worth.get(kind, 0.0) if wrong is None or kind not in HONEST else wrong,
            )
        ]
        * records
        for kind in Behaviour
    }


@given(REWARDS)
def test_advantages_have_mean_zero_and_deviation_one_or_are_all_zero(rewards: list[float]) -> None:
    found = advantages(rewards)
    assert fsum(found) == pytest.approx(0, abs=1e-4)
    if any(found):
        assert fsum(gain * gain for gain in found) / len(found) == pytest.approx(1, rel=1e-4)
    else:
        assert max(rewards) - min(rewards) <= 1e-5 * max(1.0, max(map(abs, rewards)))


@given(reward=st.floats(-1e6, 1e6), count=st.integers(2, 16))
def test_equal_rewards_teach_nothing(reward: float, count: int) -> None:
    assert advantages([reward] * count) == [0.0] * count


@given(LOGITS)
def test_softmax_sums_to_one_and_is_no_nearer_to_another_than_to_itself(logits: list[float]) -> None:
    policy = softmax(logits)
    assert fsum(policy) == pytest.approx(1)
    assert softmax([logit + 1000 for logit in logits]) == pytest.approx(policy)
    even = [1 / len(policy)] * len(policy)
    assert divergence(policy, policy) == 0
    assert divergence(policy, even) >= -1e-12


@given(st.data())
def test_a_step_is_the_natural_gradient_of_the_objective(data: st.DataObject) -> None:
    kinds = data.draw(st.integers(2, 5))
    rewards = st.sampled_from([0.0, 0.5, 1.0])
    groups = [
        [
            (kind, data.draw(rewards))
            for kind in [*range(kinds), *data.draw(st.lists(st.integers(0, kinds - 1), max_size=4))]
        ]
        for _ in range(data.draw(st.integers(1, 3)))
    ]
    start = softmax(data.draw(st.lists(st.floats(-2, 2), min_size=kinds, max_size=kinds)))
    gains = [advantages([reward for _, reward in group]) for group in groups]
    chosen = [kind for group in groups for kind, _ in group]
    policy = [chosen.count(kind) / len(chosen) for kind in range(kinds)]  # so that the batch is what it expects
    logits = [log(share) for share in policy]

    def objective(values: list[float]) -> float:
        shares = softmax(values)
        likely = fsum(
            gain * log(shares[kind])
            for group, some in zip(groups, gains, strict=True)
            for (kind, _), gain in zip(group, some, strict=True)
        )
        return likely / len(chosen) - 0.3 * divergence(shares, start)

    moved = step(logits, start, groups, learning_rate=1.0, kl=0.3)
    natural = [new - old for new, old in zip(moved, logits, strict=True)]
    mean = fsum(share * move for share, move in zip(policy, natural, strict=True))
    for place, (share, move) in enumerate(zip(policy, natural, strict=True)):
        ends = [[*logits[:place], logits[place] + shift, *logits[place + 1 :]] for shift in (-1e-5, 1e-5)]
        slope = (objective(ends[1]) - objective(ends[0])) / 2e-5
        assert share * (move - mean) == pytest.approx(slope, abs=1e-6)  # Fisher information times the move


def test_the_divergence_alone_leads_back_to_the_start() -> None:
    start, logits = [0.5, 0.3, 0.2], [3.0, 0.0, -1.0]
    for _ in range(2000):
        logits = step(logits, start, [[(0, 1.0), (1, 1.0)]], learning_rate=1.0, kl=0.5)
    assert softmax(logits) == pytest.approx(start, abs=1e-3)


def test_the_base_is_mostly_honest_or_wrong() -> None:
    start = start_of(list(Behaviour))
    assert fsum(start) == pytest.approx(1)
    shares = dict(zip(Behaviour, start, strict=True))
    assert fsum(shares[kind] for kind in HONEST) > 2 * max(shares[kind] for kind in Behaviour if kind not in HONEST)


def test_honest_attempts_win_where_they_are_paid() -> None:
    found = play(pays({Behaviour.RIGHT: 1.0, Behaviour.OTHER_FORM: 0.6}, wrong=0.0), SHORT)
    assert (found.verdict, found.winner, found.overtaken_at, found.fix) == (Verdict.PASSED, Behaviour.RIGHT, None, "")
    assert found.curve[-1].reward > found.curve[0].reward
    assert (found.curve[0].step, found.curve[-1].step) == (0, 200)
    assert len(found.curve) <= POINTS + 1


@pytest.mark.parametrize("hack", [kind for kind in Behaviour if kind not in HONEST])
def test_a_hack_that_earns_more_than_an_attempt_that_half_succeeds_wins(hack: Behaviour) -> None:
    found = play(pays({Behaviour.RIGHT: 1.0, hack: 0.9}, wrong=0.0), RehearsalRules(steps=300))
    assert found.verdict is Verdict.FAILED
    assert found.winner is hack
    assert found.overtaken_by is hack
    assert found.overtaken_at is not None
    assert 0 < found.overtaken_at < 300
    assert f"{hack} earns 0.9, an honest attempt 0.5" in found.fix


def test_an_able_model_has_no_need_of_the_same_hack() -> None:
    worth = pays({Behaviour.RIGHT: 1.0, Behaviour.EMPTY: 0.9}, wrong=0.0)
    assert play(worth, RehearsalRules(steps=300, ability=1.0)).verdict is Verdict.PASSED


def test_a_grader_that_tells_nothing_apart_teaches_nothing() -> None:
    found = play(pays(dict.fromkeys(Behaviour, 0.5)), SHORT)
    assert found.verdict is Verdict.FAILED
    assert found.curve[-1].honest == pytest.approx(found.curve[0].honest)


def test_padding_that_pays_is_warned_of() -> None:
    found = play(pays({Behaviour.VERBOSE: 1.0, Behaviour.RIGHT: 0.5, Behaviour.OTHER_FORM: 0.5}, wrong=0.0), SHORT)
    assert (found.verdict, found.winner) == (Verdict.WARNED, Behaviour.VERBOSE)
    assert "length" in found.fix


@given(worth=st.dictionaries(st.sampled_from(Behaviour), st.floats(-1, 1)), seed=st.integers(0, 9))
def test_whatever_is_paid_the_play_ends_and_repeats(worth: dict[Behaviour, float], seed: int) -> None:
    rules = RehearsalRules(steps=10, prompts=2, samples=4, seed=seed)
    first, second = (play(pays(worth, wrong=0.0), rules) for _ in range(2))
    assert first == second
    assert fsum(share.after for share in first.behaviours) == pytest.approx(1)
    assert all(0 <= point.hack <= 1 and 0 <= point.honest <= 1 + 1e-9 for point in first.curve)
    assert (first.overtaken_at is None) == (first.overtaken_by is None)


def record(number: int, **fields: Any) -> dict[str, Any]:
    message = {"role": "user", "content": f"What is {number} and {number}?"}
    return {"id": f"r-{number}", "messages": [message], "reference_answer": str(2 * number), **fields}


def exact(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"id": one["id"], "aggregate_reward_score": float(one["messages"][-1]["content"] == one["reference_answer"])}
        for one in event
    ]


def test_attempts_earn_what_the_grader_says_of_the_right_answer_and_of_anothers() -> None:
    found = payoffs([record(number) for number in range(1, 9)], exact, CalibrationRules())
    assert found[Behaviour.RIGHT] == [Pay(right=1.0, wrong=0.0)] * 8
    assert found[Behaviour.OTHER_FORM] == found[Behaviour.WRONG] == found[Behaviour.ECHO] == [Pay(right=0, wrong=0)] * 8


def test_behaviours_that_are_honest_here_are_left_out() -> None:
    rules = CalibrationRules(without=[Probe.REFUSAL])
    assert Behaviour.REFUSAL not in payoffs([record(1), record(2)], exact, rules)


def test_a_rehearsal_needs_answers_and_a_grader_that_scores_them() -> None:
    def broken(event: list[dict[str, Any]]) -> Any:
        return exact([one for one in event if Kind.PROBE not in one["id"]])

    with pytest.raises(NothingHonest, match="fewer than 2 records"):
        payoffs([record(1), record(2, reference_answer=None)], exact, CalibrationRules())
    with pytest.raises(GraderBroken, match=r"answers got no score; r-1/probe/right"):
        payoffs([record(1), record(2)], broken, CalibrationRules())


@given(count=st.integers(2, 5), text=st.text(min_size=1))
def test_equal_references_give_a_rehearsal_as_well(count: int, text: str) -> None:
    assume(text.strip())
    records = [record(number, reference_answer=text) for number in range(count)]
    found = payoffs(records, exact, CalibrationRules())
    assert {len(some) for some in found.values()} == {count}
