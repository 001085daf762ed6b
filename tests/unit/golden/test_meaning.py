"""Which scores may be compared, and which jobs be reused: the meaning and the content of a grader's pin."""

from typing import Any

from rft.interval import Interval
from rft.schemas import GraderPin, RewardModelPin

MODEL = RewardModelPin(
    key="k",
    report_key="r",
    sha256="f" * 64,
    pairs=1,
    tested=1,
    accuracy=Interval(mean=0.8, low=0.7, high=0.9),
    longer_wins=0.5,
)


def pin(**more: Any) -> GraderPin:
    return GraderPin(function_name="g", version="1", code_sha256="code", alias="run", alias_arn="arn", **more)


def test_samples_say_what_scores_mean_whatever_the_code() -> None:
    assert pin(golden="0123456789ab").meaning == "0123456789ab"
    assert pin(golden="0123456789ab").content == "code"


def test_without_samples_code_and_reward_model_say_it() -> None:
    other = GraderPin(function_name="g", version="2", code_sha256="other", alias="run", alias_arn="arn")
    assert len({pin().meaning, pin(reward_model=MODEL).meaning, other.meaning}) == 3
    assert len(pin().meaning) == 12


def test_a_job_trained_by_a_judge_that_thinks_otherwise_is_not_reused() -> None:
    judged = [pin(golden=golden, asks=True).content for golden in ("0123456789ab", "ba9876543210")]
    assert judged == ["code 0123456789ab", "code ba9876543210"]
    assert pin(asks=True).content == "code"
