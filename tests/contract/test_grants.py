"""The steps are granted what they call, and nothing that they never call."""

from collections import defaultdict

import pytest

from rft.keys import Step
from stacks.grants import GRANTS
from tests.contract.permissions import actions_of
from tests.contract.scenarios import calls
from tests.contract.world import World

SERVING = (
    Step.DEPLOY_CANDIDATE,
    Step.PLAN_EVALUATION,
    Step.EVALUATE_BATCH,
    Step.GATE,
    Step.PROMOTE,
    Step.RETIRE,
    Step.REPORT,
    Step.CLEAN_UP,
    Step.RECONCILER,
)
BEHIND_A_CALL = ("kms:",)  # AWS checks these on our behalf when it uses our keys
LISTING = {"s3:ListBucket"}  # else S3 says of what is gone that it is forbidden
WITHOUT_A_CALL = {Step.SAMPLE_BATCH: LISTING, Step.VALIDATE_DATA: LISTING}
NEVER_ALLOWED = ("iam:", "s3:Delete", "dynamodb:Delete", "dynamodb:Scan", "dynamodb:PutItem")


@pytest.fixture
def used() -> dict[str, set[str]]:
    """Return the actions that each step calls in the scenarios of this folder."""
    found: dict[str, set[str]] = defaultdict(set)
    for call in calls():
        found[call.step] |= set(actions_of(call.service, call.operation, call.params))
    return found


def test_every_granted_action_is_called(used: dict[str, set[str]]) -> None:
    for step in Step:
        granted = {action for grant in GRANTS[step] for action in grant.actions}
        idle = {action for action in granted - used[step] if not action.startswith(BEHIND_A_CALL)}
        idle -= WITHOUT_A_CALL.get(step, set())
        assert not idle, f"{step} is granted {sorted(idle)} and never calls it"


def test_an_ungranted_call_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.begin()
    kept = tuple(grant for grant in GRANTS[Step.DEPLOY_CANDIDATE] if "bedrock:TagResource" not in grant.actions)
    monkeypatch.setitem(GRANTS, Step.DEPLOY_CANDIDATE, kept)
    with pytest.raises(AssertionError, match="not granted"):
        world.invoke(Step.DEPLOY_CANDIDATE, run_id="arithmetic-1")


@pytest.mark.parametrize("step", SERVING)
def test_no_step_of_serving_may_touch_identities_or_destroy_records(step: Step) -> None:
    assert not [a for grant in GRANTS[step] for a in grant.actions if a.startswith(NEVER_ALLOWED)]


def test_only_promotion_creates_what_bills_by_the_hour() -> None:
    creating = {
        step
        for step, grants in GRANTS.items()
        for g in grants
        if "bedrock:CreateProvisionedModelThroughput" in g.actions
    }
    assert creating == {Step.PROMOTE}
