"""Promote: the deployment in place, provisioned throughput, the champion parameter last; and what if it goes wrong."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from rft.errors import ChampionChanged, DeploymentFailed, StillMutating, ThroughputFailed
from rft.keys import RunStatus, Serving, Step, Tag
from rft.names import champion_parameter
from tests.contract.world import World

NAME = "rft-local-arithmetic-champion"
RUN = {"run_id": "arithmetic-1"}
PARAMETER = champion_parameter("rft-local", "arithmetic")


def go_on(world: World, *, rounds: int = 8) -> dict[str, Any]:
    """Call Promote until it is ready, as the workflow does."""
    for _ in range(rounds):
        result = world.invoke(Step.PROMOTE, **RUN)
        if result["ready"] or result["stale"]:
            break
        world.settle()
    return result


def trained(world: World) -> str:
    run = world.run()
    assert run.job
    assert run.job.model_arn
    return run.job.model_arn


def test_the_first_champion_on_demand(world: World) -> None:
    world.begin()
    assert world.invoke(Step.PROMOTE, **RUN) == {"ready": False, "stale": False}
    assert world.champion() is None
    assert go_on(world) == {"ready": True, "stale": False}
    champion, deployment = world.champion(), world.deployment(NAME)
    assert champion
    assert (champion.serving_arn, champion.mode) == (deployment.arn, Serving.ON_DEMAND)
    assert champion.model_arn == deployment.model_arn == trained(world)
    assert world.run().champion == champion
    assert not world.made("CreateProvisionedModelThroughput")


def test_promoting_again_changes_nothing(world: World) -> None:
    world.begin()
    go_on(world)
    world.store.update("arithmetic-1", champion=None)  # the step died between the parameter and the record
    before = dict(world.parameters)
    world.calls.clear()
    assert world.invoke(Step.PROMOTE, **RUN) == {"ready": True, "stale": False}
    assert world.parameters == before
    assert world.run().champion == world.champion()
    assert not world.made("CreateCustomModelDeployment", "UpdateCustomModelDeployment", "PutParameter")


def test_a_later_champion_is_updated_in_place_and_the_parameter_comes_last(world: World) -> None:
    old = world.promote_first()
    world.begin(previous_champion=old)
    assert world.invoke(Step.PROMOTE, **RUN)["ready"] is False
    assert world.champion() == old
    assert go_on(world)["ready"] is True
    champion = world.champion()
    assert champion
    assert champion.deployment_arn == old.deployment_arn
    assert champion.model_arn == trained(world) != old.model_arn
    assert len(world.made("UpdateCustomModelDeployment")) == 1
    assert not world.made("CreateCustomModelDeployment")


def test_a_failed_update_leaves_the_old_champion(world: World) -> None:
    old = world.promote_first()
    world.begin(previous_champion=old)
    world.invoke(Step.PROMOTE, **RUN)
    world.deployment(NAME).update_fails = "incompatible"
    world.settle()
    with pytest.raises(DeploymentFailed, match=r"the old champion serves on: incompatible"):
        world.invoke(Step.PROMOTE, **RUN)
    world.invoke(Step.CLEAN_UP, **RUN)
    assert world.deployment(NAME).model_arn == old.model_arn
    assert world.champion() == old


def test_a_retry_after_a_failed_update_of_the_same_model_asks_again(world: World) -> None:
    old = world.promote_first()
    run = world.begin(previous_champion=old)
    world.invoke(Step.PROMOTE, **RUN)
    world.deployment(NAME).update_fails = "incompatible"
    world.settle()
    with pytest.raises(DeploymentFailed):
        world.invoke(Step.PROMOTE, **RUN)
    world.store.update("arithmetic-1", status=RunStatus.FAILED)
    assert run.job
    world.begin("arithmetic-1-r2", previous_champion=old, model_arn=run.job.model_arn)
    world.invoke(Step.PROMOTE, run_id="arithmetic-1-r2")
    world.settle()
    assert world.invoke(Step.PROMOTE, run_id="arithmetic-1-r2")["ready"] is True


def test_a_failed_first_deployment_is_deleted(world: World) -> None:
    world.begin()
    world.invoke(Step.PROMOTE, **RUN)
    world.deployment(NAME).fails = "no capacity"
    world.settle()
    with pytest.raises(DeploymentFailed, match="no capacity"):
        world.invoke(Step.PROMOTE, **RUN)
    assert world.deployment(NAME) is None


def test_a_deployment_deleted_during_the_promotion(world: World) -> None:
    world.begin()
    world.invoke(Step.PROMOTE, **RUN)
    world.bedrock.store.deployments.clear()
    with pytest.raises(DeploymentFailed, match="deleted during the promotion"):
        world.invoke(Step.PROMOTE, **RUN)


def test_a_new_champion_meanwhile_asks_for_another_comparison(world: World) -> None:
    world.begin()  # compared with nobody
    world.promote_first("arithmetic-2")
    assert world.invoke(Step.PROMOTE, **RUN) == {"ready": False, "stale": True}
    assert not world.made("UpdateCustomModelDeployment")
    world.store.update("arithmetic-1", previous_champion=world.champion())
    assert go_on(world)["ready"] is True


def test_two_promotions_at_once_do_not_disturb_each_other(world: World) -> None:
    old = world.promote_first()
    world.begin(previous_champion=old)
    world.begin("arithmetic-2", previous_champion=old)
    world.invoke(Step.PROMOTE, **RUN)
    assert world.invoke(Step.PROMOTE, run_id="arithmetic-2") == {"ready": False, "stale": False}
    world.settle()
    assert world.invoke(Step.PROMOTE, run_id="arithmetic-2") == {"ready": False, "stale": False}
    assert world.invoke(Step.PROMOTE, **RUN)["ready"] is True
    assert world.invoke(Step.PROMOTE, run_id="arithmetic-2")["stale"] is True
    assert len(world.made("UpdateCustomModelDeployment")) == 1


def test_a_parameter_changed_during_our_own_update_ends_the_run(world: World) -> None:
    old = world.promote_first()
    world.begin(previous_champion=old)
    world.invoke(Step.PROMOTE, **RUN)
    world.parameters[PARAMETER] = msgspec.json.encode(replace(old, run_id="by-hand")).decode()
    with pytest.raises(ChampionChanged, match="by-hand"):
        world.invoke(Step.PROMOTE, **RUN)


def test_provisioned_throughput_is_tagged_with_run_and_expiry_and_serves(provisioned: World) -> None:
    provisioned.begin()
    assert go_on(provisioned)["ready"] is True
    throughput, champion = provisioned.throughput(NAME), provisioned.champion()
    assert champion
    assert (champion.serving_arn, champion.mode) == (throughput.arn, Serving.PROVISIONED)
    assert champion.deployment_arn == provisioned.deployment(NAME).arn
    tags = provisioned.bedrock.store.tags[throughput.arn]
    assert tags[Tag.RUN] == "arithmetic-1"
    hours = (dt.datetime.fromisoformat(tags[Tag.EXPIRES_AT]) - dt.datetime.now(dt.UTC)).total_seconds() / 3600
    terms = provisioned.settings.serving.provisioned
    assert terms
    assert hours == pytest.approx(terms.max_pt_hours, abs=0.1)
    [request] = provisioned.made("CreateProvisionedModelThroughput")
    assert "commitmentDuration" not in request
    asked = provisioned.run().throughput
    assert asked
    assert (asked.arn, asked.in_service) == (throughput.arn, True)


def test_throughput_is_only_asked_for_when_the_deployment_serves(provisioned: World) -> None:
    provisioned.begin()
    provisioned.invoke(Step.PROMOTE, **RUN)
    provisioned.invoke(Step.PROMOTE, **RUN)
    assert not provisioned.made("CreateProvisionedModelThroughput")


def test_later_throughput_is_updated_and_its_expiry_renewed(provisioned: World) -> None:
    old = provisioned.promote_first()
    throughput = provisioned.throughput(NAME)
    provisioned.bedrock.store.tags[throughput.arn][Tag.EXPIRES_AT] = "2020-01-01T00:00:00+00:00"
    provisioned.begin(previous_champion=old)
    assert go_on(provisioned)["ready"] is True
    assert provisioned.throughput(NAME).model_arn == trained(provisioned)
    assert provisioned.bedrock.store.tags[throughput.arn][Tag.EXPIRES_AT] > "2025"
    assert provisioned.bedrock.store.tags[throughput.arn][Tag.RUN] == "arithmetic-1"
    assert not provisioned.made("CreateProvisionedModelThroughput")


def test_a_quota_of_no_units_names_both_quotas_and_clean_up_undoes_the_deployment(provisioned: World) -> None:
    provisioned.bedrock.store.options.quotas["L-BE77399C"] = 0
    provisioned.begin()
    with pytest.raises(ThroughputFailed, match="L-BE77399C"):
        go_on(provisioned)
    assert provisioned.champion() is None
    provisioned.invoke(Step.CLEAN_UP, **RUN)
    assert provisioned.deployment(NAME) is None


def test_failed_throughput_puts_deployment_and_throughput_back_to_the_champion(provisioned: World) -> None:
    old = provisioned.promote_first()
    provisioned.begin(previous_champion=old)
    provisioned.invoke(Step.PROMOTE, **RUN)
    provisioned.settle()
    provisioned.invoke(Step.PROMOTE, **RUN)  # the throughput is being updated
    throughput = provisioned.run().throughput
    assert throughput
    late = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)).isoformat()
    provisioned.store.update("arithmetic-1", throughput=replace(throughput, requested_at=late))
    with pytest.raises(ThroughputFailed, match="deployment_minutes"):
        provisioned.invoke(Step.PROMOTE, **RUN)
    assert provisioned.champion() == old
    with pytest.raises(StillMutating):
        provisioned.invoke(Step.CLEAN_UP, **RUN)
    for _ in range(3):
        provisioned.settle()
        provisioned.invoke(Step.CLEAN_UP, **RUN)
    assert provisioned.deployment(NAME).model_arn == provisioned.throughput(NAME).model_arn == old.model_arn
    assert sum("goes back" in line for line in provisioned.run().cleaned) == 2


def test_throughput_that_failed_is_named_with_bedrocks_reason_and_deleted_by_clean_up(provisioned: World) -> None:
    provisioned.begin()
    provisioned.invoke(Step.PROMOTE, **RUN)
    provisioned.settle()
    provisioned.invoke(Step.PROMOTE, **RUN)
    get = provisioned.bedrock.operations["GetProvisionedModelThroughput"]
    provisioned.bedrock.operations["GetProvisionedModelThroughput"] = lambda params: {
        **get(params),
        "status": "Failed",
        "failureMessage": "no capacity",
    }
    provisioned.settle()
    with pytest.raises(ThroughputFailed, match="no capacity"):
        provisioned.invoke(Step.PROMOTE, **RUN)
    provisioned.invoke(Step.CLEAN_UP, **RUN)
    assert provisioned.throughput(NAME) is None
    assert provisioned.champion() is None


def test_throughput_deleted_during_the_promotion(provisioned: World) -> None:
    provisioned.begin()
    provisioned.invoke(Step.PROMOTE, **RUN)
    provisioned.settle()
    provisioned.invoke(Step.PROMOTE, **RUN)
    provisioned.bedrock.store.throughputs.clear()
    with pytest.raises(ThroughputFailed, match="deleted during the promotion"):
        provisioned.invoke(Step.PROMOTE, **RUN)
