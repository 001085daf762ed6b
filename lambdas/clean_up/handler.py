"""CleanUp: stop and remove what a run that will not go on has left behind."""

from typing import Any

from rft.aws.step import Call, step
from rft.keys import State
from rft.schemas import Run
from rft.serving.cleanup import clean_up
from rft.serving.progress import Progress


@step(State.CLEAN_UP)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Return how many things were removed in all; raises StillMutating while Bedrock refuses."""
    progress = Progress(run=run, settings=call.here.settings, store=call.store)
    if run.died_in is None and run.state not in (State.CLEAN_UP, State.REPORT):
        progress.note(died_in=run.state)
    clean_up(progress)
    return {"removed": len(progress.run.cleaned)}
