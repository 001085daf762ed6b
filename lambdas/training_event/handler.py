"""Bedrock's "Model Customization Job State Change": wake every run that waits for the job."""

from typing import Any

from rft.aws.customization import FINAL
from rft.aws.step import logger, naming_throttles, store
from rft.aws.tokens import wake
from rft.keys import JobStatus


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the runs that were woken. Events come late, twice or for other people's jobs: all of that is fine."""
    detail = event["detail"]
    woken = naming_throttles(lambda: _wake(detail["jobArn"], detail["jobStatus"]))
    logger.info("job event", extra={"job": detail["jobArn"], "status": detail["jobStatus"], "woken": woken})
    return {"woken": woken}


def _wake(job_arn: str, status: str) -> list[str]:
    if status not in FINAL:
        return []
    waiting = store().by_job(job_arn)
    return [run.run_id for run in waiting if run.task_token and wake(run.task_token, JobStatus(status))]
