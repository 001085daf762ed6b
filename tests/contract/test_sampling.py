"""PlanLogs and SampleBatch: a dropped file names logs; their entries are filtered, drawn, and come back as a file."""

import gzip
import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from rft.aws.logs import check_bucket, merged_source
from rft.datasets.logs.source import LogSource
from rft.errors import DatasetUnreadable, LogsUnreadable
from rft.keys import State, Step
from rft.schemas import Manifest, Source
from tests.contract.account import service_error
from tests.contract.launching import LaunchWorld

RUN = {"run_id": "arithmetic-1"}
LOGS = "rft-local-invocation-logs"
HOUR = "x/AWSLogs/000000000000/BedrockModelInvocationLogs/us-east-1/2026/03/05/06"
DROP = "intake-bucket/incoming/arithmetic/a.logs.json"


def entry(number: int, **more: Any) -> dict[str, Any]:
    return {
        "schemaType": "ModelInvocationLog",
        "timestamp": "2026-03-05T06:07:08Z",
        "requestId": f"r-{number}",
        "input": {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": f"{number} + 1?"}]}]}},
        "output": {"outputBodyJson": {"output": {"message": {"content": [{"text": str(number + 1)}]}}}},
        "requestMetadata": {"team": "support" if number % 2 else "sales"},
        **more,
    }


def ready(world: LaunchWorld, source: Any) -> None:
    """Have a run whose drop names logs: 45 objects of three entries, a body apart, a file that is no log."""
    world.ready()
    dropped = Source(bucket="intake-bucket", key=DROP.partition("/")[2], version_id="v1", size=10)
    world.store.update("arithmetic-1", source=dropped)
    world.objects[DROP] = source if isinstance(source, bytes) else json.dumps(source).encode()
    for number in range(45):
        lines = [json.dumps(entry(3 * number + more)) for more in range(3)]
        world.objects[f"{LOGS}/{HOUR}/{number:02}.json.gz"] = gzip.compress("\n".join(lines).encode())
    asked = {"messages": [{"role": "user", "content": [{"text": "a long story"}]}]}
    world.objects[f"{LOGS}/{HOUR}/data/r-200_input.json.gz"] = gzip.compress(json.dumps(asked).encode())
    apart = {"inputBodyS3Path": f"s3://{LOGS}/{HOUR}/data/r-200_input.json.gz"}
    gone = {"outputBodyS3Path": f"s3://{LOGS}/{HOUR}/data/r-201_output.json.gz"}
    elsewhere = {"outputBodyS3Path": "s3://somebody-elses/data/r-203_output.json.gz"}
    lines = [json.dumps(entry(201, input=apart)), json.dumps(entry(203, output=gone))]
    lines += [json.dumps(entry(205, output=elsewhere)), json.dumps(entry(207, errorCode="Throttled")), "{oops"]
    world.objects[f"{LOGS}/{HOUR}/45.json"] = "\n".join(lines).encode()
    world.objects[f"{LOGS}/x/amazon-bedrock-logs-permission-check"] = b""


def plan(world: LaunchWorld) -> list[dict[str, Any]]:
    result = world.invoke(Step.PLAN_LOGS, **RUN)
    assert result["found"], world.run().message
    return [json.loads(line) for line in world.objects[f"artefacts-bucket/{result['plan_key']}"].splitlines()]


def drawn(world: LaunchWorld) -> tuple[dict[str, dict[str, Any]], Any]:
    run = world.run()
    assert run.logs
    stream, facts = merged_source(run, run.logs, world.settings)
    values = [json.loads(line) for line in stream.read().splitlines()]
    return {value["requestId"]: value for value in values}, facts


def test_logs_are_listed_shared_out_and_drawn(launch: LaunchWorld) -> None:
    ready(launch, {"s3_uri": f"s3://{LOGS}/x", "metadata_filter": {"equals": {"team": "support"}}, "max_records": 100})
    batches = plan(launch)
    assert [batch["objects"] for batch in batches] == [20, 20, 6]
    for batch in batches:
        seen = launch.invoke(Step.SAMPLE_BATCH, **RUN, batch=batch)["seen"]
        assert seen == {0: 60, 1: 60, 2: 20}[batch["batch"]]
    assert launch.run().state == State.SAMPLE_BATCH
    values, facts = drawn(launch)
    assert set(values) == {f"r-{number}" for number in range(1, 135, 2)} | {"r-201", "r-203", "r-205"}
    assert values["r-201"]["input"]["inputBodyJson"]["messages"][0]["content"][0]["text"] == "a long story"
    assert values["r-203"]["output"]["outputBodyError"].endswith("r-201_output.json.gz is gone")
    assert "lies in no bucket of log_buckets" in values["r-205"]["output"]["outputBodyError"]
    assert (facts.objects, facts.seen, facts.filtered, facts.unusable, facts.unreadable) == (46, 140, 68, 1, 1)
    assert (facts.kept, facts.max_records, facts.s3_uri) == (70, 100, f"s3://{LOGS}/x")
    assert f"{HOUR}/45.json, line 5" in facts.notes["unreadable"][0]


def test_the_version_says_how_it_was_drawn(launch: LaunchWorld) -> None:
    ready(launch, {"s3_uri": f"s3://{LOGS}/x"})
    for batch in plan(launch):
        launch.invoke(Step.SAMPLE_BATCH, **RUN, batch=batch)
    assert launch.invoke(Step.VALIDATE_DATA, **RUN) == {"accepted": False}  # 138 records are too few for all splits
    run = launch.run()
    assert "Drawn from 140 log entries in 46 objects: 138 taken, 1 unusable, 1 unreadable." in run.message
    assert run.dataset
    manifest = msgspec.json.decode(launch.objects[f"datasets-bucket/{run.dataset.manifest_key}"], type=Manifest)
    assert manifest.sampling
    assert manifest.sampling.kept == manifest.records == 138
    quarantine = launch.objects[f"datasets-bucket/{run.dataset.quarantine_key}"].decode()
    for why in ("r-201_output.json.gz is gone", "lies in no bucket of log_buckets"):
        assert why in quarantine


def test_what_is_planned_twice_gives_the_same(launch: LaunchWorld) -> None:
    ready(launch, {"s3_uri": f"s3://{LOGS}/x"})
    batches = plan(launch)
    assert plan(launch) == batches
    for batch in [*batches, *batches]:
        launch.invoke(Step.SAMPLE_BATCH, **RUN, batch=batch)
    first, facts = drawn(launch)
    assert (first, facts) == drawn(launch)
    assert facts.kept == 138


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"{oops", "the file cannot be read"),
        ({"s3_uri": "s3://Logs"}, "s3_uri"),
        (
            {"s3_uri": "s3://other-logs/x"},
            'log_buckets of environments/local.toml (rft-local-invocation-logs); add "other-logs"',
        ),
        ({"s3_uri": f"s3://{LOGS}/y"}, "no logs lie below s3://rft-local-invocation-logs/y (0 objects do)"),
        ({"s3_uri": f"s3://{LOGS}/x", "to": "2026-03-01"}, "no logs of those days lie below"),
    ],
)
def test_a_wrong_place_is_answered_with_the_fix(launch: LaunchWorld, source: Any, said: str) -> None:
    ready(launch, source)
    assert launch.invoke(Step.PLAN_LOGS, **RUN) == {"found": False, "plan_key": ""}
    assert launch.run().message.startswith("Dataset rejected: ")
    assert said in launch.run().message
    assert launch.run().logs is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("NoSuchBucket", "there is no bucket rft-local"),
        ("AccessDenied", "may not be read: refused by the test; its policy"),
    ],
)
def test_a_bucket_that_refuses_to_be_listed_is_answered_with_the_fix(launch: LaunchWorld, code: str, said: str) -> None:
    ready(launch, {"s3_uri": f"s3://{LOGS}/x"})
    launch.refuse("ListObjectsV2", code)
    assert launch.invoke(Step.PLAN_LOGS, **RUN)["found"] is False
    assert said in launch.run().message


