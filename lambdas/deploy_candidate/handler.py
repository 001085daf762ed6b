"""DeployCandidate: describe or create the candidate's on-demand deployment; called until it answers."""

from typing import Any

from rft.aws.step import Call, step
from rft.keys import State
from rft.schemas import Run
from rft.serving.candidate import deploy
from rft.serving.progress import Progress


@step(State.DEPLOY_CANDIDATE)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Return whether the candidate answers now."""
    return {"ready": deploy(Progress(run=run, settings=call.here.settings, store=call.store))}
