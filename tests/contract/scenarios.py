"""All scenarios of this folder played once more, for what they call."""

import inspect
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import pytest

from rft.aws import environment
from rft.keys import Serving
from tests.contract import (
    test_calibrate,
    test_candidate,
    test_clean_up,
    test_estimate_cost,
    test_evaluation,
    test_golden,
    test_launch,
    test_preflight,
    test_prepare_grader,
    test_promotion,
    test_reconciler,
    test_retire_and_report,
    test_sampling,
    test_slots,
    test_starter,
    test_steps,
    test_supervised_first,
    test_validation,
    test_waiting,
)
from tests.contract.account import Call
from tests.contract.conftest import account, launch_account

SCENARIOS = (
    test_starter,
    test_validation,
    test_preflight,
    test_prepare_grader,
    test_calibrate,
    test_golden,
    test_estimate_cost,
    test_sampling,
    test_slots,
    test_launch,
    test_waiting,
    test_supervised_first,
    test_candidate,
    test_promotion,
    test_clean_up,
    test_evaluation,
    test_retire_and_report,
    test_reconciler,
    test_steps,
)


@cache
def calls() -> tuple[Call, ...]:
    """Return what the steps call in every scenario that needs an account only."""
    return tuple(call for module in SCENARIOS for call in _play_all(module))


def _play_all(module: ModuleType) -> Iterator[Call]:
    for name, scenario in vars(module).items():
        arguments = set(inspect.signature(scenario).parameters) if name.startswith("test_") else {"none"}
        if arguments <= {"world", "provisioned", "launch"}:
            yield from _play(module, name, arguments)


def _play(module: ModuleType, name: str, arguments: set[str]) -> list[Call]:
    with pytest.MonkeyPatch.context() as patch:
        environment.surroundings.cache_clear()
        modes = {"world": Serving.ON_DEMAND, "provisioned": Serving.PROVISIONED}
        worlds = {
            argument: launch_account(patch) if argument == "launch" else account(modes[argument], patch)
            for argument in arguments
        }
        getattr(module, name)(**worlds)
        return [call for world in worlds.values() for call in world.history]
