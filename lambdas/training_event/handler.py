"""Bedrock's "Model Customization Job State Change": wake every run that waits for the job."""

import json
from typing import Any

from rft.aws import clients
from rft.aws.step import logger, naming_throttles, store
from rft.keys import JobStatus

FINAL = {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the runs that were woken. Events come late, twice or for other people's jobs: all of that is fine."""
    detail = event["detail"]
    status = JobStatus(detail["jobStatus"])
    woken: list[str] = []
    if status in FINAL:
        waiting = naming_throttles(lambda: store().by_job(detail["jobArn"]))
        woken = [run.run_id for run in waiting if run.task_token and _wake(run.task_token, status)]
    logger.info("job event", extra={"job": detail["jobArn"], "status": status, "woken": woken})
    return {"woken": woken}


def _wake(token: str, status: JobStatus) -> bool:
    client = clients.stepfunctions()
    try:
        client.send_task_success(taskToken=token, output=json.dumps({"status": status}))
    except (client.exceptions.TaskTimedOut, client.exceptions.TaskDoesNotExist, client.exceptions.InvalidToken):
        return False
    return True
