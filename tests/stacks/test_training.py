import json
import re
from typing import Any

import pytest

from rft.datasets.sources.text import Limits
from rft.graders import uses_text_metrics
from rft.keys import Step
from rft.names import function_name
from rft.settings import load_settings
from rft.tasks import load_tasks
from stacks.steps import STEPS
from stacks.training import CLEAN_UP_STEPS, MACHINE_STEPS
from tests.stacks.assembly import ROOT, Deployed

TASKS = load_tasks(ROOT / "tasks")


def _function(deployed: Deployed, name: str) -> dict[str, Any]:
    return deployed.one("AWS::Lambda::Function", FunctionName=name).properties


def _machine(deployed: Deployed, workflow: str) -> dict[str, Any]:
    return deployed.one(
        "AWS::StepFunctions::StateMachine", StateMachineName=f"rft-{deployed.environment}-{workflow}"
    ).properties


def _definition(deployed: Deployed, workflow: str) -> dict[str, Any]:
    machine = _machine(deployed, workflow)
    text = machine["DefinitionString"]
    for name, value in machine["DefinitionSubstitutions"].items():
        text = text.replace(f"${{{name}}}", value)
    assert "${" not in text
    definition: dict[str, Any] = json.loads(text)
    return definition


@pytest.mark.parametrize("step", list(Step))
def test_every_step_is_a_function_of_its_own(deployed: Deployed, step: Step) -> None:
    name = function_name(f"rft-{deployed.environment}", step)
    function = _function(deployed, name)
    assert function["Runtime"] == "python3.14"
    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "handler.handler"
    assert function["Description"] == STEPS[step].description
    assert function["Role"].endswith(f":role/{name}")
    assert function["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": f"/aws/lambda/{name}"}
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert len(function["Layers"]) == 1
    assert ("DeadLetterConfig" in function) == STEPS[step].event_driven
    variables = set(function["Environment"]["Variables"])
    assert variables == {"RFT_SETTINGS", "RFT_TABLE", *STEPS[step].variables}


@pytest.mark.parametrize("step", list(Step))
def test_a_function_is_told_what_its_handler_reads_and_no_more(step: Step) -> None:
    text = (ROOT / "lambdas" / step / "handler.py").read_text()
    read = set(re.findall(r"(?:\bhere|surroundings\(\))\.([a-z_]+)", text)) - {"settings", "table"}
    assert {f"RFT_{name.upper()}" for name in read} == set(STEPS[step].variables)


def test_functions_get_the_settings_that_the_file_holds(deployed: Deployed) -> None:
    settings = load_settings(ROOT / "environments" / f"{deployed.environment}.toml")
    told = json.loads(
        _function(deployed, f"rft-{deployed.environment}-gate")["Environment"]["Variables"]["RFT_SETTINGS"]
    )
    assert told["name"] == settings.name
    assert told["caps"]["max_run_usd"] == settings.caps.max_run_usd


def test_the_data_step_has_room_for_the_largest_file(prod: Deployed) -> None:
    function = _function(prod, "rft-prod-validate-data")
    file = Limits().max_bytes  # its originals, its splits, and the largest split without what was taken out
    assert function["EphemeralStorage"]["Size"] << 20 >= 2.5 * file


@pytest.mark.parametrize("task", list(TASKS))
def test_a_task_has_a_grader_with_a_published_version(deployed: Deployed, task: str) -> None:
    name = f"rft-{deployed.environment}-grader-{task}"
    grader = _function(deployed, name)
    assert grader["Handler"] == "rft.rewards.entry.handler"
    assert grader["Environment"]["Variables"]["RFT_TASK"] == task
    assert grader["Environment"]["Variables"]["RFT_ENVIRONMENT"] == deployed.environment
    kind, file, function = grader["Environment"]["Variables"]["RFT_GRADER"].split(":")
    assert kind == ("components" if TASKS[task].reward else "reward")
    assert kind == "components" or (ROOT / "tasks" / task / file).exists()
    assert function
    assert grader["Timeout"] == TASKS[task].grader.timeout_seconds
    assert grader["MemorySize"] == TASKS[task].grader.memory_mb
    assert ("Layers" in grader) == uses_text_metrics(TASKS[task])
    versions = [v for v in deployed.of("AWS::Lambda::Version") if v.properties["FunctionName"] == name]
    assert [version.raw["DeletionPolicy"] for version in versions] == ["Retain"]
    told = json.loads(
        _function(deployed, f"rft-{deployed.environment}-prepare-grader")["Environment"]["Variables"][
            "RFT_GRADER_VERSIONS"
        ]
    )
    assert set(told) == set(TASKS)
    assert told[task].endswith(f":function:{name}:1")


