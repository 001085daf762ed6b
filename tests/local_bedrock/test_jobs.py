"""Customization jobs: what is accepted, what is refused, and how they end."""

import json
import math

import pytest
from botocore.exceptions import ClientError

from local.bedrock.faults import Fault
from tests.local_bedrock.conftest import broken, records


def code(caught) -> str:
    return caught.value.response["Error"]["Code"]


def test_a_job_completes_with_a_model_events_and_a_metrics_file(local):
    job = local.run()
    assert job["status"] == "Completed", job.get("failureMessage")
    assert local.control.get_custom_model(modelIdentifier=job["outputModelArn"])["jobArn"] == job["jobArn"]
    assert [event["jobStatus"] for event in local.account.events] == ["InProgress", "Completed"]
    metrics = [
        body for (_, key), body in local.account.objects.items() if key.endswith("step_wise_training_metrics.csv")
    ]
    assert metrics[0].startswith(b"step_number,epoch_number,critic/rewards/mean")
    assert ("out", "training/.write_access_check_file.tmp") in local.account.objects
    assert local.bedrock.jobs.find("job-1").learning["graded"] == 120 * 1 * 4


def test_the_same_token_and_request_give_the_same_job(local):
    request = local.job(clientRequestToken="token-1")
    first = local.control.create_model_customization_job(**request)
    again = local.control.create_model_customization_job(**request)
    assert again["jobArn"] == first["jobArn"]
    with pytest.raises(ClientError) as caught:
        local.control.create_model_customization_job(**local.job("job-2", clientRequestToken="token-1"))
    assert code(caught) == "ConflictException"


def test_a_name_is_taken_once(local):
    local.run()
    with pytest.raises(ClientError, match="already exists"):
        local.control.create_model_customization_job(**local.job())


RFT = "customizationConfig"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jobName": "job_1"}, "jobName"),
        ({"customModelName": "job.1"}, "customModelName"),
        ({"trainingDataConfig": {"s3Uri": "s3://data/dt=2026/train.jsonl"}}, "s3Uri"),
        ({"hyperParameters": {"epochCount": "1"}}, "rftConfig"),
        ({RFT: {"rftConfig": {}}}, "lambdaGrader"),
        ({"baseModelIdentifier": "amazon.nova-9-lite-v1:0"}, "invalid"),
        ({"baseModelIdentifier": "amazon.nova-lite-v1:0"}, "does not support"),
        ({"customizationType": "FINE_TUNING"}, "not for FINE_TUNING"),
        ({"customizationType": "DISTILLATION"}, "does not train by"),
        ({"customizationType": "RFT"}, "not one of"),
    ],
)
def test_what_botocore_lets_through_is_refused_as_on_aws(local, changes, message):
    with pytest.raises(ClientError, match=message) as caught:
        local.control.create_model_customization_job(**local.job(**changes))
    assert code(caught) == "ValidationException"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochCount", 51),
        ("batchSize", 513),
        ("learningRate", 0.5),
        ("trainingSamplePerPrompt", 17),
        ("reasoningEffort", "none"),
    ],
)
def test_hyperparameters_are_bounded(local, name, value):
    request = local.job()
    request[RFT]["rftConfig"]["hyperParameters"][name] = value
    with pytest.raises(ClientError, match=name):
        local.control.create_model_customization_job(**request)


@pytest.mark.parametrize(
    ("grader", "message"),
    [
        (broken, "KeyError"),
        (lambda rollouts: {"scores": []}, "must be a JSON list"),
        (lambda rollouts: [], "ids"),
        (lambda rollouts: [{"id": r["id"], "aggregate_reward_score": math.nan} for r in rollouts], "finite"),
        (lambda rollouts: [{"id": r["id"], "aggregate_reward_score": "1"} for r in rollouts], "finite"),
        (lambda rollouts: [{"id": rollouts[0]["id"], "aggregate_reward_score": 1} for r in rollouts], "repeated"),
        (lambda rollouts: [{"id": "other", "aggregate_reward_score": 1}], "unknown"),
    ],
)
def test_a_broken_grader_fails_the_job_after_three_retries(local, grader, message):
    local.account.grader = grader
    job = local.run()
    assert job["status"] == "Failed"
    assert message in job["failureMessage"]
    assert "3 retries" in job["failureMessage"]
    assert local.account.calls >= 4


@pytest.mark.parametrize("refused", ["assume", "read", "write", "invoke"])
def test_each_permission_that_the_service_role_lacks_fails_the_job(local, refused):
    local.account.refused = {refused}
    job = local.run()
    assert job["status"] == "Failed"
    assert job["failureMessage"]
    assert local.account.events[-1]["jobStatus"] == "Failed"


@pytest.mark.parametrize(("count", "word"), [(99, "at least 100"), (0, "at least 100")])
def test_too_few_records_fail_the_job(local, count, word):
    local.account.objects["data", "datasets/sums/v1/train.jsonl"] = records(count) if count else b""
    assert word in local.run()["failureMessage"]


def test_a_malformed_line_fails_the_job_with_its_number(local):
    local.account.objects["data", "datasets/sums/v1/train.jsonl"] = records(100) + b"{oops\n"
    assert "line 101" in local.run()["failureMessage"]


def test_long_prompts_vanish_silently(local):
    long = json.dumps({"id": "x", "messages": [{"role": "user", "content": "word " * 50_000}], "reference_answer": "1"})
    local.account.objects["data", "datasets/sums/v1/train.jsonl"] = records(100) + long.encode() + b"\n"
    assert local.run()["status"] == "Completed"
    assert local.bedrock.jobs.find("job-1").learning["graded"] == 100 * 4


def test_a_job_stops_and_two_run_at_most(local):
    local.bedrock.faults.put([Fault(kind="job_hangs", times=2)])
    for name in ("job-1", "job-2"):
        local.control.create_model_customization_job(**local.job(name))
    with pytest.raises(ClientError) as caught:
        local.control.create_model_customization_job(**local.job("job-3"))
    assert code(caught) == "ServiceQuotaExceededException"
    local.control.stop_model_customization_job(jobIdentifier="job-1")
    job = local.finish("job-1")
    assert job["status"] == "Stopped"
    assert "outputModelArn" not in job
    with pytest.raises(ClientError) as caught:
        local.control.stop_model_customization_job(jobIdentifier="job-1")
    assert code(caught) == "ConflictException"
    local.control.stop_model_customization_job(jobIdentifier="job-2")
    local.finish("job-2")


def test_lists_filter_and_page(local):
    for number in range(3):
        local.run(f"job-{number}")
    pages = local.control.get_paginator("list_model_customization_jobs").paginate(PaginationConfig={"PageSize": 2})
    names = [job["jobName"] for page in pages for job in page["modelCustomizationJobSummaries"]]
    assert names == ["job-2", "job-1", "job-0"]
    found = local.control.list_model_customization_jobs(nameContains="b-1", statusEquals="Completed")
    assert [job["jobName"] for job in found["modelCustomizationJobSummaries"]] == ["job-1"]
    with pytest.raises(ClientError):
        local.control.list_model_customization_jobs(nextToken="not-a-token")


def test_an_event_may_be_lost_or_doubled(local):
    local.bedrock.faults.put([Fault(kind="event_lost", times=9, name="job-1"), Fault(kind="event_doubled", times=9)])
    local.run("job-1")
    assert local.account.events == []
    local.run("job-2")
    assert [event["jobStatus"] for event in local.account.events] == ["InProgress"] * 2 + ["Completed"] * 2
