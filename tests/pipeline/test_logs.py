"""A dropped .logs.json: several functions read invocation logs, filter and draw, and the run trains on the sample."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from local.embedded import ACCOUNT
from rft.keys import RunStatus
from rft.schemas import Manifest
from tests.pipeline.golden import recorded_with
from tests.pipeline.pipeline import Pipeline

pytestmark = pytest.mark.xdist_group("logs")

LOGS = "rft-local-invocation-logs"
HOUR = f"app/AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/us-east-1/2026/03/05/06"
OBJECTS = 45  # three workers
ENTRIES = 8  # in each
# Production answers are no references; a form is what can be learnt without any.
GRADER = """
from rft.rewards.numbers import final_number, strict_hash_number
from rft.rewards.score import Score

def reward(sample):
    form = strict_hash_number(sample.answer) is not None
    return Score(1.0 if form else 0.3 if final_number(sample.answer) is not None else 0.0)
"""


def entry(number: int, **more: Any) -> dict[str, Any]:
    """Return an entry as Bedrock writes them."""
    question = f"What is {number} plus {number % 89}? End with #### and the number."
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-03-05T06:07:08Z",
        "accountId": ACCOUNT,
        "region": "us-east-1",
        "requestId": f"r-{number}",
        "operation": "Converse",
        "modelId": "amazon.nova-2-lite-v1:0",
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": {"messages": [{"role": "user", "content": [{"text": question}]}]},
        },
        "output": {
            "outputContentType": "application/json",
            "outputBodyJson": {
                "output": {"message": {"role": "assistant", "content": [{"text": f"#### {number + number % 89}"}]}}
            },
        },
        "requestMetadata": {"team": "sales" if number % 6 == 5 else "support"},
        **more,
    }


@pytest.fixture(scope="module", autouse=True)
def logs(pipeline: Pipeline) -> None:
    """Make a log bucket with objects as Bedrock writes them, a body that stands apart, and its permission check."""
    s3 = pipeline.aws.client("s3")
    s3.create_bucket(Bucket=LOGS)
    for number in range(OBJECTS):
        lines = [json.dumps(entry(number * ENTRIES + more)) for more in range(ENTRIES)]
        s3.put_object(Bucket=LOGS, Key=f"{HOUR}/{number:03}.json.gz", Body=gzip.compress("\n".join(lines).encode()))
    body = f"{HOUR}/data/r-large_input.json.gz"
    asked = {"messages": [{"role": "user", "content": [{"text": "What is 1 plus 1? End with #### and the number."}]}]}
    s3.put_object(Bucket=LOGS, Key=body, Body=gzip.compress(json.dumps(asked).encode()))
    apart = {"inputContentType": "application/json", "inputBodyS3Path": f"s3://{LOGS}/{body}"}
    lines = [
        json.dumps(entry(9_000, requestId="r-large", input=apart)),
        json.dumps(entry(9_001, errorCode="ThrottlingException")),
        '{"schemaType": "ModelInv',
    ]
    s3.put_object(Bucket=LOGS, Key=f"{HOUR}/last.json.gz", Body=gzip.compress("\n".join(lines).encode()))
    s3.put_object(Bucket=LOGS, Key="app/amazon-bedrock-logs-permission-check", Body=b"")


def stored(pipeline: Pipeline, run: Any, key: str) -> bytes:
    body: bytes = pipeline.aws.client("s3").get_object(Bucket=run.dataset.bucket, Key=key)["Body"].read()
    return body


def test_a_run_trains_on_what_is_drawn_from_logs(pipeline: Pipeline, tmp_path: Path):
    pipeline.change_grader(GRADER)
    pipeline.change_golden(recorded_with(GRADER, tmp_path))
    source = {
        "s3_uri": f"s3://{LOGS}/app",
        "metadata_filter": {"equals": {"team": "support"}},
        "from": "2026-03-01",
    }
    run = pipeline.drop_and_finish(json.dumps(source).encode(), name="support.logs.json")
    assert run.status in (RunStatus.PROMOTED, RunStatus.GATE_REJECTED), run.message
    assert run.job.status == "Completed"
    assert run.logs.batches == 3
    entered = pipeline.history(run)
    assert entered.index("PlanLogs") < entered.index("SampleLogs") < entered.index("ValidateData")
    manifest = msgspec.json.decode(stored(pipeline, run, run.dataset.manifest_key), type=Manifest)
    sampling = manifest.sampling
    assert sampling is not None
    assert (sampling.objects, sampling.seen) == (OBJECTS + 1, OBJECTS * ENTRIES + 3)
    assert (sampling.filtered, sampling.unusable, sampling.unreadable) == (OBJECTS * ENTRIES // 6, 1, 1)
    assert sampling.kept == OBJECTS * ENTRIES * 5 // 6 + 1 == manifest.records
    assert sampling.s3_uri == source["s3_uri"]
    records = [
        json.loads(line)
        for split in run.dataset.splits.values()
        for line in stored(pipeline, run, split.key).splitlines()
    ]
    prompts = {record["messages"][-1]["content"] for record in records}
    assert "What is 1 plus 1? End with #### and the number." in prompts, "the body that stood apart"
    assert len(records) + run.dataset.quarantined == manifest.examples
    again = pipeline.drop_and_finish(json.dumps({**source, "from": "2026-03-02"}).encode(), name="again.logs.json")
    assert again.dataset.version == run.dataset.version, "the same bytes give the same version"
    assert pipeline.left_of(run) == pipeline.left_of(again) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"s3_uri": "s3://other-logs/app"}, ["log_buckets", "environments/local.toml", '"other-logs"']),
        ({"s3_uri": f"s3://{LOGS}/nowhere"}, ["no logs lie below"]),
        ({"s3_uri": f"s3://{LOGS}/app", "max_records": 5}, ["$.max_records"]),
        (
            {"s3_uri": f"s3://{LOGS}/app", "to": "2026-03-04"},
            ["none of the 363 entries", "362 have other days", "last.json.gz, line 3"],
        ),
    ],
)
def test_a_place_that_gives_no_records_is_rejected_with_the_fix(pipeline: Pipeline, source, words):
    run = pipeline.drop_and_finish(json.dumps(source).encode(), name=f"{len(words)}-{source['s3_uri'][-5:]}.logs.json")
    assert run.status is RunStatus.DATA_REJECTED, run.message
    told = pipeline.message_about(run.run_id)
    for word in words:
        assert word in run.message
        assert word in told
    assert run.job is None
