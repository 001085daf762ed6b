"""The reward curve: metrics in CloudWatch's embedded metric format."""

import json

from rft.keys import METRIC_NAMESPACE, Dimension, Metric, Phase
from rft.rewards import metrics
from rft.rewards.entry import TRAINING
from rft.rewards.metrics import metric_lines
from rft.rewards.score import RESERVED, Score

ABOUT = {"environment": "e", "task": "t", "run": "r", "phase": "training"}


def test_names_are_those_of_the_project() -> None:
    assert metrics.NAMESPACE == METRIC_NAMESPACE
    assert metrics.DIMENSIONS == (Dimension.ENVIRONMENT, Dimension.TASK, Dimension.RUN, Dimension.PHASE)
    assert metrics.REWARD == Metric.REWARD
    assert metrics.ROLLOUTS == Metric.ROLLOUTS
    assert metrics.PARSE_FAILURES == Metric.PARSE_FAILURES
    assert metrics.GRADER_DURATION == Metric.GRADER_DURATION
    assert TRAINING == Phase.TRAINING
    assert metrics.GRADER_FAILURES == Metric.GRADER_FAILURES
    assert metrics.REWARD_SPREAD == Metric.REWARD_SPREAD
    assert metrics.RESPONSE_LENGTH == Metric.RESPONSE_LENGTH
    own = {metrics.REWARD, metrics.ROLLOUTS, metrics.PARSE_FAILURES, metrics.GRADER_DURATION}
    own |= {metrics.GRADER_FAILURES, metrics.REWARD_SPREAD, metrics.RESPONSE_LENGTH}
    assert own | set(metrics.DIMENSIONS) < RESERVED


def lines(scores: list[Score]) -> list[dict[str, object]]:
    lengths = [10 * place for place in range(1, len(scores) + 1)]
    made = metric_lines(scores, lengths, about=ABOUT, duration_ms=12.5, timestamp_ms=5)
    return [json.loads(line) for line in made]


def test_a_call_is_written_as_the_format_says() -> None:
    first, parts = lines([Score(1, {"accuracy": 1}), Score(0, {"accuracy": 0}, parse_failure=True)])
    assert first["Reward"] == [1, 0]
    assert (first["Rollouts"], first["ParseFailures"], first["GraderDuration"]) == (2, 1, 12.5)
    assert (first["RewardSpread"], first["ResponseLength"], first["GraderFailures"]) == (0.5, [10, 20], 0)
    assert parts["accuracy"] == [1, 0]
    for line in (first, parts):
        assert (line["environment"], line["task"], line["run"], line["phase"]) == ("e", "t", "r", "training")
        about = line["_aws"]
        assert isinstance(about, dict)
        assert about["Timestamp"] == 5
        (directive,) = about["CloudWatchMetrics"]
        assert directive["Dimensions"] == [["environment", "task", "run", "phase"]]
        assert {metric["Name"] for metric in directive["Metrics"]} == line.keys() - {"_aws", *metrics.DIMENSIONS}


def test_no_line_exceeds_what_the_format_allows_and_nothing_is_lost() -> None:
    scores = [Score(i, {f"c{i % 150}": i}) for i in range(1234)]
    made = lines(scores)
    rewards: list[float] = []
    components: list[float] = []
    for line in made:
        about = line["_aws"]
        assert isinstance(about, dict)
        assert len(about["CloudWatchMetrics"][0]["Metrics"]) <= 100
        for name, value in line.items():
            if isinstance(value, list):
                assert len(value) <= 100
                if name != "ResponseLength":
                    (rewards if name == "Reward" else components).extend(value)
    assert rewards == [score.value for score in scores]
    assert sorted(components) == sorted(score.value for score in scores)
    assert sum(1 for line in made if "GraderDuration" in line) == 1
    assert sum(int(str(line.get("Rollouts", 0))) for line in made) == 1234


def test_an_empty_call_counts_nothing() -> None:
    (line,) = lines([])
    assert line["Rollouts"] == 0
    assert "Reward" not in line


def test_a_call_that_failed_is_counted() -> None:
    line = json.loads(metrics.failure_line(about=ABOUT, timestamp_ms=5))
    assert (line["GraderFailures"], line["run"], line["_aws"]["Timestamp"]) == (1, "r", 5)
    assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "GraderFailures", "Unit": "Count"}]
