"""Money is spent from here on: describe or create the Bedrock job."""

from typing import Any

from rft.aws.customization import CustomizationJobs
from rft.aws.step import Call, step
from rft.aws.tasks import packaged_tasks
from rft.errors import TrainingFailed
from rft.keys import JobStatus, State
from rft.schemas import Job, Run
from rft.training.backend import Backend
from rft.training.lifecycle import Move, choose
from rft.training.plan import JobPlan, plan_job


@step(State.LAUNCH_TRAINING)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Record the run's job and return whether it is complete already."""
    if run.dataset is None or run.grader is None:
        raise ValueError(f"{run.run_id} has no dataset version or no grader yet")
    plan = plan_job(
        run=run,
        task=packaged_tasks()[run.task],
        dataset=run.dataset,
        grader=run.grader,
        settings=call.here.settings,
        bucket=call.here.artefacts_bucket,
        role=call.here.service_role_arn,
        key=call.here.model_key_arn,
    )
    backend: Backend = CustomizationJobs()
    job = run.job or _job(run, plan, backend)
    call.store.update(run.run_id, job=job)
    return {"job": job.name, "completed": job.status is JobStatus.COMPLETED}


def _job(run: Run, plan: JobPlan, backend: Backend) -> Job:
    choice = choose(backend.known(plan), run.attempt, backend.model_lives)
    if choice.job is None:
        return backend.launch(plan, choice.attempt)
    if choice.move is Move.REFUSE:
        raise TrainingFailed(
            f"the job {choice.job.name} of the same data, grader and hyperparameters ended as {choice.job.status}; "
            f"`rft retry {run.run_id}` trains again under a new attempt number"
        )
    return choice.job