@pytest.mark.parametrize(("workflow", "steps"), [("training", MACHINE_STEPS), ("clean-up", CLEAN_UP_STEPS)])
def test_a_machine_invokes_the_function_of_each_state(
    deployed: Deployed, workflow: str, steps: dict[str, Step]
) -> None:
    seen = set()
    for name, state in _tasks_of(_definition(deployed, workflow)["States"]):
        function = state["Arguments"]["FunctionName"].rsplit(":", 1)[-1]
        expected = steps.get("Report" if name == "ReportFailure" else name)
        assert expected is not None, name
        assert function == function_name(f"rft-{deployed.environment}", expected)
        seen.add(expected)
    assert seen == set(steps.values())


@pytest.mark.parametrize("workflow", ["training", "clean-up"])
def test_a_state_waits_longer_than_its_function_may_run(prod: Deployed, workflow: str) -> None:
    for name, state in _tasks_of(_definition(prod, workflow)["States"]):
        function = _function(prod, state["Arguments"]["FunctionName"].rsplit(":", 1)[-1])
        assert function["Timeout"] <= state["TimeoutSeconds"], name


def _tasks_of(states: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = [(name, state) for name, state in states.items() if state["Type"] == "Task"]
    for state in states.values():
        if state["Type"] == "Map":
            found += _tasks_of(state["ItemProcessor"]["States"])
    return found


def test_an_execution_may_take_as_long_as_its_waits_and_no_longer(deployed: Deployed) -> None:
    waits = load_settings(ROOT / "environments" / f"{deployed.environment}.toml").workflow
    training, clean_up = _definition(deployed, "training"), _definition(deployed, "clean-up")
    states = training["States"]
    hours = waits.slot_hours + waits.max_training_hours + 4 * waits.deployment_minutes / 60 + 4
    retries = sum(_retry_seconds(states[name]) for name in ("LaunchTraining", "LaunchTraining", "Retire", "CleanUp"))
    assert training["TimeoutSeconds"] == pytest.approx(hours * 3600 + retries, abs=1)
    assert clean_up["TimeoutSeconds"] == _retry_seconds(clean_up["States"]["CleanUp"]) + 3600


def _retry_seconds(state: dict[str, Any]) -> int:
    """Return how long the first retrier of a state, which waits for others, waits at most."""
    retry = state["Retry"][0]
    assert retry["ErrorEquals"][0] in ("StillMutating", "TrainingQueueFull")
    assert retry["BackoffRate"] == 1
    seconds: int = retry["IntervalSeconds"] * retry["MaxAttempts"]
    return seconds


def test_waits_are_the_settings_numbers(deployed: Deployed) -> None:
    waits = load_settings(ROOT / "environments" / f"{deployed.environment}.toml").workflow
    states = _definition(deployed, "training")["States"]
    assert states["WaitForSlot"]["Seconds"] == waits.slot_poll_seconds
    assert states["WaitForTraining"]["TimeoutSeconds"] == waits.training_poll_seconds
    assert states["WaitForCandidate"]["Seconds"] == waits.deployment_poll_seconds
    assert states["WaitForPromotion"]["Seconds"] == waits.deployment_poll_seconds
    assert states["Evaluate"]["MaxConcurrency"] == waits.evaluation_concurrency
    assert states["LaunchTraining"]["Retry"][0]["IntervalSeconds"] == waits.slot_poll_seconds
    for state in (states["Retire"], states["CleanUp"], _definition(deployed, "clean-up")["States"]["CleanUp"]):
        assert state["Retry"][0]["IntervalSeconds"] == waits.clean_up_poll_seconds
        assert state["Retry"][0]["MaxAttempts"] == waits.clean_up_attempts


@pytest.mark.parametrize("workflow", ["training", "clean-up"])
def test_machines_log_everything_and_payloads_where_the_settings_say(deployed: Deployed, workflow: str) -> None:
    machine = _machine(deployed, workflow)
    logging = machine["LoggingConfiguration"]
    assert logging["Level"] == "ALL"
    assert logging["IncludeExecutionData"] is (deployed.environment in ("dev", "local"))
    assert machine["TracingConfiguration"] == {"Enabled": True}
    group = f"/aws/vendedlogs/states/rft-{deployed.environment}-{workflow}"
    assert group in logging["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"]


def _rule(deployed: Deployed, name: str) -> dict[str, Any]:
    return deployed.one("AWS::Events::Rule", Name=f"rft-{deployed.environment}-{name}").properties


def test_a_drop_starts_the_starter(deployed: Deployed) -> None:
    rule = _rule(deployed, "dropped")
    assert rule["EventPattern"]["detail-type"] == ["Object Created"]
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"prefix": "incoming/"}]}
    assert rule["Targets"][0]["Arn"].endswith(f"function:rft-{deployed.environment}-starter")


