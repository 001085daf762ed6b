"""Alarms: each of them tells people through the notifications topic."""

from collections.abc import Mapping
from types import MappingProxyType

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns

from rft import names
from rft.golden.rules import GoldenRules
from rft.keys import METRIC_NAMESPACE, Dimension, Metric, Serving, Step
from rft.tasks import Task
from stacks.base import RftStack
from stacks.durations import training_seconds

FIVE_MINUTES = cdk.Duration.minutes(5)


class Alarms:
    """The alarms of one environment."""

    def __init__(self, stack: RftStack, *, topic: sns.ITopic, tasks: Mapping[str, Task]) -> None:
        self._stack = stack
        self._action = actions.SnsAction(topic)
        self._tasks = tasks
        self._runs()
        self._safety_nets()
        for name, task in tasks.items():
            self._grader(name)
            if task.golden is not None:
                self._golden(name, task.golden)

    def _runs(self) -> None:
        machine = {"StateMachineArn": self._stack.arns.machine("training")}
        for name, metric, what in (
            ("runs-failed", "ExecutionsFailed", "failed"),
            ("runs-timed-out", "ExecutionsTimedOut", "timed out"),
            ("runs-aborted", "ExecutionsAborted", "were aborted"),
        ):
            self._alarm(
                name,
                f"Runs {what}; `rft runs` shows which, `rft show RUN` says why",
                _metric("AWS/States", metric, machine, "Sum"),
                above=0,
            )
        clean_up = {"StateMachineArn": self._stack.arns.machine("clean-up")}
        for name, metric, what in (
            ("clean-up-failed", "ExecutionsFailed", "failed"),
            ("clean-up-timed-out", "ExecutionsTimedOut", "timed out"),
        ):
            self._alarm(
                name,
                f"A clean-up {what}; the reconciler tries again, but what is left may bill meanwhile: `rft show RUN`",
                _metric("AWS/States", metric, clean_up, "Sum"),
                above=0,
            )
        hours = training_seconds(self._stack.settings) / 3600
        self._alarm(
            "run-too-old",
            f"A run is older than the {hours:g} hours that its execution may take; `rft runs` shows which",
            self._own(Metric.OLDEST_RUN_AGE, "Maximum"),
            above=training_seconds(self._stack.settings),
        )

    def _safety_nets(self) -> None:
        settings = self._stack.settings
        queue = {"QueueName": self._stack.arns.dead_letter_name}
        self._alarm(
            "dead-letters",
            "An event could not be delivered or handled; the message in the dead-letter queue says which",
            _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue, "Maximum"),
            above=0,
        )
        reconciler = {"FunctionName": names.function_name(settings.prefix, Step.RECONCILER)}
        self._alarm(
            "reconciler-errors",
            "The last safety net fails: leftovers may go on billing; read the reconciler's log",
            _metric("AWS/Lambda", "Errors", reconciler, "Sum"),
            above=0,
        )
        serving = settings.serving
        units = serving.provisioned.model_units if serving.provisioned and serving.mode is Serving.PROVISIONED else 0
        self._alarm(
            "provisioned-units",
            f"More provisioned model units than the {units} per task of the settings; they bill by the hour",
            self._own(Metric.PROVISIONED_UNITS, "Maximum"),
            above=units * len(self._tasks),
        )

    def _grader(self, task: str) -> None:
        function = {"FunctionName": names.grader_name(self._stack.settings.prefix, task)}
        self._alarm(
            f"grader-errors-{task}",
            f"The grader of {task} raised or timed out; three failures in a row end a paid Bedrock job",
            _metric("AWS/Lambda", "Errors", function, "Sum"),
            above=0,
        )
        self._alarm(
            f"grader-throttles-{task}",
            f"The grader of {task} is throttled; ask for more Lambda concurrency (L-B99A9384)",
            _metric("AWS/Lambda", "Throttles", function, "Sum"),
            above=0,
        )

    def _golden(self, task: str, rules: GoldenRules) -> None:
        self._alarm(
            f"golden-drift-{task}",
            f"The grader of {task} scores golden samples otherwise than recorded: `rft golden check --task {task}`",
            self._own(Metric.GOLDEN_DRIFT, "Maximum", {Dimension.TASK: task}),
            above=rules.tolerance,
        )
        if rules.mean_tolerance is not None:
            self._alarm(
                f"golden-mean-drift-{task}",
                f"The mean score of {task}'s golden samples moved: `rft golden check --task {task}`",
                self._own(Metric.GOLDEN_MEAN_DRIFT, "Maximum", {Dimension.TASK: task}),
                above=rules.mean_tolerance,
            )

    def _own(self, metric: Metric, statistic: str, more: Mapping[str, str] = MappingProxyType({})) -> cloudwatch.Metric:
        here = {Dimension.ENVIRONMENT: self._stack.settings.name, **more}
        return _metric(METRIC_NAMESPACE, metric, here, statistic)

    def _alarm(self, name: str, description: str, metric: cloudwatch.Metric, *, above: float) -> None:
        alarm = cloudwatch.Alarm(
            self._stack,
            "".join(word.capitalize() for word in name.split("-")) + "Alarm",
            alarm_name=f"{self._stack.settings.prefix}-{name}",
            alarm_description=description,
            metric=metric,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            threshold=above,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)


def _metric(namespace: str, name: str, dimensions: dict[str, str], statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map={str(key): value for key, value in dimensions.items()},
        statistic=statistic,
        period=FIVE_MINUTES,
    )
