"""Retire: the candidate's deployment and the run's alias go, and so do models beyond ``keep_models``."""

from typing import Any

from rft.aws.step import Call, step
from rft.keys import State
from rft.schemas import Run
from rft.serving.progress import Progress
from rft.serving.retiring import retire


@step(State.RETIRE)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Return how many things were removed; raises StillMutating while Bedrock refuses."""
    return {"removed": len(retire(Progress(run=run, settings=call.here.settings, store=call.store)))}
