"""The backend for Nova models: Bedrock's model customization jobs."""

import time
from typing import Any

from botocore.exceptions import ClientError

from rft.aws import clients
from rft.errors import TrainingFailed, TrainingQueueFull
from rft.keys import JobStatus
from rft.schemas import Job
from rft.training.plan import JobPlan, job_request

ROLE_SECONDS = 90.0  # a new role takes a while until Bedrock may assume it
ROLE_WAIT = 5.0
FINAL = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED)


class CustomizationJobs:
    """CreateModelCustomizationJob and its neighbours, describe-or-create."""

    def known(self, plan: JobPlan) -> list[Job]:
        """Return the jobs whose name begins with the plan's stem."""
        found = []
        pages = clients.bedrock().get_paginator("list_model_customization_jobs").paginate(nameContains=plan.name_stem)
        for page in pages:
            for summary in page["modelCustomizationJobSummaries"]:
                if summary["jobName"].startswith(plan.name_stem):
                    found.append(self._describe(summary["jobArn"], plan.content_hash)[0])
        return found

    def model_lives(self, job: Job) -> bool:
        """Return whether the job's custom model can still be described."""
        if job.model_arn is None:
            return False
        client = clients.bedrock()
        try:
            client.get_custom_model(modelIdentifier=job.model_arn)
        except client.exceptions.ResourceNotFoundException:
            return False
        return True

    def launch(self, plan: JobPlan, attempt: int) -> Job:
        """Create the job; where the service takes no validation set, without it.

        Raises:
            TrainingQueueFull: the account runs as many jobs as it may.
            TrainingFailed: Bedrock refused the request; the message is Bedrock's.

        """
        try:
            arn = self._create(job_request(plan, attempt))
        except ClientError as error:
            if not _refuses_validation(error):
                raise _named(error) from error
            try:
                arn = self._create(job_request(plan, attempt, with_validation=False))
            except ClientError as second:
                raise _named(second) from second
        return self._describe(arn, plan.content_hash)[0]

    def describe(self, job: Job) -> tuple[Job, str]:
        """Return the job as it is now."""
        now, message = self._describe(job.arn, job.content_hash)
        return Job(**{**{f: getattr(now, f) for f in now.__struct_fields__}, "reused": job.reused}), message

    def stop(self, job: Job) -> None:
        """Ask Bedrock to stop the job."""
        client = clients.bedrock()
        try:
            client.stop_model_customization_job(jobIdentifier=job.arn)
        except (client.exceptions.ConflictException, client.exceptions.ResourceNotFoundException):
            return

    def _create(self, request: dict[str, Any]) -> str:
        end = time.monotonic() + ROLE_SECONDS
        while True:
            try:
                return clients.bedrock().create_model_customization_job(**request)["jobArn"]
            except ClientError as error:
                if not _role_not_ready(error) or time.monotonic() > end:
                    raise
                time.sleep(ROLE_WAIT)

    def _describe(self, arn: str, content_hash: str) -> tuple[Job, str]:
        found = clients.bedrock().get_model_customization_job(jobIdentifier=arn)
        ended = found.get("endTime")
        job = Job(
            name=found["jobName"],
            arn=found["jobArn"],
            content_hash=content_hash,
            status=JobStatus(found["status"]),
            submitted_at=found["creationTime"].isoformat(),
            ended_at=ended.isoformat() if ended else None,
            model_arn=found.get("outputModelArn"),
        )
        return job, found.get("failureMessage") or ""


def _role_not_ready(error: ClientError) -> bool:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    return code in ("ValidationException", "AccessDeniedException") and "cannot be assumed" in message


def _refuses_validation(error: ClientError) -> bool:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"].lower()
    return code == "ValidationException" and "validation data" in message


def _named(error: ClientError) -> Exception:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code == "ServiceQuotaExceededException" and "concurrent" in message:
        return TrainingQueueFull(message)
    if code in ("ThrottlingException", "ServiceUnavailableException", "InternalServerException"):
        return error
    return TrainingFailed(f"Bedrock refused the job: {message} ({code})")
