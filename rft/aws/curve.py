"""The reward curve of a run, from the grader's metrics: Bedrock's API returns no rewards while a job trains."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from string import digits
from typing import TYPE_CHECKING, Final

from rft.aws import clients
from rft.clock import now, parse
from rft.keys import METRIC_NAMESPACE, Dimension, JudgeCount, Metric, Phase
from rft.schemas import Run
from rft.training.curve import Point

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

MINUTE = 60
SHORT = 300.0  # seconds of training below which a minute is too coarse
POINTS_WANTED = 120


QUERIES: Final = {  # of Point's fields: metric and statistic
    "mean": (Metric.REWARD, "Average"),
    "rollouts": (Metric.REWARD, "SampleCount"),
    "spread": (Metric.REWARD_SPREAD, "Average"),
    "length": (Metric.RESPONSE_LENGTH, "Average"),
    "parse_failures": (Metric.PARSE_FAILURES, "Sum"),
    "calls": (Metric.GRADER_FAILURES, "SampleCount"),
    "failures": (Metric.GRADER_FAILURES, "Sum"),
}
JUDGED: Final = {f"judge_{count}": count for count in JudgeCount}  # of Point's fields
COUNTS: Final = ("rollouts", "parse_failures", "calls", "failures", *JUDGED)


def reward_curve(run: Run) -> list[Point]:
    """Return the training rollouts of a run by time, as its grader saw them; none before training or for a reused job.

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
    queries = _queries(run)
    pages = (
        clients.cloudwatch()
        .get_paginator("get_metric_data")
        .paginate(
            MetricDataQueries=[_query(run, name, *asked, period) for name, asked in queries.items()],
            StartTime=start,
            EndTime=end,
            ScanBy="TimestampAscending",
        )
    )
    found: dict[str, defaultdict[datetime, float]] = {name: defaultdict(float) for name in (*QUERIES, *JUDGED)}
    for page in pages:
        for result in page["MetricDataResults"]:
            values = found[result["Id"].rstrip(digits)]
            for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                values[at] += value
    return _joined(found)


def _queries(run: Run) -> dict[str, tuple[str, str]]:
    """Return metric and statistic by the query's id: a field of Point, with a number behind it for each judge."""
    judges = run.grader.judges if run.grader else []
    asked = {
        f"{field}{number}": (f"{judge}_{count}", "Sum")
        for number, judge in enumerate(judges)
        for field, count in JUDGED.items()
    }
    return {**QUERIES, **asked}


def _joined(found: Mapping[str, Mapping[datetime, float]]) -> list[Point]:
    """Return a point for each period with rewards; counts of periods without go to the next one, or to the last."""
    times = sorted(found["mean"])
    if not times:
        return []
    counts = {name: dict.fromkeys(times, 0.0) for name in COUNTS}
    for name, into in counts.items():
        for at, value in found[name].items():
            into[times[min(bisect_left(times, at), len(times) - 1)]] += value
    return [
        Point(
            at=at,
            mean=found["mean"][at],
            spread=found["spread"].get(at, 0.0),
            length=found["length"].get(at, 0.0),
            rollouts=round(counts["rollouts"][at]),
            parse_failures=round(counts["parse_failures"][at]),
            calls=round(counts["calls"][at]),
            failures=round(counts["failures"][at]),
            judge_calls=round(counts["judge_calls"][at]),
            judge_errors=round(counts["judge_errors"][at]),
            judge_malformed=round(counts["judge_malformed"][at]),
        )
        for at in times
    ]


def _query(run: Run, name: str, metric: str, statistic: str, period: int) -> "MetricDataQueryTypeDef":
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
                "MetricName": metric,
                "Dimensions": [{"Name": str(key), "Value": str(value)} for key, value in dimensions.items()],
            },
            "Period": period,
            "Stat": statistic,
        },
    }
