"""The gate promotes what is surely better and says in words why."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rft.errors import EvaluationIncomplete
from rft.evaluation.gate import decide
from rft.schemas import Score
from rft.tasks import GateRule

RULE = GateRule(min_gain=0.0, champion_margin=0.0, confidence=0.95, min_records=20)


def scored(baseline: list[float], candidate: list[float], champion: list[float] | None = None) -> list[Score]:
    columns = {"baseline": baseline, "candidate": candidate, **({"champion": champion} if champion else {})}
    return [
        Score(id=f"s-{i}", scores={name: values[i] for name, values in columns.items()}, seconds=0.1)
        for i in range(len(baseline))
    ]


def noisy(mean: float, count: int, seed: int) -> list[float]:
    rng = random.Random(seed)
    return [min(1.0, max(0.0, rng.gauss(mean, 0.3))) for _ in range(count)]


def test_a_clear_gain_is_promoted_with_figures() -> None:
    result, decision = decide(scored(noisy(0.3, 100, 1), noisy(0.8, 100, 2)), RULE, expected_records=100)
    assert decision.promote
    (reason,) = decision.reasons
    assert "on 100 records: the gain +0." in reason
    assert "95% interval" in reason
    assert "lies above min_gain 0.000" in reason
    assert result.records == 100
    assert set(result.models) == {"baseline", "candidate"}
    gain = result.gains["baseline"]
    assert gain.mean == pytest.approx(result.models["candidate"].mean - result.models["baseline"].mean)
    assert 0 < gain.low < gain.mean < gain.high


def test_chance_is_not_promoted() -> None:
    _, decision = decide(scored(noisy(0.5, 60, 1), noisy(0.5, 60, 2)), RULE, expected_records=60)
    assert not decision.promote
    assert "does not lie above min_gain" in decision.reasons[0]


def test_a_gain_that_may_be_chance_is_not_promoted() -> None:
    result, decision = decide(scored([0.5] * 40, [0.0, 1.0, 1.0, 0.3] * 10), RULE, expected_records=40)
    assert result.gains["baseline"].low < 0 < result.gains["baseline"].mean
    assert not decision.promote


def test_equal_scores_are_not_promoted_and_a_sure_gain_is() -> None:
    same = [0.5] * 30
    assert not decide(scored(same, same), RULE, expected_records=30)[1].promote
    assert decide(scored(same, [0.6] * 30), RULE, expected_records=30)[1].promote


def test_a_gain_below_the_margin_is_not_promoted() -> None:
    scores = scored(noisy(0.3, 200, 1), noisy(0.6, 200, 2))
    assert decide(scores, RULE, expected_records=200)[1].promote
    strict = GateRule(min_gain=0.5)
    assert not decide(scores, strict, expected_records=200)[1].promote


def test_pairing_finds_what_means_alone_would_not() -> None:
    rng = random.Random(3)
    baseline = [rng.random() for _ in range(50)]
    candidate = [value + 0.03 + rng.gauss(0, 0.01) for value in baseline]
    result, decision = decide(scored(baseline, candidate), RULE, expected_records=50)
    assert result.models["candidate"].low < result.models["baseline"].high
    assert decision.promote


def test_the_champion_must_be_beaten_as_well() -> None:
    baseline, candidate, champion = noisy(0.2, 100, 1), noisy(0.6, 100, 2), noisy(0.9, 100, 3)
    result, decision = decide(scored(baseline, candidate, champion), RULE, expected_records=100)
    assert not decision.promote
    assert len(decision.reasons) == 2
    assert "champion_margin" in decision.reasons[1]
    assert set(result.gains) == {"baseline", "champion"}
    assert decide(scored(baseline, champion, candidate), RULE, expected_records=100)[1].promote
    lenient = GateRule(champion_margin=-1.0)
    assert decide(scored(baseline, candidate, champion), lenient, expected_records=100)[1].promote


def test_too_few_records_are_not_promoted() -> None:
    result, decision = decide(scored([0.0] * 19, [1.0] * 19), RULE, expected_records=19)
    assert not decision.promote
    assert decision.reasons == ["19 held-out records are too few: the gate needs 20"]
    assert result.models["candidate"].mean == 1


@pytest.mark.parametrize(
    ("scores", "expected", "hint"),
    [
        (scored([0.0] * 20, [1.0] * 20), 21, "20 of 21"),
        (scored([0.0] * 21, [1.0] * 21), 20, "21 of 20"),
        ([], 20, "0 of 20"),
        ([], 0, "0 of 0"),
        (scored([0.0], [1.0]), 1, "at least 2"),
        (scored([0.0] * 20, [1.0] * 20) * 2, 40, "scored twice"),
        ([Score(id=str(i), scores={"candidate": 1.0}, seconds=0) for i in range(20)], 20, "no scores of the baseline"),
        (
            [*scored([0.0] * 19, [1.0] * 19), Score(id="x", scores={"baseline": 0.0}, seconds=0)],
            20,
            "record x has scores of",
        ),
        (scored([0.0] * 19 + [float("nan")], [1.0] * 20), 20, "not finite"),
    ],
)
def test_the_gate_does_not_decide_on_a_part(scores: list[Score], expected: int, hint: str) -> None:
    with pytest.raises(EvaluationIncomplete, match=hint):
        decide(scores, RULE, expected_records=expected)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=20, max_size=60), st.randoms())
def test_the_order_of_scores_does_not_matter(pairs: list[tuple[float, float]], rng: random.Random) -> None:
    scores = scored([a for a, _ in pairs], [b for _, b in pairs])
    shuffled = scores.copy()
    rng.shuffle(shuffled)
    assert decide(scores, RULE, expected_records=len(scores)) == decide(shuffled, RULE, expected_records=len(scores))


def audited(scores: list[Score], baseline: list[float], candidate: list[float]) -> list[Score]:
    pairs = zip(scores, baseline, candidate, strict=True)
    return [replace(score, audited={"baseline": low, "candidate": high}) for score, low, high in pairs]


def test_what_only_pleases_the_grader_that_trained_it_is_not_promoted() -> None:
    played = scored(noisy(0.3, 100, 1), noisy(0.9, 100, 2))
    result, decision = decide(audited(played, noisy(0.5, 100, 3), noisy(0.4, 100, 4)), RULE, expected_records=100)
    assert not decision.promote
    assert result.audited_gain
    assert result.audited_gain.mean < 0
    assert "lies above min_gain" in decision.reasons[0]
    assert "by the independent grader the gain -0." in decision.reasons[1]
    assert "does not lie above audit_min_gain 0.000" in decision.reasons[1]


def test_what_both_graders_see_is_promoted() -> None:
    better = scored(noisy(0.3, 100, 1), noisy(0.9, 100, 2))
    _, decision = decide(audited(better, noisy(0.3, 100, 3), noisy(0.7, 100, 4)), RULE, expected_records=100)
    assert decision.promote


def test_a_record_without_the_independent_graders_score_stops_the_gate() -> None:
    better = scored(noisy(0.3, 30, 1), noisy(0.9, 30, 2))
    some = audited(better, [0.1] * 30, [0.2] * 30)
    with pytest.raises(EvaluationIncomplete, match="record s-7 has no scores of the independent grader"):
        decide([*some[:7], better[7], *some[8:]], RULE, expected_records=30)
