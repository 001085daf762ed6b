import json
import re
from typing import Any

import pytest

from rft.keys import METRIC_NAMESPACE, Metric
from rft.settings import load_settings
from rft.tasks import load_tasks
from tests.stacks.assembly import ROOT, Deployed, deployed_with

TASKS = load_tasks(ROOT / "tasks")
MEAN = "golden-mean-drift-arithmetic"


def _alarms(deployed: Deployed) -> dict[str, dict[str, Any]]:
    prefix = f"rft-{deployed.environment}-"
    return {a.properties["AlarmName"].removeprefix(prefix): a.properties for a in deployed.of("AWS::CloudWatch::Alarm")}


def test_alarms_watch_runs_letters_graders_and_money(deployed: Deployed) -> None:
    watched = {name: (alarm["Namespace"], alarm["MetricName"]) for name, alarm in _alarms(deployed).items()}
    expected = {
        "runs-failed": ("AWS/States", "ExecutionsFailed"),
        "runs-timed-out": ("AWS/States", "ExecutionsTimedOut"),
        "runs-aborted": ("AWS/States", "ExecutionsAborted"),
        "clean-up-failed": ("AWS/States", "ExecutionsFailed"),
        "clean-up-timed-out": ("AWS/States", "ExecutionsTimedOut"),
        "run-too-old": (METRIC_NAMESPACE, Metric.OLDEST_RUN_AGE),
        "dead-letters": ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        "reconciler-errors": ("AWS/Lambda", "Errors"),
        "provisioned-units": (METRIC_NAMESPACE, Metric.PROVISIONED_UNITS),
    }
    expected |= {f"grader-errors-{task}": ("AWS/Lambda", "Errors") for task in TASKS}
    expected |= {f"grader-throttles-{task}": ("AWS/Lambda", "Throttles") for task in TASKS}
    golden = [name for name, task in TASKS.items() if task.golden]
    assert golden
    expected |= {f"golden-drift-{task}": (METRIC_NAMESPACE, Metric.GOLDEN_DRIFT) for task in golden}
    assert watched == expected


def test_every_alarm_tells_people(deployed: Deployed) -> None:
    topic = f"arn:aws:sns:{deployed.region}:{deployed.account}:rft-{deployed.environment}-notifications"
    for name, alarm in _alarms(deployed).items():
        assert alarm["AlarmActions"] == [topic], name
        assert len(alarm["AlarmDescription"]) > 30, name
        assert alarm["TreatMissingData"] == "notBreaching"


def _things(deployed: Deployed) -> dict[str, set[str]]:
    """Return what a metric's dimension may name."""
    functions = {f.properties["FunctionName"] for f in deployed.of("AWS::Lambda::Function")}
    queues = {q.properties["QueueName"] for q in deployed.of("AWS::SQS::Queue")}
    prefix = f"arn:aws:states:{deployed.region}:{deployed.account}:stateMachine:"
    machines = {prefix + m.properties["StateMachineName"] for m in deployed.of("AWS::StepFunctions::StateMachine")}
    return {
        "FunctionName": functions,
        "QueueName": queues,
        "StateMachineArn": machines,
        "environment": {deployed.environment},
        "task": set(TASKS),
    }


def test_alarms_watch_things_that_exist(deployed: Deployed) -> None:
    known = _things(deployed)
    for name, alarm in _alarms(deployed).items():
        for dimension in alarm["Dimensions"]:
            assert dimension["Value"] in known[dimension["Name"]], name


def test_graphs_show_things_that_exist(deployed: Deployed) -> None:
    known = _things(deployed)
    lines = [line for widget in _widgets(deployed) for line in widget["properties"].get("metrics", [])]
    named = [[part for part in line if isinstance(part, str)] for line in lines if isinstance(line[0], str)]
    assert len(named) == 6 + 3 * len(TASKS)
    for _, _, dimension, value in named:
        assert value in known[dimension]


def test_provisioned_units_beyond_the_settings_ring(prod: Deployed, dev: Deployed) -> None:
    assert _alarms(prod)["provisioned-units"]["Threshold"] == len(TASKS)
    assert _alarms(dev)["provisioned-units"]["Threshold"] == 0


