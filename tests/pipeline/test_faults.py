"""What goes wrong in AWS: every fault ends in a clear message, with the data kept and nothing left billing."""

import json

import pytest

from rft import names
from rft.keys import RunStatus, State
from tests.pipeline.outcomes import assert_clean, assert_told, failed, outcomes
from tests.pipeline.pipeline import PREFIX, ROOT, Pipeline, records

pytestmark = pytest.mark.xdist_group("faults")
BASE = "amazon.nova-2-lite-v1:0:256k"  # what both shipped tasks train
TICKETS = (ROOT / "tasks/tickets/data/tickets.jsonl").read_bytes()


def test_a_quota_of_zero_units_is_found_before_anything_is_paid(pipeline: Pipeline):
    quotas = pipeline.aws.bedrock_admin("GET", "/_local/options")["quotas"]
    pipeline.options(quotas={**quotas, "L-BE77399C": 0})
    try:  # a task without champion: one that has its units asks for no more
        run = failed(pipeline, TICKETS, "the quota is 0", "L-BE77399C", "on_demand", task="tickets")
    finally:
        pipeline.options(quotas=quotas)
    assert run.job is None


def test_an_unknown_base_model_is_found_before_anything_is_paid(pipeline: Pipeline):
    pipeline.options(unknown_models=[BASE])
    try:
        words = [f"base_model {BASE} is unknown in us-east-1", "tasks/arithmetic/task.toml"]
        run = failed(pipeline, records(100), *words)
    finally:
        pipeline.options(unknown_models=[])
    assert run.dataset is None
    assert run.job is None


def test_a_base_model_without_access_is_found_before_anything_is_paid(pipeline: Pipeline):
    pipeline.options(models_without_access=[BASE])
    try:
        run = failed(pipeline, records(110), "model access")
    finally:
        pipeline.options(models_without_access=[])
    assert run.dataset is None


def test_a_failed_job_ends_the_run_and_a_retry_trains_again(pipeline: Pipeline):
    pipeline.fault("job_fails", message="Internal capacity problem")
    run = failed(pipeline, records(0), "Internal capacity problem")
    assert "ExecutionsFailed" in outcomes(pipeline, run)
    starter = names.function_name(PREFIX, "starter")
    answer = pipeline.aws.client("lambda").invoke(
        FunctionName=starter, Payload=json.dumps({"retry_of": run.run_id}).encode()
    )
    again = pipeline.finish(json.loads(answer["Payload"].read())["run_id"])
    assert again.retry_of == run.run_id
    assert again.status in (RunStatus.PROMOTED, RunStatus.GATE_REJECTED), again.message
    assert again.dataset.version == run.dataset.version
    assert again.job.name == run.job.name.removesuffix("-a1") + "-a2"


def test_the_same_content_without_a_retry_does_not_pay_for_a_failed_job_again(pipeline: Pipeline):
    pipeline.fault("job_fails", message="Internal capacity problem")
    run = failed(pipeline, records(10), "Internal capacity problem")
    again = failed(pipeline, records(10), "rft retry")
    assert again.job is None or again.job.name == run.job.name


def test_a_stopped_job_ends_the_run(pipeline: Pipeline):
    pipeline.fault("job_hangs")
    run_id = pipeline.drop(records(20))
    run = pipeline.until(run_id, lambda run: run.job is not None)
    pipeline.aws.client("bedrock").stop_model_customization_job(jobIdentifier=run.job.arn)
    run = pipeline.finish(run_id)
    assert run.status is RunStatus.FAILED
    assert_told(pipeline, run, "was stopped", "rft retry")
    assert_clean(pipeline, run)


def test_a_job_that_runs_too_long_is_stopped(pipeline: Pipeline):
    pipeline.fault("job_hangs")
    pipeline.change_settings(lambda settings: settings["workflow"].update(max_training_hours=3 / 3600))
    try:
        failed(pipeline, records(30), "max_training_hours")
    finally:
        pipeline.change_settings(lambda settings: settings["workflow"].update(max_training_hours=0.2))


def test_a_lost_event_is_caught_up_by_the_poll(pipeline: Pipeline):
    pipeline.fault("event_lost", times=9)
    run = pipeline.drop_and_finish(records(40))
    assert run.status in (RunStatus.PROMOTED, RunStatus.GATE_REJECTED), run.message
    assert pipeline.history(run).count(State.CHECK_TRAINING) >= 1


def test_throttled_converse_is_waited_out(pipeline: Pipeline):
    pipeline.fault("refuse", operation="Converse", code="ThrottlingException", times=8)
    run = pipeline.drop_and_finish(records(50))
    assert run.status in (RunStatus.PROMOTED, RunStatus.GATE_REJECTED), run.message


def test_a_deployment_that_fails_ends_the_run(pipeline: Pipeline):
    pipeline.fault("deployment_fails", name="cand", message="no capacity for this model")
    failed(pipeline, records(60), "no capacity for this model")


def test_a_deployment_deleted_while_creating_ends_the_run(pipeline: Pipeline):
    pipeline.fault("deployment_slow", name="cand", seconds=5)
    run_id = pipeline.drop(records(70))
    run = pipeline.until(run_id, lambda run: run.candidate is not None)
    pipeline.aws.bedrock_admin("DELETE", f"/_local/deployments/{run.candidate.name}")
    run = pipeline.finish(run_id)
    assert run.status is RunStatus.FAILED
    assert_told(pipeline, run, "deployment", "deleted", "rft retry")
    assert_clean(pipeline, run)
