"""The main job: drop a file, get a tuned, evaluated, provisioned model."""

import json
import re
import urllib.request
from pathlib import Path

import pytest

from rft import names
from rft.errors import RetryRefused
from rft.keys import METRIC_NAMESPACE, JobStatus, Metric, RunStatus, Serving, State, Step, Tag, artefact_key
from tests.pipeline.pipeline import PREFIX, ROOT, Pipeline, records

pytestmark = pytest.mark.xdist_group("main")
DATA = Path(ROOT / "tasks/arithmetic/data/arithmetic.jsonl").read_bytes()


@pytest.fixture(scope="module")
def promoted(pipeline: Pipeline):
    """Return the run of the whole sample."""
    return pipeline.drop_and_finish(DATA)


def test_the_candidate_is_better_and_serves_with_provisioned_throughput(pipeline, promoted):
    assert promoted.status is RunStatus.PROMOTED, promoted.message
    assert promoted.job.status is JobStatus.COMPLETED
    gain = promoted.evaluation.gains["baseline"]
    assert 0 < gain.low < gain.mean < gain.high
    assert promoted.evaluation.records == promoted.dataset.splits["test"].records
    champion = pipeline.champion()
    assert champion.run_id == promoted.run_id
    assert champion.mode is Serving.PROVISIONED
    assert ":provisioned-model/" in champion.serving_arn
    assert champion.grader == promoted.evaluation.grader == promoted.grader.meaning
    assert promoted.golden.inside
    hourly = pipeline.billing()["hourly"]
    assert [item["name"] for item in hourly] == [names.champion_name(PREFIX, "arithmetic")]
    assert [item["tags"][Tag.RUN] for item in hourly] == [promoted.run_id]


def test_the_champion_answers(pipeline, promoted):
    record = json.loads(DATA.splitlines()[-1])
    system = [{"text": m["content"]} for m in record["messages"] if m["role"] == "system"]
    asked = [{"role": "user", "content": [{"text": m["content"]}]} for m in record["messages"] if m["role"] == "user"]
    answer = pipeline.aws.client("bedrock-runtime").converse(
        modelId=pipeline.champion().serving_arn, system=system, messages=asked, inferenceConfig={"temperature": 0.0}
    )
    assert answer["output"]["message"]["content"][0]["text"]


def test_the_execution_reads_well(pipeline, promoted):
    states = pipeline.history(promoted)
    logs = (State.PLAN_LOGS, State.SAMPLE_LOGS, State.SAMPLE_BATCH)
    elsewhere = (*logs, State.EVALUATE_BATCH, State.CLEAN_UP, State.REPORT_FAILURE)
    wanted = [s for s in State if s not in elsewhere]
    assert [s for s in dict.fromkeys(states) if s in set(wanted)] == [str(s) for s in wanted]
    assert promoted.execution_arn.endswith(promoted.run_id)


def test_nothing_of_the_candidate_is_left(pipeline, promoted):
    assert pipeline.left_of(promoted) == []
    aliases = pipeline.aws.client("lambda").list_aliases(FunctionName=names.grader_name(PREFIX, "arithmetic"))
    assert promoted.run_id not in [alias["Name"] for alias in aliases["Aliases"]]


def test_what_a_run_leaked_is_seen_whatever_its_name(pipeline, promoted):
    bedrock, tags = pipeline.aws.client("bedrock"), [{"key": Tag.RUN, "value": promoted.run_id}]
    throughput = bedrock.create_provisioned_model_throughput(
        provisionedModelName="leaked", modelId=promoted.job.model_arn, modelUnits=1, tags=tags
    )["provisionedModelArn"]
    deployment = bedrock.create_custom_model_deployment(
        modelDeploymentName="lost", modelArn=promoted.job.model_arn, tags=tags
    )["customModelDeploymentArn"]
    assert pipeline.left_of(promoted) == ["leaked", "lost"]
    pipeline.until(promoted.run_id, lambda run: _settled(pipeline))
    bedrock.delete_provisioned_model_throughput(provisionedModelId=throughput)
    bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=deployment)
    assert pipeline.left_of(promoted) == []


def _settled(pipeline):
    billing = pipeline.billing()
    return all(item["status"] != "Creating" for item in billing["hourly"] + billing["deployments"])


