"""The reconciler: dead runs, leftovers, expired throughput; one trouble does not hide another."""

import datetime as dt
import json
from typing import Any

import pytest

from rft.errors import ReconciliationIncomplete
from rft.keys import RunStatus, Serving, Step, Tag
from tests.contract.test_promotion import NAME, go_on
from tests.contract.world import World


def reconcile(world: World) -> dict[str, Any]:
    return world.invoke(Step.RECONCILER)


def ended(world: World, status: str, *, minutes_ago: float) -> None:
    arn = world.run().execution_arn
    world.executions[arn] = {
        "status": status,
        "stopDate": dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes_ago),
    }


def test_a_quiet_environment_stays_as_it_is(provisioned: World) -> None:
    provisioned.promote_first()
    provisioned.begin()
    provisioned.invoke(Step.DEPLOY_CANDIDATE, run_id="arithmetic-1")
    result = reconcile(provisioned)
    assert (result["done"], result["cleaning"], result["failures"], result["waiting"]) == ([], [], [], [])
    assert (result["running"], result["provisioned_units"]) == (1, 1)


@pytest.mark.parametrize(
    ("status", "error"), [("ABORTED", "ABORTED"), ("TIMED_OUT", "TIMED_OUT"), ("SUCCEEDED", "FAILED")]
)
def test_a_run_whose_execution_ended_is_cleaned_up(world: World, status: str, error: str) -> None:
    world.begin()
    ended(world, status, minutes_ago=2)
    assert reconcile(world)["cleaning"] == ["arithmetic-1"]
    [start] = world.started
    assert start["name"] == f"arithmetic-1-{error}"
    assert start["stateMachineArn"].endswith(":rft-local-clean-up")
    assert json.loads(start["input"])["error"] == error


def test_the_rule_comes_first_and_clean_up_starts_once_an_hour_at_most(world: World) -> None:
    world.begin()
    ended(world, "ABORTED", minutes_ago=0.5)
    assert reconcile(world)["cleaning"] == []
    ended(world, "ABORTED", minutes_ago=2)
    for _ in range(4):
        reconcile(world)
    assert len(world.started) == 2
    assert all(len(one["name"]) <= 80 for one in world.started)


def test_a_run_that_never_got_an_execution_is_cleaned_up_after_a_while(world: World) -> None:
    run = world.begin(execution_arn="")
    world.executions.clear()
    assert reconcile(world)["cleaning"] == []
    assert run.execution_arn == ""
    [asked] = world.made("DescribeExecution")
    assert asked["executionArn"].endswith(":execution:rft-local-training:arithmetic-1")
    old = (dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10)).isoformat()
    world.items["run#arithmetic-1"]["updated_at"] = {"S": old}
    assert reconcile(world)["cleaning"] == ["arithmetic-1"]


def test_a_dead_runs_candidate_and_job_go(world: World) -> None:
    run = world.begin()
    world.invoke(Step.DEPLOY_CANDIDATE, run_id="arithmetic-1")
    world.settle()
    assert run.job
    world.bedrock.store.jobs[run.job.arn].status = "InProgress"
    world.store.update("arithmetic-1", status=RunStatus.FAILED)
    result = reconcile(world)
    assert len(result["done"]) == 2
    assert world.bedrock.store.jobs[run.job.arn].stop.is_set()
    assert not world.bedrock.store.deployments


def test_what_is_still_mutating_is_the_next_rounds(world: World) -> None:
    world.begin()
    world.invoke(Step.DEPLOY_CANDIDATE, run_id="arithmetic-1")
    world.store.update("arithmetic-1", status=RunStatus.FAILED)
    assert len(reconcile(world)["waiting"]) == 1
    world.settle()
    assert len(reconcile(world)["done"]) == 1


def test_what_is_not_ours_stays(world: World) -> None:
    model = world.model("rft-local-arithmetic-x")
    create = world.bedrock.operations["CreateCustomModelDeployment"]
    create({"modelDeploymentName": "rft-local-by-hand", "modelArn": model})
    foreign = [{"key": str(Tag.ENVIRONMENT), "value": "prod"}, {"key": str(Tag.RUN), "value": "gone"}]
    create({"modelDeploymentName": "rft-local-of-prod", "modelArn": model, "tags": foreign})
    world.settle()
    assert reconcile(world)["done"] == []
    assert len(world.bedrock.store.deployments) == 2