def test_the_end_of_a_job_of_ours_wakes_its_runs(deployed: Deployed) -> None:
    rule = _rule(deployed, "job-ended")
    assert rule["EventPattern"]["source"] == ["aws.bedrock"]
    assert rule["EventPattern"]["detail-type"] == ["Model Customization Job State Change"]
    assert rule["EventPattern"]["detail"]["jobStatus"] == ["Completed", "Failed", "Stopped"]
    assert rule["EventPattern"]["detail"]["jobName"] == [{"prefix": f"rft-{deployed.environment}-"}]
    assert rule["Targets"][0]["Arn"].endswith(f"function:rft-{deployed.environment}-training-event")


def test_a_dead_execution_is_cleaned_up(deployed: Deployed) -> None:
    rule = _rule(deployed, "run-died")
    assert set(rule["EventPattern"]["detail"]["status"]) == {"ABORTED", "TIMED_OUT", "FAILED"}
    target = rule["Targets"][0]
    assert target["Arn"].endswith(f"stateMachine:rft-{deployed.environment}-clean-up")
    paths = target["InputTransformer"]["InputPathsMap"]
    text = target["InputTransformer"]["InputTemplate"]
    for name, path in paths.items():
        value = {"$.detail.name": "arithmetic-1", "$.detail.status": "ABORTED"}[path]
        text = text.replace(f'"the execution was <{name}>"', f'"the execution was {value}"').replace(
            f"<{name}>", f'"{value}"'
        )
    assert json.loads(text) == {"run_id": "arithmetic-1", "error": "ABORTED", "cause": "the execution was ABORTED"}


def test_golden_samples_are_scored_as_often_as_the_settings_say(deployed: Deployed) -> None:
    hours = load_settings(ROOT / "environments" / f"{deployed.environment}.toml").workflow.check_graders_hours
    rule = _rule(deployed, "check-graders")
    assert (hours, rule["ScheduleExpression"]) == (24, "rate(1 day)")
    assert rule["Targets"][0]["Arn"].endswith(f"function:rft-{deployed.environment}-check-graders")
    told = [
        _function(deployed, f"rft-{deployed.environment}-{step}")["Environment"]["Variables"]["RFT_GRADER_VERSIONS"]
        for step in ("check-graders", "prepare-grader")
    ]
    assert told[0] == told[1], "the versions that the next runs pin"


def test_every_rule_retries_and_has_a_dead_letter_queue_that_takes_its_letters(deployed: Deployed) -> None:
    (policy,) = deployed.of("AWS::SQS::QueuePolicy")
    senders = {
        statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }
    rules = deployed.of("AWS::Events::Rule")
    assert len(rules) == 5
    here = f"{deployed.region}:{deployed.account}"
    for rule in rules:
        assert rule.properties["Description"]
        for target in rule.properties["Targets"]:
            assert target["DeadLetterConfig"]["Arn"] == f"arn:aws:sqs:{here}:rft-{deployed.environment}-dead-letters"
            assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
        assert f"arn:aws:events:{here}:rule/{rule.properties['Name']}" in senders


def test_rules_may_invoke_their_functions(deployed: Deployed) -> None:
    permitted = {
        (p.properties["FunctionName"].rsplit(":", 1)[-1], p.properties["SourceArn"].rsplit("/", 1)[-1])
        for p in deployed.of("AWS::Lambda::Permission")
    }
    prefix = f"rft-{deployed.environment}"
    assert permitted == {
        (f"{prefix}-starter", f"{prefix}-dropped"),
        (f"{prefix}-training-event", f"{prefix}-job-ended"),
        (f"{prefix}-reconciler", f"{prefix}-reconcile"),
        (f"{prefix}-check-graders", f"{prefix}-check-graders"),
    }