def test_people_are_told_with_figures_and_a_report(pipeline, promoted):
    told = pipeline.message_about(promoted.run_id)
    assert promoted.run_id in told
    assert f"{promoted.evaluation.gains['baseline'].mean:.3f}"[:4] in told
    s3, bucket = pipeline.aws.client("s3"), pipeline.bucket("artefacts")
    for name in ("report.html", "report.md", "report.json", "manifest.json"):
        assert s3.get_object(Bucket=bucket, Key=artefact_key(promoted.run_id, name))["Body"].read()
    manifest = json.loads(
        s3.get_object(Bucket=bucket, Key=artefact_key(promoted.run_id, "manifest.json"))["Body"].read()
    )
    text = json.dumps(manifest)
    for fact in (promoted.dataset.version, promoted.job.arn, promoted.grader.code_sha256, "epochCount"):
        assert fact in text


def test_the_reward_curve_is_a_metric_of_the_run(pipeline, promoted):
    found = _emitted(pipeline)
    for phase in ("calibration", "training", "evaluation"):
        dimensions = {"environment": "local", "phase": phase, "run": promoted.run_id, "task": "arithmetic"}
        assert (METRIC_NAMESPACE, Metric.REWARD, frozenset(dimensions.items())) in found


NOT_EMITTED_HERE = {  # by namespace and name: why a widget may show what this run does not emit
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): "SQS emits it; the embedded AWS has no metrics of queues",
    ("AWS/States", "ExecutionsFailed"): "no run fails here; test_faults sees it emitted",
    ("AWS/States", "ExecutionsAborted"): "no run is aborted here; test_faults sees it emitted",
    ("AWS/States", "ExecutionsTimedOut"): "a training execution times out after hours; counted like the other outcomes",
    ("BedrockRft", "judge_calls"): "this run's reward has no judge; test_shipped_tasks sees it emitted",
    ("BedrockRft", "judge_errors"): "likewise",
    ("BedrockRft", "judge_malformed"): "likewise",
}


def test_each_widget_of_the_dashboard_shows_a_metric_that_is_emitted(pipeline, promoted):
    for step in (Step.RECONCILER, Step.CHECK_GRADERS):
        pipeline.aws.client("lambda").invoke(FunctionName=names.function_name(PREFIX, step), Payload=b"{}")
    cloudwatch = pipeline.aws.client("cloudwatch")
    (dashboard,) = cloudwatch.list_dashboards()["DashboardEntries"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=dashboard["DashboardName"])["DashboardBody"])
    graphs = [widget["properties"] for widget in body["widgets"] if widget["type"] == "metric"]
    assert len(graphs) == 20
    emitted = _emitted(pipeline)
    missing = set()
    for graph in graphs:
        shown = [_shown(metric) for metric in graph["metrics"]]
        assert shown, graph["title"]
        missing |= {one[:2] for one in shown if not any(_shows(one, metric) for metric in emitted)}
    assert missing == set(NOT_EMITTED_HERE)


def _emitted(pipeline):
    """Return namespace, name and dimensions of every metric that the embedded AWS holds."""
    pages = pipeline.aws.client("cloudwatch").get_paginator("list_metrics").paginate()
    return {
        (m["Namespace"], m["MetricName"], frozenset((d["Name"], d["Value"]) for d in m["Dimensions"]))
        for page in pages
        for m in page["Metrics"]
    }


def _shown(metric):
    """Return namespace, name, dimension keys and the values that a graph's line asks for."""
    if isinstance(metric[0], dict):
        search = re.fullmatch(r"SEARCH\('\{(.*)\} (.*)', '\w+', \d+\)", metric[0]["expression"])
        assert search, metric
        namespace, *keys = search[1].split(",")
        values = dict(re.findall(r'(\w+)="([^"]*)"', search[2]))
        return namespace, values.pop("MetricName"), frozenset(keys), values
    namespace, name, *dimensions = [part for part in metric if isinstance(part, str)]
    values = dict(zip(dimensions[::2], dimensions[1::2], strict=True))
    if values.get("FunctionName", "").startswith(names.grader_name(PREFIX, "")):
        values["FunctionName"] = names.grader_name(PREFIX, "arithmetic")  # which is the one that has run
    return namespace, name, frozenset(values), values


