"""The workflow's own metrics, in embedded metric format through the log."""

from collections.abc import Mapping

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from rft.aws.environment import surroundings
from rft.keys import METRIC_NAMESPACE, Dimension, Metric

UNITS = {
    Metric.TRAINING_SECONDS: MetricUnit.Seconds,
    Metric.OLDEST_RUN_AGE: MetricUnit.Seconds,
    Metric.BASELINE_REWARD: MetricUnit.NoUnit,
    Metric.CANDIDATE_REWARD: MetricUnit.NoUnit,
    Metric.REWARD_GAIN: MetricUnit.NoUnit,
    Metric.GOLDEN_DRIFT: MetricUnit.NoUnit,
    Metric.GOLDEN_MEAN_DRIFT: MetricUnit.NoUnit,
}


def emit(values: Mapping[Metric, float], *, task: str | None = None, grader: str | None = None) -> None:
    """Emit metrics with the dimension environment and, if given, task and grader.

    A unit is a count unless ``UNITS`` names it.
    """
    environment = surroundings().settings.name
    for name, value in values.items():
        with single_metric(
            name=name, unit=UNITS.get(name, MetricUnit.Count), value=value, namespace=METRIC_NAMESPACE
        ) as metric:
            metric.add_dimension(name=Dimension.ENVIRONMENT, value=environment)
            if task is not None:
                metric.add_dimension(name=Dimension.TASK, value=task)
            if grader is not None:
                metric.add_dimension(name=Dimension.GRADER, value=grader)
