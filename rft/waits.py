"""The waits of the training workflow: settings, how often each may look again, and what all of them add up to."""

import math
from typing import Annotated, Final

from msgspec import Meta, Struct

Positive = Annotated[float, Meta(gt=0)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]

MAX_EVENTS: Final = 20_000  # of an execution's history; Step Functions ends it at 25,000 and evaluation needs some
# The candidate's, then the champion's until another run is seen to have replaced it, then its update, then throughput.
DEPLOYMENT_WAITS: Final = 4
LAUNCHES: Final = 2  # of a supervised job and of the reinforcement job; each may wait for Bedrock's own queue
# Retire waits until what it deletes is no longer changed, and so does clean-up if Retire failed.
CLEAN_UP_WAITS: Final = 2


class Workflow(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Waits and bounds of the training workflow."""

    training_slots: Annotated[int, Meta(ge=1, le=10)] = 2  # Bedrock runs few jobs at once
    slot_poll_seconds: Seconds = 180
    slot_hours: Positive = 24.0  # for a slot of ours, and again for each job where others fill Bedrock's own queue
    training_poll_seconds: Seconds = 300  # the safety net behind the event
    max_training_hours: Positive = 24.0  # of a run: a supervised job and the reinforcement job share them
    deployment_poll_seconds: Seconds = 20
    deployment_minutes: Positive = 45.0
    clean_up_poll_seconds: Seconds = 60
    evaluation_concurrency: Annotated[int, Meta(ge=1, le=100)] = 8
    evaluation_batch: Annotated[int, Meta(ge=1, le=100)] = 10
    sampling_concurrency: Annotated[int, Meta(ge=1, le=100)] = 16  # functions that read invocation logs at once
    keep_models: Annotated[int, Meta(ge=1, le=50)] = 3
    reconcile_minutes: Annotated[int, Meta(ge=1, le=1_440)] = 15
    check_graders_hours: Annotated[int, Meta(ge=1, le=720)] = 24  # between two scorings of golden samples

    @property
    def queue_attempts(self) -> int:
        """How often LaunchTraining tries again while Bedrock's queue is full: for ``slot_hours`` at most.

        Step Functions' full jitter draws each wait between nothing and ``slot_poll_seconds``: half of it in the mean.
        """
        return math.ceil(self.slot_hours * 3600 / self.slot_poll_seconds)

    @property
    def clean_up_attempts(self) -> int:
        """How often Retire and clean-up try again while Bedrock still changes what they want to delete.

        Three times the longest deployment: jitter halves the waits, and what is waited for may take its whole time.
        """
        return math.ceil(3 * self.deployment_minutes * 60 / self.clean_up_poll_seconds)


def longest_seconds(waits: Workflow) -> float:
    """Return the sum of what a run may wait at most, in seconds; its work comes on top."""
    return (
        waits.slot_hours * 3600
        + LAUNCHES * waits.queue_attempts * waits.slot_poll_seconds
        + waits.max_training_hours * 3600
        + DEPLOYMENT_WAITS * waits.deployment_minutes * 60
        + CLEAN_UP_WAITS * clean_up_seconds(waits)
    )


def clean_up_seconds(waits: Workflow) -> int:
    """Return how long Retire or clean-up may wait at most, in seconds."""
    return waits.clean_up_attempts * waits.clean_up_poll_seconds


def history_events(waits: Workflow) -> float:
    """Return how many history events a run's waits make at their longest.

    A look at something takes five events of its Task, two of the Choice and two of the Wait behind it; a look at a job
    six of the Task that waits for the token, five of CheckTraining and two of the Choice; a retry three of its Task.
    """
    return (
        9 * waits.slot_hours * 3600 / waits.slot_poll_seconds
        + 3 * LAUNCHES * waits.queue_attempts
        + 13 * waits.max_training_hours * 3600 / waits.training_poll_seconds
        + 9 * DEPLOYMENT_WAITS * waits.deployment_minutes * 60 / waits.deployment_poll_seconds
        + 3 * CLEAN_UP_WAITS * waits.clean_up_attempts
    )
