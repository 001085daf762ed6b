"""The grader's metrics in CloudWatch's embedded metric format: the reward curve, which Bedrock's API does not return.

Format: CloudWatch user guide, "Specification: Embedded metric format": at most 100 values and 100 metrics a line.
The names equal those in ``rft.keys``, which a grader does not carry; a test compares them.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from rft.rewards.score import Score

NAMESPACE = "BedrockRft"
DIMENSIONS = ("environment", "task", "run", "phase")
REWARD = "Reward"
ROLLOUTS = "Rollouts"
PARSE_FAILURES = "ParseFailures"
GRADER_DURATION = "GraderDuration"
GRADER_FAILURES = "GraderFailures"
REWARD_SPREAD = "RewardSpread"
RESPONSE_LENGTH = "ResponseLength"
UNITS = {ROLLOUTS: "Count", PARSE_FAILURES: "Count", GRADER_FAILURES: "Count", GRADER_DURATION: "Milliseconds"}
VALUES = 100
METRICS = 100


def metric_lines(
    scores: list[Score], lengths: list[int], *, about: dict[str, str], duration_ms: float, timestamp_ms: int
) -> Iterator[str]:
    """Yield the log lines of one call of the grader: rewards, lengths, counts and duration, then the components.

    ``lengths`` are those of the answers, in characters; ``about`` has a value for each of ``DIMENSIONS``. Once a call
    come its duration, the standard deviation of its rewards, and that it did not fail.
    """
    for start in range(0, max(len(scores), 1), VALUES):
        part = scores[start : start + VALUES]
        own: dict[str, Any] = {
            ROLLOUTS: len(part),
            PARSE_FAILURES: sum(score.parse_failure for score in part),
        }
        if part:
            own[REWARD] = [score.value for score in part]
        if some := lengths[start : start + VALUES]:
            own[RESPONSE_LENGTH] = some
        if start == 0:
            own[GRADER_DURATION] = duration_ms
            own[GRADER_FAILURES] = 0
            if scores:
                own[REWARD_SPREAD] = _spread([score.value for score in scores])
        for values in (own, *_components(part)):
            yield _line(values, about, timestamp_ms)


def failure_line(*, about: dict[str, str], timestamp_ms: int) -> str:
    """Return the log line of a call in which the grader raised: without it, only calls that went well would count."""
    return _line({GRADER_FAILURES: 1}, about, timestamp_ms)


def _line(values: dict[str, Any], about: dict[str, str], timestamp_ms: int) -> str:
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(DIMENSIONS)],
        "Metrics": [{"Name": name, "Unit": UNITS.get(name, "None")} for name in values],
    }
    return json.dumps({"_aws": {"Timestamp": timestamp_ms, "CloudWatchMetrics": [directive]}, **about, **values})


def _spread(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return float((sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5)


def _components(scores: list[Score]) -> Iterator[dict[str, list[float]]]:
    values: dict[str, list[float]] = {}
    for score in scores:
        for name, value in score.components.items():
            values.setdefault(name, []).append(value)
    names = list(values)
    for start in range(0, len(names), METRICS):
        yield {name: values[name] for name in names[start : start + METRICS]}
