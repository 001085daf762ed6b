"""Executions that somebody stops: a rule cleans up after them, and the reconciler where even that fails."""

import time

import pytest

from rft import names
from rft.keys import RunStatus
from tests.pipeline.outcomes import assert_clean, assert_told, outcomes
from tests.pipeline.pipeline import PREFIX, ROOT, Pipeline, records

pytestmark = pytest.mark.xdist_group("dead")
TICKETS = (ROOT / "tasks/tickets/data/tickets.jsonl").read_bytes()


@pytest.mark.parametrize("when", ["training", "deploying"])
def test_an_execution_aborted_by_hand_is_cleaned_up(pipeline: Pipeline, when):
    if when == "training":
        pipeline.fault("job_hangs")
    else:
        pipeline.fault("deployment_slow", name="cand", seconds=6)
    run_id = pipeline.drop(records(80 if when == "training" else 90))
    run = pipeline.until(run_id, lambda run: bool(run.job if when == "training" else run.candidate))
    pipeline.aws.client("stepfunctions").stop_execution(executionArn=run.execution_arn)
    run = pipeline.finish(run_id)
    assert run.status is RunStatus.ABORTED
    assert_told(pipeline, run, "Aborted", "rft retry")
    pipeline.until(run_id, lambda run: pipeline.left_of(run) == [])
    assert_clean(pipeline, run)
    assert "ExecutionsAborted" in outcomes(pipeline, run)


def test_throughput_of_a_promotion_aborted_by_hand_is_deleted(pipeline: Pipeline):
    pipeline.fault("throughput_slow", name="tickets", seconds=4)
    run_id = pipeline.drop(TICKETS, task="tickets")
    run = pipeline.until(run_id, lambda run: run.final or bool(run.throughput and run.throughput.arn))
    assert pipeline.left_of(run) != [], run.message
    pipeline.aws.client("stepfunctions").stop_execution(executionArn=run.execution_arn)
    run = pipeline.finish(run_id)
    assert run.status is RunStatus.ABORTED
    assert_told(pipeline, run, "Aborted", "rft retry")
    pipeline.until(run_id, lambda run: pipeline.left_of(run) == [])
    assert_clean(pipeline, run)
    assert pipeline.champion("tickets") is None


def test_the_reconciler_finds_a_run_whose_clean_up_never_ran(pipeline: Pipeline):
    pipeline.fault("job_hangs")
    run_id = pipeline.drop(records(120))
    run = pipeline.until(run_id, lambda run: run.job is not None and run.task_token is not None)
    events = pipeline.aws.client("events")
    rules = [rule["Name"] for rule in events.list_rules()["Rules"] if "aws.states" in rule.get("EventPattern", "")]
    assert rules
    for rule in rules:
        events.disable_rule(Name=rule)
    try:
        pipeline.aws.client("stepfunctions").stop_execution(executionArn=run.execution_arn)
        pipeline.change_settings(lambda settings: None)
        reconciler = names.function_name(PREFIX, "reconciler")
        ended = None
        while ended is None or not ended.final:
            pipeline.aws.client("lambda").invoke(FunctionName=reconciler, Payload=b"{}")
            ended = pipeline.run(run_id)
            time.sleep(1)  # it leaves the rule a minute
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)
    ended = pipeline.finish(run_id)
    assert ended.status in (RunStatus.ABORTED, RunStatus.FAILED)
    assert_clean(pipeline, ended)
