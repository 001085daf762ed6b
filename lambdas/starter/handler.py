"""An object under incoming/<task>/, or an operator's retry, becomes one run."""

from typing import Any

from rft.aws import clients
from rft.aws.environment import surroundings
from rft.aws.executions import execution_arn
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
        run = store().load(event["retry_of"])
        return _start(decide_retry(run, store().all(), packaged_tasks()))
    decision = decide(event, packaged_tasks())
    if isinstance(decision, Ignored):
        logger.info("ignored", extra={"why": decision.why})
        return {"ignored": decision.why}
    if isinstance(decision, Refusal):
        return _refuse(decision)
    return _start(decision)


def _start(start: Start) -> dict[str, Any]:
    machine = surroundings().machine_arn
    created = store().create(_record(start, now=now_text(), execution_arn=execution_arn(machine, start.run_id)))
    client = clients.stepfunctions()
    try:
        client.start_execution(stateMachineArn=machine, name=start.run_id, input=f'{{"run_id":"{start.run_id}"}}')
    except client.exceptions.ExecutionAlreadyExists:
        logger.info("this event has started its run before", extra={"run_id": start.run_id})
    if created:
        emit({Metric.RUNS_STARTED: 1}, task=start.task)
        logger.info("started", extra={"run_id": start.run_id})
    return {"run_id": start.run_id}


def _refuse(refusal: Refusal) -> dict[str, Any]:
    """Write the refusal down and tell people; a refusal that was written but not told is told now."""
    logger.warning("refused", extra={"run_id": refusal.run_id, "why": refusal.message})
    now = now_text()
    record = _record(refusal, now=now, status=RunStatus.DATA_REJECTED, message=refusal.message, ended_at=now)
    if store().create(record) or not store().load(refusal.run_id).notified:
        subject = f"{surroundings().settings.prefix}: {refusal.task} file refused"
        notify(surroundings().topic_arn, subject, refusal.message)
        store().update(refusal.run_id, notified=True)
    return {"run_id": refusal.run_id, "refused": refusal.message}


def _record(decided: Start | Refusal, *, now: str, status: RunStatus = RunStatus.RUNNING, **sections: Any) -> Run:
    return Run(
        run_id=decided.run_id,
        task=decided.task,
        environment=surroundings().settings.name,
        attempt=decided.attempt if isinstance(decided, Start) else 1,
        retry_of=decided.retry_of if isinstance(decided, Start) else None,
        source=decided.source,
        status=status,
        started_at=now,
        updated_at=now,
        **sections,
    )
