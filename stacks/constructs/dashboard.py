"""The dashboard: a run from drop to decision on one page."""

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from rft import names
from rft.judges import judge_names
from rft.keys import METRIC_NAMESPACE, Dimension, JudgeCount, Metric, Phase
from rft.tasks import Task
from stacks.base import RftStack

HOUR = Duration.hours(1)
MINUTE = Duration.minutes(1)
BY_TASK = f"{METRIC_NAMESPACE},{Dimension.ENVIRONMENT},{Dimension.TASK}"
BY_GRADER = f"{METRIC_NAMESPACE},{Dimension.ENVIRONMENT},{Dimension.GRADER},{Dimension.TASK}"  # rewards that compare
BY_RUN = f"{METRIC_NAMESPACE},{Dimension.ENVIRONMENT},{Dimension.PHASE},{Dimension.RUN},{Dimension.TASK}"
BY_ENVIRONMENT = f"{METRIC_NAMESPACE},{Dimension.ENVIRONMENT}"


def run_dashboard(stack: RftStack, *, tasks: Mapping[str, Task]) -> cloudwatch.Dashboard:
    """Make the dashboard; the lines of tasks and runs appear by search, as their metrics do.

    Judges have a graph where some task's reward lists one; runs of other tasks have no line in it.
    """
    prefix = stack.settings.prefix
    here = f'{Dimension.ENVIRONMENT}="{stack.settings.name}"'  # an account may hold several environments
    training = f'{here} {Dimension.PHASE}="{Phase.TRAINING}"'
    evaluation = f'{here} {Dimension.PHASE}="{Phase.EVALUATION}"'
    graders = [names.grader_name(prefix, task) for task in tasks]
    board = cloudwatch.Dashboard(
        stack,
        "Dashboard",
        dashboard_name=f"{prefix}-runs",
        default_interval=Duration.days(7),
    )
    board.add_widgets(
        _text(f"# {prefix}: from a dropped file to a decision\nLeft to right, top to bottom, as a run goes."),
    )
    board.add_widgets(
        _graph(
            "Runs started, ended, failed",
            _searches(BY_TASK, here, HOUR, "Sum", Metric.RUNS_STARTED, Metric.RUNS_ENDED, Metric.RUNS_FAILED),
        ),
        _graph(
            "Records accepted and quarantined",
            _searches(BY_TASK, here, HOUR, "Sum", Metric.RECORDS_ACCEPTED, Metric.RECORDS_QUARANTINED),
        ),
        _graph("Executions", _executions(stack)),
    )
    board.add_widgets(
        _graph("Reward in training, by run", _searches(BY_RUN, training, MINUTE, "Average", Metric.REWARD)),
        _graph(
            "Rollouts and parse failures in training",
            _searches(BY_RUN, training, MINUTE, "Sum", Metric.ROLLOUTS, Metric.PARSE_FAILURES),
        ),
        _graph("Training seconds", _searches(BY_TASK, here, HOUR, "Maximum", Metric.TRAINING_SECONDS)),
    )
    board.add_widgets(
        _graph("Spread of rewards in training", _searches(BY_RUN, training, MINUTE, "Average", Metric.REWARD_SPREAD)),
        _graph(
            "Length of answers in training (characters)",
            _searches(BY_RUN, training, MINUTE, "Average", Metric.RESPONSE_LENGTH),
        ),
        _graph(
            "Grader calls that raised in training",
            _searches(BY_RUN, training, MINUTE, "Sum", Metric.GRADER_FAILURES),
        ),
    )
    board.add_widgets(
        _graph("Reward in evaluation, by run", _searches(BY_RUN, evaluation, MINUTE, "Average", Metric.REWARD)),
        _graph(
            "Held-out reward of baseline and candidate",
            _searches(BY_GRADER, here, HOUR, "Average", Metric.BASELINE_REWARD, Metric.CANDIDATE_REWARD),
        ),
        _graph("Gain that the gate decided on", _searches(BY_GRADER, here, HOUR, "Average", Metric.REWARD_GAIN)),
    )
    board.add_widgets(
        _graph(
            "Grader errors and throttles",
            [_lambda(name, metric, "Sum") for name in graders for metric in ("Errors", "Throttles")],
        ),
        _graph("Grader duration, p95 (ms)", [_lambda(name, "Duration", "p95") for name in graders]),
        _graph("Scoring time per invocation (ms)", _searches(BY_RUN, here, MINUTE, "p95", Metric.GRADER_DURATION)),
    )
    board.add_widgets(
        _graph(
            "Dead letters",
            [
                _metric(
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    {"QueueName": stack.arns.dead_letter_name},
                    "Maximum",
                )
            ],
        ),
        _graph("Age of the oldest run (s)", _searches(BY_ENVIRONMENT, here, HOUR, "Maximum", Metric.OLDEST_RUN_AGE)),
        _graph(
            "Provisioned units, leftovers removed",
            _searches(BY_ENVIRONMENT, here, HOUR, "Maximum", Metric.PROVISIONED_UNITS, Metric.LEFTOVERS_REMOVED),
        ),
    )
    board.add_widgets(
        _graph(
            "How far golden samples moved",
            _searches(BY_TASK, here, HOUR, "Maximum", Metric.GOLDEN_DRIFT, Metric.GOLDEN_MEAN_DRIFT),
        ),
        *_judges(tasks.values(), training),
    )
    return board


def _judges(tasks: Iterable[Task], training: str) -> list[cloudwatch.IWidget]:
    counted = {f"{judge}_{count}": None for task in tasks for judge in judge_names(task) for count in JudgeCount}
    if not counted:
        return []
    return [
        _graph("Calls of judges in training, errors, malformed", _searches(BY_RUN, training, MINUTE, "Sum", *counted))
    ]


def _text(markdown: str) -> cloudwatch.TextWidget:
    return cloudwatch.TextWidget(markdown=markdown, width=24, height=2)


def _graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=8, height=6)


def _searches(schema: str, only: str, period: Duration, statistic: str, *metrics: str) -> list[cloudwatch.IMetric]:
    """Return one search a metric: a line for every task or run that has it, made since the dashboard was."""
    found: list[cloudwatch.IMetric] = []
    for metric in metrics:
        words = f'MetricName="{metric}" {only}'
        found.append(
            cloudwatch.MathExpression(
                expression=f"SEARCH('{{{schema}}} {words}', '{statistic}', {period.to_seconds():.0f})",
                label=metric,
                period=period,
                using_metrics={},
            )
        )
    return found


def _executions(stack: RftStack) -> list[cloudwatch.IMetric]:
    machine = {"StateMachineArn": stack.arns.machine("training")}
    outcomes = (
        "ExecutionsStarted",
        "ExecutionsSucceeded",
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsAborted",
    )
    return [_metric("AWS/States", outcome, machine, "Sum") for outcome in outcomes]


def _lambda(name: str, metric: str, statistic: str) -> cloudwatch.Metric:
    return _metric("AWS/Lambda", metric, {"FunctionName": name}, statistic)


def _metric(namespace: str, name: str, dimensions: dict[str, str], statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace, metric_name=name, dimensions_map=dimensions, statistic=statistic, period=HOUR
    )
