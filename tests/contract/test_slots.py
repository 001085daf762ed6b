"""AcquireSlot: one slot a run, none lost, those of the dead go on."""

import datetime as dt

import pytest

from rft.errors import SlotTimeout
from rft.keys import RunStatus, Step
from tests.contract.launching import LaunchWorld


def acquire(launch: LaunchWorld, run_id: str = "arithmetic-1") -> dict[str, object]:
    return launch.invoke(Step.ACQUIRE_SLOT, run_id=run_id)


def owners(launch: LaunchWorld) -> list[str | None]:
    return [launch.store.slot_owner(number) for number in range(launch.settings.workflow.training_slots)]


def full(launch: LaunchWorld) -> None:
    for number in range(launch.settings.workflow.training_slots):
        launch.ready(f"other-{number}")
        assert launch.store.take_slot(number, f"other-{number}")
    launch.ready()


def test_a_free_slot_is_taken_and_kept_when_the_step_is_repeated(launch: LaunchWorld) -> None:
    launch.ready()
    assert acquire(launch) == acquire(launch) == {"ready": True, "slot": 0}
    assert owners(launch) == ["arithmetic-1", None]
    assert launch.run().slot == 0


def test_a_step_that_died_after_taking_a_slot_takes_no_second_one(launch: LaunchWorld) -> None:
    launch.ready()
    assert launch.store.take_slot(1, "arithmetic-1")  # and the first one has become free since
    assert acquire(launch) == {"ready": True, "slot": 1}
    assert owners(launch) == [None, "arithmetic-1"]
    assert launch.run().slot == 1


def test_each_run_has_its_own_and_the_next_one_waits(launch: LaunchWorld) -> None:
    full(launch)
    assert acquire(launch) == {"ready": False}
    waiting_since = launch.run().waiting_since
    assert waiting_since
    assert acquire(launch) == {"ready": False}
    assert launch.run().waiting_since == waiting_since
    launch.store.free_slot(1, "other-1")
    assert acquire(launch) == {"ready": True, "slot": 1}


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.ABORTED, RunStatus.PROMOTED])
def test_the_slot_of_a_run_that_has_ended_is_free(launch: LaunchWorld, status: RunStatus) -> None:
    full(launch)
    launch.store.update("other-1", status=status)
    assert acquire(launch) == {"ready": True, "slot": 1}
    assert owners(launch) == ["other-0", "arithmetic-1"]


def test_the_slot_of_a_run_whose_record_has_expired_is_free(launch: LaunchWorld) -> None:
    full(launch)
    del launch.items["run#other-0"]
    assert acquire(launch) == {"ready": True, "slot": 0}


def test_a_dead_runs_slot_that_another_run_took_in_between_is_left_to_it(launch: LaunchWorld) -> None:
    full(launch)
    acquire(launch)  # the run's own fields are written
    launch.store.update("other-0", status=RunStatus.FAILED)
    launch.ready("quicker")

    def overtake(run_id: str) -> None:
        if run_id == "other-0":
            assert launch.store.take_slot(0, "quicker", from_owner="other-0")

    launch.before_load = overtake
    assert acquire(launch) == {"ready": False}
    assert owners(launch) == ["quicker", "other-1"]


def test_waiting_ends_with_the_settings_that_change_it(launch: LaunchWorld) -> None:
    full(launch)
    hours = launch.settings.workflow.slot_hours
    earlier = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours, seconds=1)
    launch.store.update("arithmetic-1", waiting_since=earlier.isoformat())
    with pytest.raises(SlotTimeout, match=r"slot_hours or workflow\.training_slots"):
        acquire(launch)
    assert owners(launch) == ["other-0", "other-1"]


def test_a_slot_that_becomes_free_at_the_last_moment_is_still_taken(launch: LaunchWorld) -> None:
    full(launch)
    earlier = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    launch.store.update("arithmetic-1", waiting_since=earlier.isoformat())
    launch.store.free_slot(0, "other-0")
    assert acquire(launch) == {"ready": True, "slot": 0}
