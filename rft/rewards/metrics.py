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
UNITS = {ROLLOUTS: "Count", PARSE_FAILURES: "Count", GRADER_DURATION: "Milliseconds"}
VALUES = 100
METRICS = 100


def metric_lines(
    scores: list[Score], *, environment: str, task: str, run: str, phase: str, duration_ms: float, timestamp_ms: int
) -> Iterator[str]:
    """Yield the log lines of one call of the grader: its rewards, counts and duration, then the components."""
    for start in range(0, max(len(scores), 1), VALUES):
        part = scores[start : start + VALUES]
        own: dict[str, Any] = {
            ROLLOUTS: len(part),
            PARSE_FAILURES: sum(score.parse_failure for score in part),
        }
        if part:
            own[REWARD] = [score.value for score in part]
        if start == 0:
            own[GRADER_DURATION] = duration_ms
        for values in (own, *_components(part)):
            directive = {
                "Namespace": NAMESPACE,
                "Dimensions": [list(DIMENSIONS)],
                "Metrics": [{"Name": name, "Unit": UNITS.get(name, "None")} for name in values],
            }
            about = {"Timestamp": timestamp_ms, "CloudWatchMetrics": [directive]}
            named = {"environment": environment, "task": task, "run": run, "phase": phase}
            yield json.dumps({"_aws": about, **named, **values})


def _components(scores: list[Score]) -> Iterator[dict[str, list[float]]]:
    values: dict[str, list[float]] = {}
    for score in scores:
        for name, value in score.components.items():
            values.setdefault(name, []).append(value)
    names = list(values)
    for start in range(0, len(names), METRICS):
        yield {name: values[name] for name in names[start : start + METRICS]}
