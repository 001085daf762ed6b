"""CleanUp: everything that a dead run left goes, however far it came and whatever it could write down."""

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from rft.errors import StillMutating
from rft.keys import JobStatus, RunStatus, State, Step, Tag
from rft.schemas import Deployment
from tests.contract.test_promotion import NAME, go_on
from tests.contract.world import World

RUN = {"run_id": "arithmetic-1", "error": "TrainingFailed", "cause": "{}"}
CANDIDATE = "rft-local-cand-arithmetic-1"


def training(world: World, run_id: str = "arithmetic-1") -> None:
    run = world.run(run_id)
    assert run.job
    world.bedrock.store.jobs[run.job.arn].status = "InProgress"
    world.store.update(run_id, job=replace(run.job, status=JobStatus.IN_PROGRESS, model_arn=None))


def test_a_running_job_is_stopped_its_slot_freed_and_the_alias_deleted(world: World) -> None:
    world.begin(state=State.WAIT_FOR_TRAINING)
    training(world)
    assert world.store.take_slot(1, "arithmetic-1")
    world.invoke(Step.CLEAN_UP, **RUN)
    run = world.run()
    assert run.job
    assert world.bedrock.store.jobs[run.job.arn].stop.is_set()
    assert world.store.slot_owner(1) is None
    assert not world.aliases
    assert run.died_in == State.WAIT_FOR_TRAINING
    assert [line.split()[0] for line in run.cleaned] == ["training", "training", "alias"]


def test_everything_is_safe_to_repeat(world: World) -> None:
    world.begin()
    training(world)
    world.invoke(Step.CLEAN_UP, **RUN)
    run = world.run()
    assert run.job
    world.bedrock.store.jobs[run.job.arn].status = "Stopped"
    first = run.cleaned
    world.invoke(Step.CLEAN_UP, **RUN)
    assert world.run().cleaned == first
    assert len(world.made("StopModelCustomizationJob")) == 1


def test_a_job_that_another_living_run_uses_goes_on_with_its_alias(world: World) -> None:
    first = world.begin()
    training(world)
    assert first.job
    world.begin("arithmetic-2", model_arn=first.job.model_arn)
    world.store.update("arithmetic-2", job=replace(first.job, status=JobStatus.IN_PROGRESS, reused=True))
    world.invoke(Step.CLEAN_UP, **RUN)
    assert not world.made("StopModelCustomizationJob")
    assert ("rft-local-grader-arithmetic", "arithmetic-1") in world.aliases
    world.store.update("arithmetic-1", status=RunStatus.FAILED)
    world.invoke(Step.CLEAN_UP, run_id="arithmetic-2", error="x", cause="")
    assert len(world.made("StopModelCustomizationJob")) == 1
    assert not world.aliases  # the dead first run's as well


def test_a_job_that_was_launched_but_not_written_down_is_found_by_its_tag(world: World) -> None:
    world.begin()
    training(world)
    run = world.run()
    assert run.job
    del world.items["run#arithmetic-1"]["job"], world.items["run#arithmetic-1"]["job_arn"]
    world.invoke(Step.CLEAN_UP, **RUN)
    assert world.bedrock.store.jobs[run.job.arn].stop.is_set()


def test_a_job_of_another_run_is_left_alone(world: World) -> None:
    world.begin("arithmetic-2")
    training(world, "arithmetic-2")
    del world.items["run#arithmetic-2"]["job"], world.items["run#arithmetic-2"]["job_arn"]  # not written down yet
    world.begin()
    world.store.update("arithmetic-1", job=None)
    world.invoke(Step.CLEAN_UP, **RUN)
    assert not world.made("StopModelCustomizationJob")


def test_a_candidate_that_is_still_creating_has_to_wait_while_all_else_goes(world: World) -> None:
    world.begin()
    world.invoke(Step.DEPLOY_CANDIDATE, run_id="arithmetic-1")
    with pytest.raises(StillMutating, match="Creating"):
        world.invoke(Step.CLEAN_UP, **RUN)
    assert not world.aliases
    assert world.run().cleaned == ["alias arithmetic-1 of rft-local-grader-arithmetic"]
    (cooled,) = world.made("DeleteProvisionedConcurrencyConfig")
    assert cooled == {"FunctionName": "rft-local-grader-arithmetic", "Qualifier": "arithmetic-1"}
    world.settle()
    world.invoke(Step.CLEAN_UP, **RUN)
    assert world.deployment(CANDIDATE) is None


def test_a_candidate_that_was_not_written_down_is_found_by_name(world: World) -> None:
    world.begin()
    world.invoke(Step.DEPLOY_CANDIDATE, run_id="arithmetic-1")
    world.settle()
    world.store.update("arithmetic-1", candidate=None)
    world.invoke(Step.CLEAN_UP, **RUN)
    assert world.deployment(CANDIDATE) is None


