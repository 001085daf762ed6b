"""What a run's report says of its reward model."""

from msgspec.structs import replace

from rft.interval import Interval
from rft.report.reward_model import reward_model_rows
from rft.schemas import RewardModelPin

PIN = RewardModelPin(
    key="runs/r/reward-model",
    report_key="runs/r/reward-model.json",
    sha256="ab" * 32,
    pairs=300,
    tested=100,
    accuracy=Interval(mean=0.8, low=0.711, high=0.867),
    longer_wins=0.4,
    gain=Interval(mean=0.2, low=0.07, high=0.33),
    first_wins=Interval(mean=0.55, low=0.5, high=0.6),
    reused_from="r-0",
)


def test_all_that_is_known_is_said() -> None:
    rows = dict(reward_model_rows(PIN))
    assert rows == {
        "reward model": "agrees with people on 80.0% [71.1%, 86.7%] of 100 held-out pairs (the shorter answer wins: "
        "60.0%), better than that by +20.0% [+7.0%, +33.0%]; trained on 300 pairs",
        "its annotators": "prefer the answer shown first in 55.0% [50.0%, 60.0%]",
        "trained by": "r-0",
        "its file": f"runs/r/reward-model, SHA-256 {PIN.sha256}",
        "its report": "runs/r/reward-model.json",
    }


def test_what_is_not_known_is_left_out() -> None:
    rows = reward_model_rows(replace(PIN, gain=None, first_wins=None, reused_from=None))
    assert [name for name, _ in rows] == ["reward model", "its file", "its report"]
    assert reward_model_rows(None) == []


def test_embeddings_are_said_with_what_it_would_be_without() -> None:
    without = Interval(mean=0.75, low=0.66, high=0.82)
    rows = dict(reward_model_rows(replace(PIN, embeddings="amazon.titan-embed-text-v2:0", without_embeddings=without)))
    assert rows["its embeddings"] == "amazon.titan-embed-text-v2:0; without them 75.0% [66.0%, 82.0%] right"
