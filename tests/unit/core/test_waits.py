"""What a run's waits add up to: in seconds, and in events of its history."""

from hypothesis import assume, given
from hypothesis import strategies as st

from rft.waits import Workflow, clean_up_seconds, history_events, longest_seconds

ONE_LOOK_EACH = Workflow(
    slot_hours=1.0,
    slot_poll_seconds=3600,
    max_training_hours=1.0,
    training_poll_seconds=3600,
    deployment_minutes=1.0,
    deployment_poll_seconds=60,
    clean_up_poll_seconds=60,
)
seconds = st.integers(1, 3_600)
workflows = st.builds(
    Workflow,
    slot_poll_seconds=seconds,
    slot_hours=st.floats(0.01, 100),
    training_poll_seconds=seconds,
    max_training_hours=st.floats(0.01, 100),
    deployment_poll_seconds=seconds,
    deployment_minutes=st.floats(0.1, 600),
    clean_up_poll_seconds=seconds,
)


def test_history_events_are_counted_as_step_functions_writes_them():
    slot, queue, training, deployments, clean_up = 9, 2 * 3 * 1, 13, 4 * 9, 2 * 3 * 3
    assert history_events(ONE_LOOK_EACH) == slot + queue + training + deployments + clean_up


def test_waits_are_added_up_at_their_longest():
    slot, queue, training, deployments, clean_up = 3600, 2 * 3600, 3600, 4 * 60, 2 * 3 * 60
    assert longest_seconds(ONE_LOOK_EACH) == slot + queue + training + deployments + clean_up


@given(workflows)
def test_attempts_last_as_long_as_what_they_wait_for(workflow):
    assert workflow.queue_attempts * workflow.slot_poll_seconds >= workflow.slot_hours * 3600
    # full jitter halves a wait in the mean
    assert clean_up_seconds(workflow) / 2 >= workflow.deployment_minutes * 60


@given(workflows, st.sampled_from(["slot_hours", "max_training_hours", "deployment_minutes"]))
def test_who_may_wait_longer_does_so_and_writes_more_history(workflow, name):
    longer = Workflow(**{field: getattr(workflow, field) for field in Workflow.__struct_fields__} | {name: 700.0})
    assume(getattr(workflow, name) < 700.0)
    assert longest_seconds(longer) > longest_seconds(workflow)
    assert history_events(longer) > history_events(workflow)
