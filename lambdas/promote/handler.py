"""Promote: the champion's deployment in place, provisioned throughput if wanted, then the champion parameter."""

from typing import Any

from rft.aws.step import Call, step
from rft.keys import State
from rft.schemas import Run
from rft.serving.progress import Progress
from rft.serving.promotion import promote


@step(State.PROMOTE)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Return whether the candidate is champion now, and whether it has to be compared with a new champion first."""
    outcome = promote(Progress(run=run, settings=call.here.settings, store=call.store))
    return {"ready": outcome.ready, "stale": outcome.stale}