def test_a_drift_rings_beyond_the_tasks_own_tolerance(deployed: Deployed) -> None:
    for name, task in TASKS.items():
        if task.golden is not None:
            alarm = _alarms(deployed)[f"golden-drift-{name}"]
            assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (task.golden.tolerance, "GreaterThanThreshold")
            told = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
            assert told == {"environment": deployed.environment, "task": name}


def test_a_mean_that_moved_rings_where_a_task_bounds_it(
    dev: Deployed, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert MEAN not in _alarms(dev)
    bounds = {"arithmetic": lambda text: text.replace("\ntolerance = 0.0", "\ntolerance = 0.2\nmean_tolerance = 0.05")}
    alarm = _alarms(deployed_with(tmp_path_factory.mktemp("mean"), dev.environment, bounds))[MEAN]
    assert (alarm["MetricName"], alarm["Threshold"]) == (Metric.GOLDEN_MEAN_DRIFT, 0.05)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_publishers_may_reach_the_encrypted_topic(deployed: Deployed) -> None:
    (policy,) = deployed.of("AWS::SNS::TopicPolicy")
    publishers = {
        statement["Principal"]["Service"]: statement["Condition"]
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }
    ours = {"StringEquals": {"aws:SourceAccount": deployed.account}}
    assert publishers == {"cloudwatch.amazonaws.com": ours, "budgets.amazonaws.com": ours}
    key = next(key for key in deployed.of("AWS::KMS::Key") if "OperationsKey" in key.logical_id)
    services = {s["Principal"].get("Service") for s in key.properties["KeyPolicy"]["Statement"]}
    assert set(publishers) < services


def _widgets(deployed: Deployed) -> list[dict[str, Any]]:
    (board,) = deployed.of("AWS::CloudWatch::Dashboard")
    widgets: list[dict[str, Any]] = json.loads(board.properties["DashboardBody"])["widgets"]
    return widgets


def test_the_dashboard_shows_a_run_from_drop_to_decision(deployed: Deployed) -> None:
    shown = set(re.findall(r'MetricName=\\"(\w+)\\"', json.dumps(_widgets(deployed))))
    assert shown == {*Metric, "judge_calls", "judge_errors", "judge_malformed"}, "summaries has a judge"
    titles = [widget["properties"].get("title") for widget in _widgets(deployed)]
    assert len(titles) == len(set(titles)) == 21


def test_searches_name_the_dimensions_that_metrics_are_emitted_with(deployed: Deployed) -> None:
    searches = re.findall(r"SEARCH\('\{([^}]*)\}", json.dumps(_widgets(deployed)))
    assert set(searches) == {
        "BedrockRft,environment",
        "BedrockRft,environment,task",
        "BedrockRft,environment,grader,task",
        "BedrockRft,environment,phase,run,task",
    }


def test_searches_show_this_environment_only(deployed: Deployed) -> None:
    searches = re.findall(r"SEARCH\('[^']*'", json.dumps(_widgets(deployed)))
    assert searches
    for search in searches:
        assert f'environment=\\"{deployed.environment}\\"' in search


def test_the_reconciler_runs_as_often_as_the_settings_say(deployed: Deployed) -> None:
    minutes = load_settings(ROOT / "environments" / f"{deployed.environment}.toml").workflow.reconcile_minutes
    rule = deployed.one("AWS::Events::Rule", Name=f"rft-{deployed.environment}-reconcile").properties
    assert rule["ScheduleExpression"] == f"rate({minutes} minute{'s' if minutes > 1 else ''})"
    assert rule["Targets"][0]["Arn"].endswith(f"function:rft-{deployed.environment}-reconciler")


def test_a_budget_counts_what_bears_the_environments_tag(deployed: Deployed) -> None:
    caps = load_settings(ROOT / "environments" / f"{deployed.environment}.toml").caps
    (resource,) = deployed.of("AWS::Budgets::Budget")
    budget = resource.properties["Budget"]
    assert budget["BudgetLimit"] == {"Amount": caps.max_month_usd, "Unit": "USD"}
    assert budget["CostFilters"] == {"TagKeyValue": [f"user:rft:environment${deployed.environment}"]}
    for notification in resource.properties["NotificationsWithSubscribers"]:
        (subscriber,) = notification["Subscribers"]
        assert subscriber["SubscriptionType"] == "SNS"
        assert subscriber["Address"].endswith(f"rft-{deployed.environment}-notifications")
