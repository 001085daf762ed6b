"""DeployCandidate: describe or create, wait, fail with Bedrock's words."""

import datetime as dt

import pytest
from msgspec.structs import replace

from rft.errors import DeploymentFailed, Throttled
from rft.keys import Role, Step, Tag
from tests.contract.world import World

NAME = "rft-local-cand-arithmetic-1"
RUN = {"run_id": "arithmetic-1"}


def test_it_is_created_once_and_answers_when_active(world: World) -> None:
    run = world.begin()
    assert world.invoke(Step.DEPLOY_CANDIDATE, **RUN) == {"ready": False}
    assert world.invoke(Step.DEPLOY_CANDIDATE, **RUN) == {"ready": False}
    world.settle()
    assert world.invoke(Step.DEPLOY_CANDIDATE, **RUN) == {"ready": True}
    assert world.invoke(Step.DEPLOY_CANDIDATE, **RUN) == {"ready": True}
    assert len(world.made("CreateCustomModelDeployment")) == 1
    deployment = world.deployment(NAME)
    assert run.job
    assert deployment.model_arn == run.job.model_arn
    assert world.bedrock.store.tags[deployment.arn] == {
        Tag.ENVIRONMENT: "local",
        Tag.TASK: "arithmetic",
        Tag.RUN: "arithmetic-1",
        Tag.ROLE: Role.CANDIDATE,
    }
    candidate = world.run().candidate
    assert candidate
    assert candidate.active
    assert candidate.arn == deployment.arn


def test_a_step_that_died_before_writing_finds_its_deployment_by_name(world: World) -> None:
    world.begin()
    world.invoke(Step.DEPLOY_CANDIDATE, **RUN)
    candidate = world.run().candidate
    assert candidate
    world.store.update("arithmetic-1", candidate=replace(candidate, arn=""))
    world.settle()
    assert world.invoke(Step.DEPLOY_CANDIDATE, **RUN) == {"ready": True}
    assert len(world.made("CreateCustomModelDeployment")) == 1


def test_a_failed_deployment_is_deleted_and_named_with_bedrocks_reason(world: World) -> None:
    world.begin()
    world.invoke(Step.DEPLOY_CANDIDATE, **RUN)
    world.deployment(NAME).fails = "no capacity today"
    world.settle()
    with pytest.raises(DeploymentFailed, match="no capacity today"):
        world.invoke(Step.DEPLOY_CANDIDATE, **RUN)
    assert world.deployment(NAME) is None


def test_a_deployment_deleted_by_hand_while_creating_is_said_so(world: World) -> None:
    world.begin()
    world.invoke(Step.DEPLOY_CANDIDATE, **RUN)
    world.bedrock.store.deployments.clear()
    with pytest.raises(DeploymentFailed, match="was deleted while the run needed it"):
        world.invoke(Step.DEPLOY_CANDIDATE, **RUN)


def test_it_waits_while_others_are_in_progress(world: World) -> None:
    world.begin()
    world.bedrock.store.options.quotas["L-430C95DD"] = 0
    assert world.invoke(Step.DEPLOY_CANDIDATE, **RUN) == {"ready": False}
    world.bedrock.store.options.quotas["L-430C95DD"] = 2
    assert world.invoke(Step.DEPLOY_CANDIDATE, **RUN) == {"ready": False}
    assert world.deployment(NAME)


def test_it_fails_with_the_quota_when_the_account_holds_all_it_may(world: World) -> None:
    model = world.model("other")
    for number in range(10):
        world.bedrock.operations["CreateCustomModelDeployment"](
            {"modelDeploymentName": f"other-{number}", "modelArn": model}
        )
        world.settle()
    world.begin()
    with pytest.raises(DeploymentFailed, match="L-1EF80F3E"):
        world.invoke(Step.DEPLOY_CANDIDATE, **RUN)


@pytest.mark.parametrize("created", [True, False])
def test_it_takes_no_longer_than_the_settings_allow(world: World, created: bool) -> None:
    world.begin()
    world.bedrock.store.options.quotas["L-430C95DD"] = 2 if created else 0
    world.invoke(Step.DEPLOY_CANDIDATE, **RUN)
    candidate = world.run().candidate
    assert candidate
    earlier = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)).isoformat()
    world.store.update("arithmetic-1", candidate=replace(candidate, requested_at=earlier))
    with pytest.raises(DeploymentFailed, match="deployment_minutes"):
        world.invoke(Step.DEPLOY_CANDIDATE, **RUN)


def test_throttling_gets_its_own_name(world: World) -> None:
    world.begin()
    world.refuse("ListCustomModelDeployments", "ThrottlingException")
    with pytest.raises(Throttled):
        world.invoke(Step.DEPLOY_CANDIDATE, **RUN)
