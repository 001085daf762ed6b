"""The reconciler, on a schedule: dead runs, leftovers by tag, throughput whose time is up."""

from typing import Any

import msgspec

from rft.aws.environment import surroundings
from rft.aws.metrics import emit
from rft.aws.step import logger, naming_throttles, store
from rft.clock import now
from rft.errors import ReconciliationIncomplete
from rft.names import topic_name
from rft.serving.reconciliation import Reconciler


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return what was found and done.

    Raises:
        ReconciliationIncomplete: some things could not be put right; all others were.

    """
    here = surroundings()
    reconciler = Reconciler(
        settings=here.settings,
        store=store(),
        machine_arn=here.machine_arn,
        clean_up_machine_arn=here.clean_up_machine_arn,
        topic_arn=_topic_arn(here.machine_arn, here.settings.prefix),
        now=now(),
    )
    result = naming_throttles(reconciler.reconcile)
    emit(result.metrics())
    summary: dict[str, Any] = msgspec.to_builtins(result)
    logger.info("reconciled", extra={"result": summary})
    if result.failures:
        raise ReconciliationIncomplete("; ".join(result.failures))
    return summary


def _topic_arn(machine_arn: str, prefix: str) -> str:
    """Return the notifications topic's ARN: the machine's partition, Region and account, and a name of ours."""
    partition, _, region, account = machine_arn.split(":")[1:5]
    return f"arn:{partition}:sns:{region}:{account}:{topic_name(prefix)}"
