"""Money is spent from here on: describe or create the Bedrock job, the supervised one first where the task says so."""

from typing import Any

from msgspec.structs import replace

from rft import clock
from rft.aws.customization import CustomizationJobs
from rft.aws.demonstrations import write_demonstrations
from rft.aws.step import Call, logger, step
from rft.aws.tasks import packaged_tasks
from rft.errors import BaseRefused, TrainingFailed, TrainingTooLong
from rft.keys import JobStatus, State
from rft.schemas import Dataset, GraderPin, Job, Run, Supervised
from rft.tasks import Task
from rft.training.backend import Backend
from rft.training.lifecycle import Move, choose
from rft.training.plan import JobPlan, plan_job
from rft.training.supervised import hours_left, plan_supervised


@step(State.LAUNCH_TRAINING)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Record the run's job and return whether all of its jobs are complete already.

    While a supervised job goes on, that is the job; once it has completed, the reinforcement job follows.
    """
    if run.dataset is None or run.grader is None:
        raise ValueError(f"{run.run_id} has no dataset version or no grader yet")
    task = packaged_tasks()[run.task]
    backend: Backend = CustomizationJobs()
    if run.job is None and task.sft.first:
        supervised = run.supervised or _supervised(run, call, task, run.dataset, backend)
        call.store.update(run.run_id, supervised=supervised)
        if supervised.job.status is not JobStatus.COMPLETED:
            return {"job": supervised.job.name, "completed": False}
        run.supervised = supervised
    job = run.job or _reinforced(run, call, task, run.dataset, run.grader, backend)
    call.store.update(run.run_id, supervised=run.supervised, job=job)
    return {"job": job.name, "completed": job.status is JobStatus.COMPLETED}


def _supervised(run: Run, call: Call, task: Task, dataset: Dataset, backend: Backend) -> Supervised:
    since = clock.now_text()
    found = write_demonstrations(dataset, run.task)
    plan = plan_supervised(run=run, task=task, uri=found.uri, sha256=found.sha256, **_around(call))
    left_out = found.shown.reserved + found.shown.rest
    return Supervised(job=_job(run, plan, backend), demonstrations=found.shown.used, left_out=left_out, since=since)


def _reinforced(run: Run, call: Call, task: Task, dataset: Dataset, grader: GraderPin, backend: Backend) -> Job:
    def launched(base: Job | None) -> Job:
        plan = plan_job(run=run, task=task, dataset=dataset, grader=grader, supervised=base, **_around(call))
        return _job(run, plan, backend)

    if run.supervised is None:
        return launched(None)
    hours = call.here.settings.workflow.max_training_hours
    if hours_left(run.supervised, hours) <= 0:
        raise TrainingTooLong(
            f"the supervised job {run.supervised.job.name} took all of workflow.max_training_hours ({hours}); raise "
            f"the setting and deploy, and `rft retry {run.run_id}` reuses its model"
        )
    try:
        return launched(run.supervised.job)
    except BaseRefused as refusal:
        if task.sft.without == "fail":
            raise BaseRefused(
                f"Bedrock does not take the supervised model as the base of a reinforcement job: {refusal}; to go on "
                f'from {task.model.base_model} in such a case set without = "go_on" in [sft] of '
                f"tasks/{run.task}/task.toml, or first = false; deploy, and `rft retry {run.run_id}` reuses what was "
                "finished"
            ) from refusal
        logger.warning("goes on without the supervised model", extra={"refusal": str(refusal)})
        run.supervised = replace(run.supervised, refused=str(refusal))
        return launched(None)


def _around(call: Call) -> dict[str, Any]:
    here = call.here
    return {
        "settings": here.settings,
        "bucket": here.artefacts_bucket,
        "role": here.service_role_arn,
        "key": here.model_key_arn,
    }


def _job(run: Run, plan: JobPlan, backend: Backend) -> Job:
    choice = choose(backend.known(plan), run.attempt, backend.model_lives)
    if choice.job is None:
        return backend.launch(plan, choice.attempt)
    if choice.move is Move.REFUSE:
        same = "demonstrations" if plan.grader_arn is None else "data, grader"
        raise TrainingFailed(
            f"the job {choice.job.name} of the same {same} and hyperparameters ended as {choice.job.status}; "
            f"`rft retry {run.run_id}` trains again under a new attempt number"
        )
    return choice.job
