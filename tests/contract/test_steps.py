"""What all steps up to the end of training do alike: throttling gets one name, an event without a run is refused."""

import pytest

from rft.errors import Throttled
from rft.keys import State, Step
from tests.contract.launching import LaunchWorld

RUN = {"run_id": "arithmetic-1"}


@pytest.mark.parametrize(
    ("step", "operation", "code"),
    [
        (Step.PREFLIGHT, "GetFoundationModel", "ThrottlingException"),
        (Step.PREFLIGHT, "GetServiceQuota", "TooManyRequestsException"),
        (Step.PREPARE_GRADER, "CreateAlias", "TooManyRequestsException"),
        (Step.CALIBRATE, "Converse", "ThrottlingException"),
        (Step.CALIBRATE, "Converse", "ModelNotReadyException"),
        (Step.CALIBRATE, "Invoke", "TooManyRequestsException"),
        (Step.CALIBRATE, "GetObject", "SlowDown"),
        (Step.ACQUIRE_SLOT, "UpdateItem", "ProvisionedThroughputExceededException"),
        (Step.LAUNCH_TRAINING, "ListModelCustomizationJobs", "ThrottlingException"),
        (Step.LAUNCH_TRAINING, "CreateModelCustomizationJob", "ThrottlingException"),
        (Step.LAUNCH_TRAINING, "CreateModelCustomizationJob", "ServiceUnavailableException"),
        (Step.LAUNCH_TRAINING, "GetModelCustomizationJob", "ThrottlingException"),
    ],
)
def test_throttling_gets_the_name_that_the_workflow_retries(
    launch: LaunchWorld, step: Step, operation: str, code: str
) -> None:
    launch.ready()
    if operation == "UpdateItem":
        launch.store.update("arithmetic-1", state=str(State.ACQUIRE_SLOT))  # the frame's own write is past
    launch.refuse(operation, code)
    with pytest.raises(Throttled):
        launch.invoke(step, **RUN)
    launch.invoke(step, **RUN)
    assert len(launch.bedrock.store.jobs) == (1 if step is Step.LAUNCH_TRAINING else 0)


@pytest.mark.parametrize(
    "step",
    [
        Step.PREFLIGHT,
        Step.PREPARE_GRADER,
        Step.CALIBRATE,
        Step.ESTIMATE_COST,
        Step.ACQUIRE_SLOT,
        Step.LAUNCH_TRAINING,
        Step.WAIT_FOR_TRAINING,
        Step.CHECK_TRAINING,
    ],
)
def test_an_event_without_a_run_is_stopped_at_the_door(launch: LaunchWorld, step: Step) -> None:
    with pytest.raises(TypeError, match="no run_id"):
        launch.invoke(step, run_id=None)
    assert not launch.calls
