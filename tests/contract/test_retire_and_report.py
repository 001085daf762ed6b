"""Retire and Report: what stays, what goes, how people hear of it; all of it once."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from rft.errors import StillMutating
from rft.keys import RunStatus, Step
from rft.schemas import Decision, RunManifest
from rft.schemas import Quarantined as Refused
from tests.contract.test_promotion import go_on
from tests.contract.world import World, evaluation

RUN = {"run_id": "arithmetic-1"}
RUNS = "artefacts-bucket/runs/arithmetic-1/"


def test_the_candidate_waits_for_its_creation_then_goes_with_the_alias(world: World) -> None:
    world.begin()
    world.invoke(Step.DEPLOY_CANDIDATE, **RUN)
    with pytest.raises(StillMutating):
        world.invoke(Step.RETIRE, **RUN)
    world.settle()
    assert world.invoke(Step.RETIRE, **RUN) == {"removed": 2}
    assert world.invoke(Step.RETIRE, **RUN) == {"removed": 0}
    assert world.deployment("rft-local-cand-arithmetic-1") is None
    assert len(world.run().cleaned) == 2


def test_the_newest_models_stay_and_so_does_the_champion(world: World) -> None:
    champion = world.promote_first("arithmetic-0")
    models = world.bedrock.store.models
    models[champion.model_arn].created = models[champion.model_arn].created.replace(year=2020)
    old = [world.model(f"rft-local-arithmetic-{number:012x}-a1", days_old=number) for number in range(1, 5)]
    world.model("rft-local-arithmetic-hard-0123456789ab-a1", days_old=900)
    other = world.bedrock.store.models.keys() - {champion.model_arn, *old}
    for arn in other:
        world.bedrock.store.tags[arn]["rft:task"] = "arithmetic-hard"
    world.begin(previous_champion=champion)
    world.invoke(Step.RETIRE, **RUN)
    assert world.settings.workflow.keep_models == 3
    left = set(world.bedrock.store.models)
    assert champion.model_arn in left
    assert other <= left
    assert {arn for arn in old if arn in left} == {old[0], old[1]}  # and the run's own: three newest


def test_a_model_that_someone_else_serves_is_left(world: World) -> None:
    old = [world.model(f"rft-local-arithmetic-{number:012x}-a1", days_old=number) for number in range(1, 5)]
    world.bedrock.operations["CreateCustomModelDeployment"]({"modelDeploymentName": "by-hand", "modelArn": old[3]})
    world.begin()
    world.invoke(Step.RETIRE, **RUN)
    assert old[3] in world.bedrock.store.models
    assert old[2] not in world.bedrock.store.models


def report(world: World, **event: Any) -> str:
    return str(world.invoke(Step.REPORT, **RUN, **event)["status"])


def test_a_promotion_is_reported_once_in_all_forms(provisioned: World, capsys: pytest.CaptureFixture[str]) -> None:
    provisioned.begin(evaluation=evaluation(), decision=Decision(promote=True, reasons=["better"]))
    go_on(provisioned)
    capsys.readouterr()
    assert report(provisioned) == report(provisioned) == RunStatus.PROMOTED
    run = provisioned.run()
    assert run.champion
    assert run.notified
    assert run.ended_at
    assert "0.400 to 0.700, gain +0.300 [+0.250, +0.350] on 60 held-out records" in run.message
    assert run.champion.serving_arn in run.message
    [message] = provisioned.messages
    assert message["Subject"].isascii()
    assert len(message["Subject"]) <= 100
    assert message["Subject"].startswith("rft-local: arithmetic: PROMOTED")
    assert "s3://artefacts-bucket/runs/arithmetic-1/report.html" in message["Message"]
    emitted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [line["RunsEnded"] for line in emitted if "RunsEnded" in line] == [[1.0]]
    assert [line["RunsFailed"] for line in emitted if "RunsFailed" in line] == [[0.0]]
    assert provisioned.objects[RUNS + "report.html"].startswith(b"<!doctype html>")
    assert run.champion.serving_arn.encode() in provisioned.objects[RUNS + "report.md"]
    assert json.loads(provisioned.objects[RUNS + "report.json"])["run"]["status"] == "PROMOTED"


def test_every_run_leaves_a_manifest(world: World) -> None:
    run = world.begin(decision=Decision(promote=False, reasons=["not better"]))
    report(world)
    manifest = json.loads(world.objects[RUNS + "manifest.json"])
    assert set(manifest) == set(RunManifest.__struct_fields__)
    assert manifest["splits"] == {"test": "a" * 64}
    assert manifest["base_model"] == "amazon.nova-2-lite-v1:0:256k"
    assert manifest["hyperparameters"]["epochCount"] == 2
    assert manifest["grader"]["version"] == "1"
    assert run.job
    assert manifest["job"]["arn"] == run.job.arn
    assert manifest["status"] == "GATE_REJECTED"


def test_a_rejected_dataset_shows_its_first_bad_lines(world: World) -> None:
    run = world.begin(message="Dataset rejected: 40 records, at least 100 are needed.")
    assert run.dataset
    key = run.dataset.quarantine_key
    lines = [
        json.dumps({"record": n, "line": n, "code": "bad-json", "reason": f"cut off <{n}>", "original": ""})
        for n in range(1, 9)
    ]
    world.objects[f"datasets-bucket/{key}"] = "\n".join(lines).encode() + b"\n"
    world.store.update("arithmetic-1", dataset=replace(run.dataset, quarantined=8))
    assert report(world) == RunStatus.DATA_REJECTED
    text = world.messages[0]["Message"]
    assert "40 records" in text
    assert "line 5: cut off <5> (bad-json)" in text
    assert "line 6" not in text
    assert b"cut off &lt;1&gt;" in world.objects[RUNS + "report.html"]
    assert len(json.loads(world.objects[RUNS + "report.json"])["quarantined"]) == 5
    assert Refused.__struct_fields__ == ("record", "line", "code", "reason", "original")


def failed(kind: str, message: str) -> dict[str, str]:
    return {"error": kind, "cause": json.dumps({"errorType": kind, "errorMessage": message, "stackTrace": []})}


def test_a_failure_names_state_reason_and_the_way_on(world: World) -> None:
    world.begin(died_in="CheckTraining")
    assert report(world, **failed("TrainingFailed", "Bedrock's job x failed: bad data.")) == RunStatus.FAILED
    message = world.run().message
    assert message.startswith("TrainingFailed in CheckTraining: Bedrock's job x failed: bad data.")
    assert "`rft retry arithmetic-1`" in message


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT", "FAILED"])
def test_the_clean_up_machine_passes_how_the_execution_ended(world: World, status: str) -> None:
    world.begin()
    assert report(world, error=status, cause=f"the execution was {status}") == status


def test_a_final_status_is_never_overwritten(world: World) -> None:
    world.begin(decision=Decision(promote=False, reasons=["not better"]))
    report(world)
    before = world.run()
    assert report(world, error="FAILED", cause="the execution was FAILED") == RunStatus.GATE_REJECTED
    assert (world.run().message, world.run().ended_at) == (before.message, before.ended_at)
    assert len(world.messages) == 1


def test_a_notification_that_failed_is_sent_by_the_next_attempt(world: World) -> None:
    world.begin()
    world.refuse("Publish", "AuthorizationErrorException")
    with pytest.raises(Exception, match="AuthorizationError"):
        report(world, **failed("OverBudget", "above the cap"))
    assert report(world, **failed("OverBudget", "above the cap")) == RunStatus.FAILED
    assert len(world.messages) == 1


def test_a_removed_task_does_not_hide_how_its_run_ended(world: World) -> None:
    world.begin(task="removed")
    assert report(world, **failed("PreflightFailed", "unknown base model")) == RunStatus.FAILED
    assert json.loads(world.objects[RUNS + "manifest.json"])["base_model"] is None
