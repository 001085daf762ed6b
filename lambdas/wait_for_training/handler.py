"""Keep the task token for Bedrock's event; give it back at once if the job has ended already."""

from typing import Any

from rft.aws.customization import FINAL, CustomizationJobs
from rft.aws.step import Call, step
from rft.aws.tokens import wake
from rft.keys import State
from rft.schemas import Run


@step(State.WAIT_FOR_TRAINING)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Store the token first and look at the job second, so that no event falls in between."""
    if run.current_job is None:
        raise ValueError(f"{run.run_id} has no job yet")
    token = call.event["task_token"]
    call.store.update(run.run_id, task_token=token)
    job, _ = CustomizationJobs().describe(run.current_job)
    if job.status in FINAL:
        wake(token, job.status)
    return {"status": job.status}