def _shows(shown, metric):
    """Return whether a graph's line shows a metric."""
    namespace, name, keys, values = shown
    dimensions = dict(metric[2])
    return metric[:2] == (namespace, name) and set(dimensions) == keys and values.items() <= dimensions.items()


def test_no_production_request_carries_a_reference(pipeline, promoted):
    requests = pipeline.aws.bedrock_admin("GET", "/_local/requests")
    assert any(request["operation"] == "Converse" for request in requests)
    assert all("reference" not in json.dumps(request["params"]) for request in requests)


def test_graded_rollouts_are_prompts_times_epochs_times_samples(pipeline, promoted):
    learning = pipeline.aws.bedrock_admin("GET", "/_local/learning")[promoted.job.name]
    assert learning["graded"] == promoted.dataset.splits["train"].records * 2 * 8


def test_the_same_event_twice_starts_one_run(pipeline, promoted):
    event = {
        "detail": {
            "bucket": {"name": promoted.source.bucket},
            "object": {
                "key": promoted.source.key,
                "version-id": promoted.source.version_id,
                "size": promoted.source.size,
            },
        }
    }
    starter = names.function_name(PREFIX, "starter")
    answer = pipeline.aws.client("lambda").invoke(FunctionName=starter, Payload=json.dumps(event).encode())
    assert json.loads(answer["Payload"].read()) == {"run_id": promoted.run_id}
    assert pipeline.run(promoted.run_id).status is RunStatus.PROMOTED
    executions = pipeline.aws.client("stepfunctions").list_executions(
        stateMachineArn=promoted.execution_arn.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    )["executions"]
    assert [e["name"] for e in executions].count(promoted.run_id) == 1


def test_a_run_that_ended_well_is_not_retried(pipeline, promoted):
    retry = json.dumps({"retry_of": promoted.run_id}).encode()
    starter = names.function_name(PREFIX, "starter")
    answer = pipeline.aws.client("lambda").invoke(FunctionName=starter, Payload=retry)
    assert json.loads(answer["Payload"].read())["errorType"] == RetryRefused.__name__


def test_equal_content_reuses_the_job_and_the_champion_keeps_its_arns(pipeline, promoted):
    before = pipeline.champion()
    again = pipeline.drop_and_finish(DATA, name="the-same-records.jsonl")
    assert again.job.reused
    assert again.job.arn == promoted.job.arn
    after = pipeline.champion()
    assert (after.serving_arn, after.deployment_arn) == (before.serving_arn, before.deployment_arn)
    assert pipeline.left_of(again) == []


def test_on_demand_serving_needs_no_throughput(pipeline, promoted):
    before = pipeline.champion()
    pipeline.change_settings(lambda settings: settings["serving"].update(mode="on_demand"))
    try:
        run = pipeline.drop_and_finish(records(), task="arithmetic")
    finally:
        pipeline.change_settings(lambda settings: settings["serving"].update(mode="provisioned"))
    assert run.throughput is None
    assert run.status in (RunStatus.PROMOTED, RunStatus.GATE_REJECTED), run.message
    assert "baseline" in run.evaluation.gains
    assert "champion" in run.evaluation.gains, "today's champion takes part in the comparison"
    if run.status is RunStatus.PROMOTED:
        assert pipeline.champion().mode is Serving.ON_DEMAND
    else:
        assert pipeline.champion() == before


def test_grants_were_used_by_the_roles_that_hold_them_and_nothing_was_denied(pipeline, promoted):
    with urllib.request.urlopen(pipeline.aws.url + "/_rft/decisions") as answer:
        decisions = json.loads(answer.read())["decisions"]
    denied = [d for d in decisions if not d["allowed"] and "rft-local" in d["principal"]]
    assert denied == []
    used = {
        (
            d["principal"].split("/")[1].split("/")[0] if "assumed-role" in d["principal"] else d["principal"],
            d["action"],
        )
        for d in decisions
    }
    assert ("rft-local-launch-training", "iam:PassRole") in used
    assert ("rft-local-bedrock-customization", "lambda:InvokeFunction") in used
    assert ("rft-local-launch-training", "bedrock:CreateModelCustomizationJob") in used
