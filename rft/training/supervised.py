"""The supervised phase of a run: its plan, and what it takes from the time that a run may train. Pure."""

from datetime import datetime

from rft.clock import parse
from rft.names import digest
from rft.schemas import Run, Supervised
from rft.settings import Settings
from rft.tasks import Task
from rft.training.plan import JobPlan


def plan_supervised(
    *, run: Run, task: Task, uri: str, sha256: str, settings: Settings, bucket: str, role: str, key: str
) -> JobPlan:
    """Return the plan of a run's supervised job on the demonstrations at ``uri``, whose file has this SHA-256."""
    hyperparameters = task.sft.request()
    return JobPlan(
        prefix=settings.prefix,
        environment=settings.name,
        run_id=run.run_id,
        task=task.name,
        base_model=task.model.base_model,
        hyperparameters={**hyperparameters},
        content_hash=digest(
            {"demonstrations": sha256, "base": task.model.base_model, "hyper": hyperparameters, "kind": "supervised"}
        ),
        training_uri=uri,
        validation_uri=None,
        output_bucket=bucket,
        grader_arn=None,
        role_arn=role,
        model_key_arn=key,
    )


def hours_left(before: Supervised | None, max_hours: float) -> float:
    """Return how many of the hours that a run may train are left to the job after ``before``: both share them.

    What counts of a supervised job is the time after the run launched or joined it.
    """
    return max_hours if before is None else max_hours - _seconds(before) / 3600


def _seconds(supervised: Supervised) -> float:
    if supervised.job.ended_at is None:
        return 0.0
    begun: datetime = max(parse(supervised.since), parse(supervised.job.submitted_at))
    return max(0.0, (parse(supervised.job.ended_at) - begun).total_seconds())