def test_a_bucket_that_refuses_to_be_read_fails_the_run_with_the_fix(launch: LaunchWorld) -> None:
    ready(launch, {"s3_uri": f"s3://{LOGS}/x"})
    first, *_ = plan(launch)
    deny(launch)
    with pytest.raises(LogsUnreadable, match=r"docs/aws\.md"):
        launch.invoke(Step.SAMPLE_BATCH, **RUN, batch=first)
    assert launch.run().message.startswith("LogsUnreadable in batch 0: the bucket rft-local-invocation-logs may not")


def test_a_body_that_refuses_to_be_read_fails_the_run_too(launch: LaunchWorld) -> None:
    ready(launch, {"s3_uri": f"s3://{LOGS}/x"})
    for batch in plan(launch):
        launch.invoke(Step.SAMPLE_BATCH, **RUN, batch=batch)
    deny(launch)
    with pytest.raises(LogsUnreadable, match="may not be read"):
        drawn(launch)


def test_an_object_that_is_gone_meanwhile_is_counted(launch: LaunchWorld) -> None:
    ready(launch, {"s3_uri": f"s3://{LOGS}/x"})
    batches = plan(launch)
    del launch.objects[f"{LOGS}/{HOUR}/00.json.gz"]
    for batch in batches:
        launch.invoke(Step.SAMPLE_BATCH, **RUN, batch=batch)
    _, facts = drawn(launch)
    assert (facts.unreadable_objects, facts.seen) == (1, 137)
    assert facts.notes["unreadable object"] == [f"{HOUR}/00.json.gz: it was deleted while the logs were read"]


def deny(world: LaunchWorld) -> None:
    """Let the log bucket refuse every read from now on."""
    answer = world._s3_GetObject

    def get(client: Any, params: dict[str, Any]) -> Any:
        if params["Bucket"] == LOGS:
            raise service_error(client, "AccessDenied", "no", "GetObject")
        return answer(client, params)

    setattr(world, "_s3_GetObject", get)  # noqa: B010 - the type checker knows a method there


def test_where_no_entry_is_left_all_of_them_are_accounted_for(launch: LaunchWorld) -> None:
    ready(launch, {"s3_uri": f"s3://{LOGS}/x", "metadata_filter": {"equals": {"team": "nobody"}}})
    for batch in plan(launch):
        launch.invoke(Step.SAMPLE_BATCH, **RUN, batch=batch)
    assert launch.invoke(Step.VALIDATE_DATA, **RUN) == {"accepted": False}
    assert launch.run().message.startswith("Dataset rejected: none of the 140 entries in 46 objects below s3://")
    assert "139 have other days or metadata" in launch.run().message


def test_without_a_plan_nothing_is_drawn(launch: LaunchWorld) -> None:
    launch.ready()
    with pytest.raises(ValueError, match="no plan of logs"):
        launch.invoke(Step.SAMPLE_BATCH, **RUN, batch={})


def test_no_bucket_is_read_where_the_settings_name_none(launch: LaunchWorld) -> None:
    with pytest.raises(DatasetUnreadable, match=r"environments/local.toml \(none\)"):
        check_bucket(LogSource(s3_uri=f"s3://{LOGS}/x"), replace(launch.settings, log_buckets=[]))
