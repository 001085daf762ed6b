"""An object under incoming/<task>/, or an operator's retry, becomes one run."""

from typing import Any

from rft.aws import clients
from rft.aws.environment import surroundings
from rft.aws.metrics import emit
from rft.aws.notify import notify
from rft.aws.step import logger, store
from rft.aws.tasks import packaged_tasks
from rft.clock import now_text
from rft.keys import Metric, RunStatus
from rft.schemas import Run
from rft.start import Ignored, Refusal, Start, decide, decide_retry


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return ``{"run_id"}`` of the run that was started or refused, or ``{"ignored": why}``. Safe to repeat."""
    if "retry_of" in event:
        runs = list(store().all())
        run = store().load(event["retry_of"])
        return _start(decide_retry(run, {other.run_id for other in runs}))
    decision = decide(event, packaged_tasks())
    if isinstance(decision, Ignored):
        logger.info("ignored", extra={"why": decision.why})
        return {"ignored": decision.why}
    if isinstance(decision, Refusal):
        return _refuse(decision)
    return _start(decision)


def _start(start: Start) -> dict[str, Any]:
    here = surroundings()
    store().create(_record(start, RunStatus.RUNNING, ""))
    client = clients.stepfunctions()
    try:
        begun = client.start_execution(
            stateMachineArn=here.machine_arn, name=start.run_id, input=f'{{"run_id":"{start.run_id}"}}'
        )
    except client.exceptions.ExecutionAlreadyExists:
        logger.info("this event has started its run before", extra={"run_id": start.run_id})
        return {"run_id": start.run_id}
    store().update(start.run_id, execution_arn=begun["executionArn"])
    emit({Metric.RUNS_STARTED: 1}, task=start.task)
    logger.info("started", extra={"run_id": start.run_id})
    return {"run_id": start.run_id}


def _refuse(refusal: Refusal) -> dict[str, Any]:
    logger.warning("refused", extra={"run_id": refusal.run_id, "why": refusal.message})
    if store().create(_record(refusal, RunStatus.DATA_REJECTED, refusal.message)):
        subject = f"{surroundings().settings.prefix}: {refusal.task} file refused"
        notify(surroundings().topic_arn, subject, refusal.message)
    return {"run_id": refusal.run_id, "refused": refusal.message}


def _record(decided: Start | Refusal, status: RunStatus, message: str) -> Run:
    now = now_text()
    final = status is not RunStatus.RUNNING
    return Run(
        run_id=decided.run_id,
        task=decided.task,
        environment=surroundings().settings.name,
        attempt=decided.attempt if isinstance(decided, Start) else 1,
        retry_of=decided.retry_of if isinstance(decided, Start) else None,
        source=decided.source,
        status=status,
        message=message,
        started_at=now,
        updated_at=now,
        ended_at=now if final else None,
        notified=final,
    )