def test_expired_throughput_falls_back_before_it_is_deleted(provisioned: World) -> None:
    champion = provisioned.promote_first()
    provisioned.bedrock.store.tags[champion.serving_arn][Tag.EXPIRES_AT] = "2026-01-01T00:00:00+00:00"
    result = reconcile(provisioned)
    assert len(result["done"]) == 1
    order = [call.operation for call in provisioned.calls]
    assert order.index("PutParameter") < order.index("DeleteProvisionedModelThroughput")
    fallen = provisioned.champion()
    assert fallen
    assert (fallen.serving_arn, fallen.mode) == (champion.deployment_arn, Serving.ON_DEMAND)
    assert fallen.model_arn == champion.model_arn
    assert provisioned.throughput(NAME) is None
    [message] = provisioned.messages
    assert "max_pt_hours" in message["Message"]
    assert "Active" in message["Message"]
    assert reconcile(provisioned)["done"] == []
    assert len(provisioned.messages) == 1


def test_a_lost_expiry_tag_does_not_make_throughput_eternal(provisioned: World) -> None:
    champion = provisioned.promote_first()
    del provisioned.bedrock.store.tags[champion.serving_arn][Tag.EXPIRES_AT]
    assert reconcile(provisioned)["done"] == []
    throughput = provisioned.throughput(NAME)
    throughput.created -= dt.timedelta(days=2)
    assert len(reconcile(provisioned)["done"]) == 1


def test_throughput_that_could_not_be_deleted_is_said_and_goes_next_time(provisioned: World) -> None:
    champion = provisioned.promote_first()
    provisioned.bedrock.store.tags[champion.serving_arn][Tag.EXPIRES_AT] = "2026-01-01T00:00:00+00:00"
    provisioned.refuse("DeleteProvisionedModelThroughput", "AccessDeniedException", "no")
    with pytest.raises(ReconciliationIncomplete, match=r"DeleteProvisionedModelThroughput: no"):
        reconcile(provisioned)
    assert len(provisioned.messages) == 1
    reconcile(provisioned)
    assert provisioned.throughput(NAME) is None


def test_one_trouble_does_not_stop_the_others_and_figures_go_out(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2):
        world.begin(f"arithmetic-{number}")
        world.invoke(Step.DEPLOY_CANDIDATE, run_id=f"arithmetic-{number}")
        world.store.update(f"arithmetic-{number}", status=RunStatus.FAILED)
    world.settle()
    world.begin("arithmetic-3")
    capsys.readouterr()
    world.refuse("DeleteCustomModelDeployment", "AccessDeniedException", "no")
    with pytest.raises(ReconciliationIncomplete):
        reconcile(world)
    assert len(world.bedrock.store.deployments) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    figures = {
        name: line[name][0]
        for line in lines
        for name in line
        if name in ("OldestRunAge", "LeftoversRemoved", "ProvisionedUnits")
    }
    assert figures["LeftoversRemoved"] == 1
    assert figures["ProvisionedUnits"] == 0
    assert figures["OldestRunAge"] > 0
    assert {line["environment"] for line in lines} == {"local"}


def test_a_promotion_that_nobody_undid_is_undone(provisioned: World) -> None:
    old = provisioned.promote_first()
    provisioned.begin(previous_champion=old)
    for _ in range(2):
        provisioned.invoke(Step.PROMOTE, run_id="arithmetic-1")
        provisioned.settle()
    assert reconcile(provisioned)["done"] == []  # the run lives
    provisioned.store.update("arithmetic-1", status=RunStatus.ABORTED)
    assert len(reconcile(provisioned)["done"]) == 2
    provisioned.settle()
    assert reconcile(provisioned)["done"] == []
    assert provisioned.deployment(NAME).model_arn == provisioned.throughput(NAME).model_arn == old.model_arn


def test_a_champion_deployment_without_parameter_goes(world: World) -> None:
    world.begin()
    go_on(world)
    world.store.update("arithmetic-1", status=RunStatus.FAILED)
    world.parameters.clear()
    assert len(reconcile(world)["done"]) == 1
    assert world.deployment(NAME) is None


def test_provisioned_throughput_left_by_a_change_to_on_demand_goes(provisioned: World) -> None:
    champion = provisioned.promote_first()
    from msgspec.structs import replace

    from rft.serving import champion as champions

    champions.write("rft-local", replace(champion, serving_arn=champion.deployment_arn, mode=Serving.ON_DEMAND))
    assert len(reconcile(provisioned)["done"]) == 1
    assert provisioned.throughput(NAME) is None


def test_a_commitment_is_left_to_its_end(provisioned: World) -> None:
    champion = provisioned.promote_first()
    provisioned.bedrock.store.tags[champion.serving_arn][Tag.EXPIRES_AT] = "2026-01-01T00:00:00+00:00"
    provisioned.throughput(NAME).commitment = "OneMonth"
    assert reconcile(provisioned)["done"] == []
    assert provisioned.champion() == champion
