"""What the workflow needs of a service that trains. Today: Nova models through CreateModelCustomizationJob."""

from typing import Protocol

from rft.schemas import Job
from rft.training.plan import JobPlan


class Backend(Protocol):
    """Launches and describes jobs. The OpenAI-compatible API for open-weight models would be a second one."""

    def known(self, plan: JobPlan) -> list[Job]:
        """Return all jobs of the plan's content hash, whatever their attempt and status."""
        ...

    def model_lives(self, job: Job) -> bool:
        """Return whether the model of a completed job still exists."""
        ...

    def launch(self, plan: JobPlan, attempt: int) -> Job:
        """Create a job, or return the one that an earlier call with the same plan and attempt created."""
        ...

    def describe(self, job: Job) -> tuple[Job, str]:
        """Return the job as it is now, and the service's failure message or an empty text."""
        ...

    def stop(self, job: Job) -> None:
        """Ask the service to stop the job; a job that has ended is left alone."""
        ...
