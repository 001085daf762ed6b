"""The reward curve of a run, from the grader's metrics: Bedrock's API returns no rewards while a job trains."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from rft.aws import clients
from rft.clock import now, parse
from rft.keys import METRIC_NAMESPACE, Dimension, Metric, Phase
from rft.schemas import Run

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

MINUTE = 60
SHORT = 300.0  # seconds of training below which a minute is too coarse
POINTS_WANTED = 120


class Point(Struct, frozen=True, kw_only=True):
    """The rewards of one period."""

    at: datetime
    mean: float
    rollouts: int


def reward_curve(run: Run) -> list[Point]:
    """Return the mean reward of a run's training rollouts by time; empty before training, or if the job was reused.

    CloudWatch keeps the grader's metrics by the minute; a training of a few seconds, as on the embedded AWS, is asked
    for by the second first.
    """
    if run.job is None:
        return []
    start = parse(run.job.submitted_at) - timedelta(seconds=MINUTE)
    end = (parse(run.job.ended_at) if run.job.ended_at else now()) + timedelta(seconds=MINUTE)
    length = (end - start).total_seconds() - 2 * MINUTE
    if length <= SHORT and (fine := _points(run, start, end, 1)):
        return fine
    return _points(run, start, end, period_for(length))


def period_for(seconds: float) -> int:
    """Return the period in seconds, a multiple of 60, that shows a training of this length in about 120 points."""
    return MINUTE * max(1, round(seconds / POINTS_WANTED / MINUTE))


def _points(run: Run, start: datetime, end: datetime, period: int) -> list[Point]:
    pages = (
        clients.cloudwatch()
        .get_paginator("get_metric_data")
        .paginate(
            MetricDataQueries=[_query(run, "mean", "Average", period), _query(run, "rollouts", "SampleCount", period)],
            StartTime=start,
            EndTime=end,
            ScanBy="TimestampAscending",
        )
    )
    found: dict[str, dict[datetime, float]] = {"mean": {}, "rollouts": {}}
    for page in pages:
        for result in page["MetricDataResults"]:
            found[result["Id"]].update(zip(result["Timestamps"], result["Values"], strict=True))
    return [
        Point(at=at, mean=mean, rollouts=round(found["rollouts"].get(at, 0.0)))
        for at, mean in sorted(found["mean"].items())
    ]


def _query(run: Run, name: str, statistic: str, period: int) -> "MetricDataQueryTypeDef":
    dimensions = {
        Dimension.ENVIRONMENT: run.environment,
        Dimension.TASK: run.task,
        Dimension.RUN: run.run_id,
        Dimension.PHASE: Phase.TRAINING,
    }
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": METRIC_NAMESPACE,
                "MetricName": Metric.REWARD,
                "Dimensions": [{"Name": str(key), "Value": str(value)} for key, value in dimensions.items()],
            },
            "Period": period,
            "Stat": statistic,
        },
    }
