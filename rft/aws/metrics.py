"""The workflow's own metrics, in embedded metric format through the log."""

from collections.abc import Mapping

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from rft.keys import METRIC_NAMESPACE, Dimension, Metric

UNITS = {
    Metric.TRAINING_SECONDS: MetricUnit.Seconds,
    Metric.OLDEST_RUN_AGE: MetricUnit.Seconds,
    Metric.BASELINE_REWARD: MetricUnit.NoUnit,
    Metric.CANDIDATE_REWARD: MetricUnit.NoUnit,
    Metric.REWARD_GAIN: MetricUnit.NoUnit,
}


def emit(values: Mapping[Metric, float], *, task: str | None = None, environment: str | None = None) -> None:
    """Emit metrics with the dimension task or environment; the unit is a count where ``UNITS`` says nothing else."""
    for name, value in values.items():
        with single_metric(
            name=name, unit=UNITS.get(name, MetricUnit.Count), value=value, namespace=METRIC_NAMESPACE
        ) as metric:
            if task is not None:
                metric.add_dimension(name=Dimension.TASK, value=task)
            if environment is not None:
                metric.add_dimension(name=Dimension.ENVIRONMENT, value=environment)
