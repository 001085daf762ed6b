"""Read the truth of the job that trains: five statuses, the stop at max_training_hours, and the stop-loss."""

from typing import Any

from msgspec.structs import replace

from rft import clock
from rft.aws.curve import reward_curve
from rft.aws.customization import FINAL, CustomizationJobs
from rft.aws.metrics import emit
from rft.aws.refusals import AwsRefusal, code
from rft.aws.step import THROTTLING, Call, logger, step
from rft.aws.tasks import packaged_tasks
from rft.errors import TrainingFailed, TrainingStopped, TrainingTooLong
from rft.keys import JobStatus, Metric, State
from rft.schemas import Job, Run
from rft.training.lifecycle import over_time
from rft.training.stop_loss import stop_reason
from rft.training.supervised import hours_left


@step(State.CHECK_TRAINING)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Record the job as it is; return whether all is complete, raise if it never will be.

    Where a supervised job has completed, its status says so and ``completed`` is false: the reinforcement job follows,
    in the same slot.
    """
    if run.current_job is None:
        raise ValueError(f"{run.run_id} has no job yet")
    backend = CustomizationJobs()
    job, message = backend.describe(run.current_job)
    call.store.update(run.run_id, task_token=None, **_section(run, job))
    hours = call.here.settings.workflow.max_training_hours
    ended = clock.parse(job.ended_at) if job.ended_at else clock.now()
    late = over_time(job, ended, hours_left(run.supervised if run.job else None, hours))
    if job.status in FINAL:
        if run.slot is not None and (run.job or job.status is not JobStatus.COMPLETED):
            call.store.free_slot(run.slot, run.run_id)
        return _ended(run, job, message, late=late, hours=hours)
    if job.status is JobStatus.IN_PROGRESS:
        if not late and not job.stop_loss and (why := _lost(run)):
            job = replace(job, stop_loss=why)
            call.store.update(run.run_id, job=job)  # before the stop, so that whoever reads of it knows why
        if late or job.stop_loss:
            backend.stop(job)
    return {"completed": False, "status": job.status}


def _section(run: Run, job: Job) -> dict[str, Any]:
    """Return the section of the run record that the job belongs to, with the job as it is."""
    if run.job is None and run.supervised is not None:
        return {"supervised": replace(run.supervised, job=job)}
    return {"job": job}


def _lost(run: Run) -> str | None:
    """Return why the training should be stopped. Who only joined a job has no curve: its launcher decides.

    Nobody grades a supervised job, so it has none either.
    """
    rules = packaged_tasks()[run.task].stop_loss
    if not rules.on or run.job is None or run.job.reused:
        return None
    try:
        return stop_reason(reward_curve(run), rules)
    except AwsRefusal as refusal:
        if code(refusal) not in THROTTLING:
            raise
        logger.warning("CloudWatch is busy; the next look judges the rewards", extra={"refusal": str(refusal)})
        return None


def _ended(run: Run, job: Job, message: str, *, late: bool, hours: float) -> dict[str, Any]:
    if job.status is JobStatus.FAILED:
        kind = "job" if run.job else "supervised job"
        raise TrainingFailed(f"Bedrock's {kind} {job.name} failed: {message or 'no reason given'}")
    if job.status is JobStatus.STOPPED:
        if job.stop_loss:
            raise TrainingStopped(
                f"the job {job.name} was stopped early: {job.stop_loss}, or change [stop_loss] in "
                f"tasks/{run.task}/task.toml; deploy, and `rft retry {run.run_id}` trains again"
            )
        if late:
            together = ", the supervised job before it counted in" if run.job and run.supervised else ""
            raise TrainingTooLong(
                f"the job {job.name} ran longer than workflow.max_training_hours ({hours}) and was stopped"
                f"{together}; raise the setting, or train on fewer records or epochs"
            )
        raise TrainingStopped(f"the job {job.name} was stopped; `rft retry {run.run_id}` trains again")
    if not job.reused:  # the run that launched it has counted it
        seconds = (clock.parse(job.ended_at or clock.now_text()) - clock.parse(job.submitted_at)).total_seconds()
        emit({Metric.TRAINING_SECONDS: seconds}, task=run.task)
    return {"completed": run.job is not None, "status": job.status, "model_arn": job.model_arn}
