"""Wait in line for one of the training slots."""

from typing import Any

from rft.aws.step import Call, step
from rft.clock import now_text, seconds_since
from rft.errors import RunUnknown, SlotTimeout
from rft.keys import State
from rft.schemas import Run


@step(State.ACQUIRE_SLOT)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Return whether the run has a slot now. A slot whose owner has ended counts as free."""
    workflow = call.here.settings.workflow
    waiting_since = run.waiting_since or now_text()
    if run.waiting_since is None:
        call.store.update(run.run_id, waiting_since=waiting_since)
    owners = {number: call.store.slot_owner(number) for number in range(workflow.training_slots)}
    # one's own first: a step that died after taking it must not take a second one
    for number, owner in sorted(owners.items(), key=lambda item: item[1] != run.run_id):
        stale = owner if owner and owner != run.run_id and _ended(owner, call) else None
        if call.store.take_slot(number, run.run_id, from_owner=stale):
            call.store.update(run.run_id, slot=number)
            return {"ready": True, "slot": number}
    if seconds_since(waiting_since) > workflow.slot_hours * 3600:
        raise SlotTimeout(
            f"no training slot in {workflow.slot_hours} hours; raise workflow.slot_hours or workflow.training_slots, "
            "or stop a run that holds one"
        )
    return {"ready": False}


def _ended(owner: str, call: Call) -> bool:
    try:
        return call.store.load(owner).final
    except RunUnknown:
        return True
