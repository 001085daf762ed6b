"""What would fail later fails now, for free."""

from typing import Any

from rft.aws.models import gather_facts
from rft.aws.step import Call, step
from rft.aws.tasks import packaged_tasks
from rft.errors import PreflightFailed
from rft.keys import State
from rft.preflight import problems
from rft.schemas import Run
from rft.start import names_logs


@step(State.PREFLIGHT)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Raise PreflightFailed with every problem and its fix, or say whether the data is to be drawn from logs."""
    settings = call.here.settings
    task = packaged_tasks()[run.task]
    found = problems(task, settings, gather_facts(task, settings))
    if found:
        raise PreflightFailed("; ".join(found))
    return {"logs": names_logs(run.source.key)}
