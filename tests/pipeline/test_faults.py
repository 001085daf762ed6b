"""What goes wrong in AWS: every fault ends in a clear message, with the data kept and nothing left billing."""

import json

import pytest

from local.bedrock.options import BedrockOptions
from rft import names
from rft.aws.curve import reward_curve
from rft.keys import RunStatus, State
from tests.pipeline.pipeline import PREFIX, ROOT, Pipeline, records

pytestmark = pytest.mark.xdist_group("faults")
BASE = "amazon.nova-2-lite-v1:0:256k"  # what both shipped tasks train
TICKETS = ROOT / "tasks/tickets/data/tickets.jsonl"
REWARD = (ROOT / "tasks/arithmetic/reward.py").read_text()
RAISES = """
def reward(sample):
    raise KeyError("no such column")
"""
RAISES_IN_TRAINING = (
    REWARD.replace("def reward(", "def of_number(")
    + """
def reward(sample):
    if "/" not in sample.id:  # as calibration names its answers
        raise TimeoutError("the judge did not answer")
    return of_number(sample)
"""
)
UNREADABLE_IN_TRAINING = (
    REWARD.replace("def reward(", "def of_number(")
    + """
import time
from rft.rewards.errors import UnreadableAnswer
def reward(sample):
    if "/" not in sample.id:  # a model that begins to write in another form
        time.sleep(0.004)  # so that the job takes some of the seconds by which the emulator's metrics are asked for
        raise UnreadableAnswer("no number")
    return of_number(sample)
"""
)
WRONG_SHAPE = """
def reward(sample):
    return {"reward": len(sample.answer) % 7 / 7}
"""


def failed(pipeline: Pipeline, body: bytes, *words: str, task: str = "arithmetic"):
    """Drop a file, expect a failed run whose message and notification say these words, and nothing left."""
    run = pipeline.drop_and_finish(body, task=task)
    assert run.status is RunStatus.FAILED, (run.status, run.message)
    assert_told(pipeline, run, *words)
    assert_clean(pipeline, run)
    return run


def assert_told(pipeline: Pipeline, run, *words: str) -> None:
    """The message on the record and the notification both say these words."""
    told = pipeline.message_about(run.run_id)
    for word in words:
        assert word in run.message, run.message
        assert word in told, told


def assert_clean(pipeline: Pipeline, run) -> None:
    """Nothing of the run bills or stays, and the dropped file is kept."""
    assert pipeline.left_of(run) == []
    source = run.source
    assert pipeline.aws.client("s3").head_object(Bucket=source.bucket, Key=source.key, VersionId=source.version_id)
    assert all(pipeline.store.slot_owner(number) != run.run_id for number in range(2))


def outcomes(pipeline: Pipeline, run) -> set[str]:
    """Return the metrics that Step Functions has emitted for the training workflow."""
    machine = run.execution_arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")
    metrics = pipeline.aws.client("cloudwatch").list_metrics(
        Namespace="AWS/States", Dimensions=[{"Name": "StateMachineArn", "Value": machine}]
    )
    return {metric["MetricName"] for metric in metrics["Metrics"]}


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
    pipeline.fault("refuse", operation="Converse", code="ThrottlingException", times=30)
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
    run_id = pipeline.drop(TICKETS.read_bytes(), task="tickets")
    run = pipeline.until(run_id, lambda run: run.final or bool(run.throughput and run.throughput.arn))
    assert pipeline.left_of(run) != [], run.message
    pipeline.aws.client("stepfunctions").stop_execution(executionArn=run.execution_arn)
    run = pipeline.finish(run_id)
    assert run.status is RunStatus.ABORTED
    assert_told(pipeline, run, "Aborted", "rft retry")
    pipeline.until(run_id, lambda run: pipeline.left_of(run) == [])
    assert_clean(pipeline, run)
    assert pipeline.champion("tickets") is None


def test_a_quota_of_zero_units_is_found_before_anything_is_paid(pipeline: Pipeline):
    quotas = pipeline.aws.bedrock_admin("GET", "/_local/options")["quotas"]
    pipeline.options(quotas={**quotas, "L-BE77399C": 0})
    try:  # a task without champion: one that has its units asks for no more
        run = failed(pipeline, TICKETS.read_bytes(), "the quota is 0", "L-BE77399C", "on_demand", task="tickets")
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
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)
    ended = pipeline.finish(run_id)
    assert ended.status in (RunStatus.ABORTED, RunStatus.FAILED)
    assert_clean(pipeline, ended)


@pytest.mark.parametrize(
    ("source", "words"),
    [(RAISES, ["KeyError", "no such column"]), (WRONG_SHAPE, ["the reward returned", "type dict", "return a Score"])],
    ids=["raises", "wrong shape"],
)
def test_a_broken_grader_is_found_by_calibration(pipeline: Pipeline, source, words):
    pipeline.change_grader(source)
    try:
        run = failed(pipeline, records(130), *words)
    finally:
        pipeline.change_grader(REWARD)
    assert run.job is None, "nothing was paid"


def test_a_grader_that_breaks_in_training_fails_the_job_with_its_cause(pipeline: Pipeline):
    pipeline.change_grader(RAISES_IN_TRAINING)
    try:
        run = failed(pipeline, records(140), "the judge did not answer")
    finally:
        pipeline.change_grader(REWARD)
    assert run.job is not None


def test_a_training_whose_answers_cannot_be_read_is_stopped_early(pipeline: Pipeline):
    pipeline.change_grader(UNREADABLE_IN_TRAINING)
    pipeline.options(training_seconds=600.0)
    try:
        words = ["stopped early", "100% are parse failures", "stop_loss.parse_failures (0.8)", "rft retry"]
        run = failed(pipeline, records(150), *words)
    finally:
        pipeline.options(training_seconds=BedrockOptions().training_seconds)
        pipeline.change_grader(REWARD)
    assert run.job.status == "Stopped"
    assert sum(point.parse_failures for point in reward_curve(run)) > 2000
    assert all(point.mean == 0 and point.length > 0 for point in reward_curve(run))
