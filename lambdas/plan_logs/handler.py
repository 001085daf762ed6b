"""PlanLogs: a dropped file names invocation logs; list them, and share out the work of reading them."""

from typing import Any

from rft.aws import objects
from rft.aws.logs import LISTING, PLAN, check_bucket, list_logs
from rft.aws.step import Call, step
from rft.datasets.logs.listing import plan_logs
from rft.datasets.logs.source import MAX_SOURCE, read_source
from rft.errors import DatasetUnreadable
from rft.keys import State, artefact_key
from rft.schemas import LogPlan, Run


@step(State.PLAN_LOGS)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Write the listing and the plan; return the plan's key, or that there is nothing to read, with a message why."""
    dropped = run.source
    try:
        with objects.open_object(dropped.bucket, dropped.key, dropped.version_id) as stream:
            source = read_source(stream.read(MAX_SOURCE + 1))
        check_bucket(source, call.here.settings)
        lines, batches = plan_logs(list_logs(source))
    except DatasetUnreadable as error:
        call.store.update(run.run_id, message=f"Dataset rejected: {error}.")
        return {"found": False, "plan_key": ""}
    listing, plan = artefact_key(run.run_id, LISTING), artefact_key(run.run_id, PLAN)
    objects.put_bytes(call.here.artefacts_bucket, listing, b"".join(lines), "application/x-ndjson")
    objects.put_json_lines(call.here.artefacts_bucket, plan, batches)
    call.store.update(run.run_id, logs=LogPlan(source=source, listing_key=listing, batches=len(batches)))
    return {"found": True, "plan_key": plan}