def test_a_candidate_deleted_by_hand_is_no_trouble(world: World) -> None:
    world.begin(candidate=Deployment(name=CANDIDATE, arn="arn:gone", requested_at="2026-01-01T00:00:00+00:00"))
    world.invoke(Step.CLEAN_UP, **RUN)
    assert not world.made("DeleteCustomModelDeployment")


def test_throughput_that_serves_nobody_goes_even_if_its_arn_was_not_written_down(provisioned: World) -> None:
    provisioned.begin()
    for _ in range(2):
        provisioned.invoke(Step.PROMOTE, run_id="arithmetic-1")
        provisioned.settle()
    throughput = provisioned.run().throughput
    assert throughput
    provisioned.store.update("arithmetic-1", throughput=replace(throughput, arn=""))
    provisioned.invoke(Step.CLEAN_UP, **RUN)
    assert provisioned.throughput(NAME) is None
    assert provisioned.deployment(NAME) is None


def test_throughput_that_is_still_creating_has_to_wait(provisioned: World) -> None:
    provisioned.begin()
    provisioned.invoke(Step.PROMOTE, run_id="arithmetic-1")
    provisioned.settle()
    provisioned.invoke(Step.PROMOTE, run_id="arithmetic-1")
    with pytest.raises(StillMutating, match="provisioned throughput"):
        provisioned.invoke(Step.CLEAN_UP, **RUN)
    provisioned.settle()
    provisioned.invoke(Step.CLEAN_UP, **RUN)
    assert provisioned.throughput(NAME) is None


def test_a_run_that_was_promoted_before_it_died_keeps_what_serves(provisioned: World) -> None:
    provisioned.begin()
    go_on(provisioned)
    champion = provisioned.champion()
    provisioned.invoke(Step.CLEAN_UP, **RUN)
    assert provisioned.champion() == champion
    assert provisioned.throughput(NAME)
    assert provisioned.deployment(NAME)


def test_another_runs_promotion_is_not_undone(world: World) -> None:
    old = world.promote_first()
    first = world.begin(previous_champion=old)
    world.invoke(Step.PROMOTE, run_id="arithmetic-1")
    assert first.job
    world.begin("arithmetic-2", previous_champion=old, model_arn=first.job.model_arn)
    world.invoke(Step.PROMOTE, run_id="arithmetic-2")  # the same model: it takes the update over
    world.settle()
    world.calls.clear()
    world.invoke(Step.CLEAN_UP, **RUN)
    assert not world.made("UpdateCustomModelDeployment", "DeleteCustomModelDeployment")


def test_a_missing_permission_stops_nothing_else_and_is_raised_first(world: World) -> None:
    world.begin()
    world.invoke(Step.DEPLOY_CANDIDATE, run_id="arithmetic-1")
    world.refuse("ListModelCustomizationJobs", "AccessDeniedException", "not authorized")
    with pytest.raises(ClientError, match="not authorized"):
        world.invoke(Step.CLEAN_UP, **RUN)
    assert not world.aliases


def test_a_committed_throughput_does_not_hold_clean_up_for_a_month(provisioned: World) -> None:
    provisioned.begin()
    for _ in range(2):
        provisioned.invoke(Step.PROMOTE, run_id="arithmetic-1")
        provisioned.settle()
    provisioned.throughput(NAME).commitment = "OneMonth"
    provisioned.invoke(Step.CLEAN_UP, **RUN)
    provisioned.invoke(Step.CLEAN_UP, **RUN)
    assert provisioned.throughput(NAME)
    assert sum("commitment" in line for line in provisioned.run().cleaned) == 1


def test_a_conflict_of_settled_throughput_is_no_matter_of_waiting(provisioned: World) -> None:
    provisioned.begin()
    for _ in range(2):
        provisioned.invoke(Step.PROMOTE, run_id="arithmetic-1")
        provisioned.settle()
    provisioned.refuse("DeleteProvisionedModelThroughput", "ConflictException", "in use elsewhere")
    with pytest.raises(ClientError, match="in use elsewhere"):
        provisioned.invoke(Step.CLEAN_UP, **RUN)


def test_tags_name_the_run_on_everything_that_is_created(provisioned: World) -> None:
    provisioned.begin()
    provisioned.invoke(Step.DEPLOY_CANDIDATE, run_id="arithmetic-1")
    go_on(provisioned)
    created = provisioned.made("CreateCustomModelDeployment", "CreateProvisionedModelThroughput")
    assert len(created) == 3
    for request in created:
        tags = {tag["key"]: tag["value"] for tag in request["tags"]}
        assert tags[Tag.RUN] == "arithmetic-1"
        assert tags[Tag.ENVIRONMENT] == "local"
