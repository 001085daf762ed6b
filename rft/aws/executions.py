"""Executions of the workflows: does a run's still go on, and clean-up for one that does not."""

from datetime import datetime

import msgspec
from msgspec import Struct

from rft.aws import clients
from rft.aws.refusals import AwsRefusal, not_found


class Execution(Struct, frozen=True, kw_only=True):
    """An execution as Step Functions describes it; ``stopped_at`` is None while it runs."""

    status: str
    stopped_at: datetime | None


def execution_arn(machine_arn: str, run_id: str) -> str:
    """Return the ARN of a run's execution, which bears the run's name."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{run_id}"


def describe(arn: str) -> Execution | None:
    """Return an execution, or None if Step Functions knows none of that name."""
    try:
        answer = clients.stepfunctions().describe_execution(executionArn=arn)
    except AwsRefusal as refusal:
        if not_found(refusal):
            return None
        raise
    return Execution(status=answer["status"], stopped_at=answer.get("stopDate"))


def running(machine_arn: str) -> list[str]:
    """Return the ARNs of a machine's executions that still go on; none if there is no such machine."""
    pages = (
        clients.stepfunctions()
        .get_paginator("list_executions")
        .paginate(stateMachineArn=machine_arn, statusFilter="RUNNING")
    )
    try:
        return [item["executionArn"] for page in pages for item in page["executions"]]
    except AwsRefusal as refusal:
        if not_found(refusal):
            return []
        raise


def stop(arn: str, cause: str) -> None:
    """Abort an execution; nothing happens if it has ended and was forgotten."""
    try:
        clients.stepfunctions().stop_execution(executionArn=arn, cause=cause)
    except AwsRefusal as refusal:
        if not not_found(refusal):
            raise


def start_clean_up(machine_arn: str, *, name: str, run_id: str, error: str, cause: str) -> bool:
    """Start the clean-up machine for a run; return False if an execution of that name has existed already."""
    client = clients.stepfunctions()
    text = msgspec.json.encode({"run_id": run_id, "error": error, "cause": cause}).decode()
    try:
        client.start_execution(stateMachineArn=machine_arn, name=name[:80], input=text)
    except client.exceptions.ExecutionAlreadyExists:
        return False
    return True
