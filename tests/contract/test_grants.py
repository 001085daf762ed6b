"""The steps are granted what they call, and nothing that they never call."""

import inspect
from collections import defaultdict
from types import ModuleType

import pytest

from rft.aws import environment
from rft.keys import Serving, Step
from stacks.grants import GRANTS
from tests.contract import (
    test_before_training,
    test_candidate,
    test_clean_up,
    test_evaluation,
    test_launch,
    test_promotion,
    test_reconciler,
    test_retire_and_report,
    test_slots,
    test_starter,
    test_waiting,
)
from tests.contract.conftest import account, launch_account
from tests.contract.permissions import actions_of
from tests.contract.world import World

SCENARIOS = (
    test_starter,
    test_before_training,
    test_slots,
    test_launch,
    test_waiting,
    test_candidate,
    test_promotion,
    test_clean_up,
    test_evaluation,
    test_retire_and_report,
    test_reconciler,
)
STEPS = tuple(step for step in Step if step is not Step.VALIDATE_DATA)  # whose scenarios need no account
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
NEVER_ALLOWED = ("iam:", "s3:Delete", "dynamodb:Delete", "dynamodb:Scan", "dynamodb:PutItem")


@pytest.fixture
def used() -> dict[str, set[str]]:
    """Play every scenario of this folder that needs an account only, and note the actions of each step."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in SCENARIOS:
        for name, scenario in vars(module).items():
            arguments = set(inspect.signature(scenario).parameters) if name.startswith("test_") else {"none"}
            if arguments <= {"world", "provisioned", "launch"}:
                for step, actions in _play(module, name, arguments).items():
                    found[step] |= actions
    return found


def _play(module: ModuleType, name: str, arguments: set[str]) -> dict[str, set[str]]:
    made: dict[str, set[str]] = defaultdict(set)
    with pytest.MonkeyPatch.context() as patch:
        environment.surroundings.cache_clear()
        modes = {"world": Serving.ON_DEMAND, "provisioned": Serving.PROVISIONED}
        worlds = {
            argument: launch_account(patch) if argument == "launch" else account(modes[argument], patch)
            for argument in arguments
        }
        getattr(module, name)(**worlds)
        for world in worlds.values():
            for call in world.history:
                made[call.step] |= set(actions_of(call.service, call.operation, call.params))
    return made


def test_every_granted_action_is_called(used: dict[str, set[str]]) -> None:
    for step in STEPS:
        granted = {action for grant in GRANTS[step] for action in grant.actions}
        idle = {action for action in granted - used[step] if not action.startswith(BEHIND_A_CALL)}
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
