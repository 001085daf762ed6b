"""The manifest that every run leaves."""

from rft.schemas import Run, RunManifest
from rft.tasks import Task


def manifest_of(run: Run, task: Task | None) -> RunManifest:
    """Return a run's manifest; ``task`` is None where the task has been removed since."""
    return RunManifest(
        run_id=run.run_id,
        task=run.task,
        environment=run.environment,
        attempt=run.attempt,
        retry_of=run.retry_of,
        status=run.status,
        started_at=run.started_at,
        ended_at=run.ended_at,
        source=run.source,
        dataset_version=run.dataset.version if run.dataset else None,
        splits={name: split.sha256 for name, split in run.dataset.splits.items()} if run.dataset else {},
        grader=run.grader,
        base_model=task.model.base_model if task else None,
        baseline_inference_id=task.model.baseline_inference_id if task else None,
        hyperparameters=task.hyperparameters.request() if task else {},
        job=run.job,
        evaluation=run.evaluation,
        previous_champion=run.previous_champion,
        decision=run.decision,
        champion=run.champion,
        forecast=run.forecast,
        golden=run.golden,
        supervised=run.supervised,
    )
