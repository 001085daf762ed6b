"""Read the job's truth: five statuses, the stop at max_training_hours, and the stop-loss."""

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


@step(State.CHECK_TRAINING)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Record the job as it is; return whether it is complete, raise if it never will be."""
    if run.job is None:
        raise ValueError(f"{run.run_id} has no job yet")
    backend = CustomizationJobs()
    job, message = backend.describe(run.job)
    call.store.update(run.run_id, job=job, task_token=None)
    hours = call.here.settings.workflow.max_training_hours
    late = over_time(job, clock.parse(job.ended_at) if job.ended_at else clock.now(), hours)
    if job.status in FINAL:
        if run.slot is not None:
            call.store.free_slot(run.slot, run.run_id)
        return _ended(run, job, message, late=late, hours=hours)
    if job.status is JobStatus.IN_PROGRESS:
        if not late and not job.stop_loss and (why := _lost(run)):
            job = replace(job, stop_loss=why)
            call.store.update(run.run_id, job=job)  # before the stop, so that whoever reads of it knows why
        if late or job.stop_loss:
            backend.stop(job)
    return {"completed": False, "status": job.status}


def _lost(run: Run) -> str | None:
    """Return why the training should be stopped. Who only joined a job has no curve: its launcher decides."""
    rules = packaged_tasks()[run.task].stop_loss
    if not rules.on or (run.job and run.job.reused):
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
        raise TrainingFailed(f"Bedrock's job {job.name} failed: {message or 'no reason given'}")
    if job.status is JobStatus.STOPPED:
        if job.stop_loss:
            raise TrainingStopped(
                f"the job {job.name} was stopped early: {job.stop_loss}, or change [stop_loss] in "
                f"tasks/{run.task}/task.toml; deploy, and `rft retry {run.run_id}` trains again"
            )
        if late:
            raise TrainingTooLong(
                f"the job {job.name} ran longer than workflow.max_training_hours ({hours}) and was stopped; "
                "raise the setting, or train on fewer records or epochs"
            )
        raise TrainingStopped(f"the job {job.name} was stopped; `rft retry {run.run_id}` trains again")
    if not job.reused:  # the run that launched it has counted it
        seconds = (clock.parse(job.ended_at or clock.now_text()) - clock.parse(job.submitted_at)).total_seconds()
        emit({Metric.TRAINING_SECONDS: seconds}, task=run.task)
    return {"completed": True, "status": job.status, "model_arn": job.model_arn}
