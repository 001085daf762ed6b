from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import ANY, Stubber
from msgspec.structs import replace

from rft.aws.curve import period_for, reward_curve
from rft.keys import JobStatus
from rft.schemas import GraderPin, Job, Run
from tests.unit.cli.helpers import make_run

Aws = dict[str, Stubber]
START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def trained(seconds: float) -> Run:
    ended = START + timedelta(seconds=seconds)
    return make_run(
        job=Job(
            name="j",
            arn="a",
            content_hash="h",
            status=JobStatus.COMPLETED,
            submitted_at=START.isoformat(),
            ended_at=ended.isoformat(),
        )
    )


def stub(aws: Aws, period: int, means: list[float], *, judges: tuple[str, ...] = ()) -> None:
    at = [START + timedelta(seconds=number) for number in range(len(means))]
    results = [
        {"Id": "rollouts", "Timestamps": at, "Values": [8.0] * len(means)},
        {"Id": "mean", "Timestamps": at, "Values": means},
        {"Id": "spread", "Timestamps": at, "Values": [0.5] * len(means)},
        {"Id": "parse_failures", "Timestamps": at, "Values": [2.0] * len(means)},
        {"Id": "failures", "Timestamps": [moment - timedelta(seconds=0.5) for moment in at], "Values": [1.0] * len(at)},
        {"Id": "calls", "Timestamps": [START + timedelta(hours=1)], "Values": [9.0]},
    ]
    judged = [
        (f"judge_{count}{number}", f"{judge}_{count}", "Sum")
        for number, judge in enumerate(judges)
        for count in ("calls", "errors", "malformed")
    ]
    results += [{"Id": name, "Timestamps": at, "Values": [float(len(name))] * len(at)} for name, _, _ in judged]
    metric = {
        "Namespace": "BedrockRft",
        "Dimensions": [
            {"Name": "environment", "Value": "local"},
            {"Name": "task", "Value": "arithmetic"},
            {"Name": "run", "Value": "arithmetic-0123456789ab"},
            {"Name": "phase", "Value": "training"},
        ],
    }
    queries = [
        {
            "Id": name,
            "MetricStat": {"Metric": {**metric, "MetricName": asked}, "Period": period, "Stat": statistic},
        }
        for name, asked, statistic in (
            ("mean", "Reward", "Average"),
            ("rollouts", "Reward", "SampleCount"),
            ("spread", "RewardSpread", "Average"),
            ("length", "ResponseLength", "Average"),
            ("parse_failures", "ParseFailures", "Sum"),
            ("calls", "GraderFailures", "SampleCount"),
            ("failures", "GraderFailures", "Sum"),
            *judged,
        )
    ]
    expected = {"MetricDataQueries": queries, "StartTime": ANY, "EndTime": ANY, "ScanBy": "TimestampAscending"}
    aws["cloudwatch"].add_response("get_metric_data", {"MetricDataResults": results}, expected)


def test_before_training_nothing_is_asked(aws: Aws) -> None:
    assert reward_curve(make_run()) == []


def test_a_short_training_is_asked_for_by_the_second(aws: Aws) -> None:
    stub(aws, 1, [0.25, 0.5])
    assert [(point.mean, point.rollouts) for point in reward_curve(trained(4))] == [(0.25, 8), (0.5, 8)]


def test_counts_of_periods_without_rewards_go_to_the_next_point_or_to_the_last(aws: Aws) -> None:
    stub(aws, 1, [0.25, 0.5])
    first, last = reward_curve(trained(4))
    assert (first.spread, first.parse_failures, first.failures, first.calls) == (0.5, 2, 1, 0)
    assert (last.failures, last.calls, last.length) == (1, 9, 0.0)


def test_what_judges_count_is_added_over_all_judges_of_the_reward(aws: Aws) -> None:
    stub(aws, 1, [0.25, 0.5], judges=("judge", "facts"))
    pin = GraderPin(
        function_name="g", version="1", code_sha256="c", alias="r", alias_arn="a", judges=["judge", "facts"]
    )
    points = reward_curve(replace(trained(4), grader=pin))
    assert [(one.judge_calls, one.judge_errors, one.judge_malformed) for one in points] == [(24, 26, 32)] * 2


def test_a_short_training_without_seconds_is_asked_for_by_the_minute(aws: Aws) -> None:
    stub(aws, 1, [])
    stub(aws, 60, [0.5])
    assert len(reward_curve(trained(200))) == 1


def test_a_long_training_is_asked_for_once(aws: Aws) -> None:
    stub(aws, 180, [0.5])
    assert len(reward_curve(trained(6 * 3600))) == 1


@pytest.mark.parametrize(("seconds", "expected"), [(0, 60), (3600, 60), (6 * 3600, 180), (24 * 3600, 720)])
def test_the_period_gives_about_120_points(seconds: float, expected: int) -> None:
    assert period_for(seconds) == expected
