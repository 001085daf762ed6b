"""Refuse a run whose forecast is above the environment's cap."""

from typing import Any

from rft.aws.step import Call, step
from rft.aws.tasks import packaged_tasks
from rft.cost import forecast, over_cap
from rft.errors import OverBudget
from rft.keys import State
from rft.schemas import Run


@step(State.ESTIMATE_COST)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Record the forecast; raise OverBudget with its items if it is above the cap."""
    if run.dataset is None:
        raise ValueError(f"{run.run_id} has no dataset version yet")
    found = forecast(packaged_tasks()[run.task], run.dataset, call.here.settings)
    call.store.update(run.run_id, forecast=found)
    refusal = over_cap(found, call.here.settings)
    if refusal:
        raise OverBudget(refusal)
    return {"total_usd": found.total_usd}
