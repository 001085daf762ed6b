"""What a step needs to go on where it stopped: the run, where it is stored, and how long it may wait."""

from typing import Any

from msgspec import Struct

from rft.aws.store import RunStore
from rft.clock import seconds_since
from rft.schemas import Run
from rft.settings import Settings


class Progress(Struct, kw_only=True):
    """A run in the hands of a step."""

    run: Run
    settings: Settings
    store: RunStore

    def note(self, **sections: Any) -> None:
        """Write sections of the run record, and have them in hand."""
        self.store.update(self.run.run_id, **sections)
        for name, value in sections.items():
            setattr(self.run, name, value)

    def is_late(self, requested_at: str) -> bool:
        """Return whether a deployment or throughput takes longer than the settings allow."""
        return seconds_since(requested_at) > self.settings.workflow.deployment_minutes * 60

    @property
    def model_arn(self) -> str:
        """The model that the run trained.

        Raises:
            ValueError: it has none yet; the workflow calls no serving step before training has completed.

        """
        if self.run.job is None or self.run.job.model_arn is None:
            raise ValueError(f"run {self.run.run_id} has no trained model")
        return self.run.job.model_arn
