"""The backend for Nova models: Bedrock's model customization jobs."""

import re
import time
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError
from msgspec.structs import replace

from rft.aws import clients
from rft.aws.refusals import code, reason
from rft.errors import BaseRefused, TrainingFailed, TrainingQueueFull
from rft.keys import JobStatus, Tag
from rft.schemas import Job
from rft.training.plan import JobPlan, job_request

if TYPE_CHECKING:
    from mypy_boto3_bedrock.type_defs import (
        CreateModelCustomizationJobRequestTypeDef,
        GetModelCustomizationJobResponseTypeDef,
    )

ROLE_SECONDS: Final = 75.0  # a new role takes a while until Bedrock may assume it
LISTING_SECONDS: Final = 15.0  # a job that another run has just created takes a while until it is listed
WAIT: Final = 5.0
FINAL: Final = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED)
BASE_REFUSALS: Final = frozenset({"ResourceNotFoundException", "ValidationException"})
BUSY: Final = frozenset({"ThrottlingException", "ServiceUnavailableException", "InternalServerException"})


class CustomizationJobs:
    """CreateModelCustomizationJob and its neighbours, describe-or-create."""

    def known(self, plan: JobPlan) -> list[Job]:
        """Return the jobs whose name begins with the plan's stem; those that another run launched are reused."""
        found = []
        pages = clients.bedrock().get_paginator("list_model_customization_jobs").paginate(nameContains=plan.name_stem)
        for page in pages:
            for summary in page["modelCustomizationJobSummaries"]:
                if summary["jobName"].startswith(plan.name_stem):
                    answer = _get(summary["jobArn"])
                    found.append(replace(_job(answer, plan.content_hash), reused=not _ours(answer, plan)))
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

        Another run of the same content may have created it in this moment: then its job is returned.

        Raises:
            TrainingQueueFull: the account runs as many jobs as it may.
            BaseRefused: Bedrock does not take the custom model that the plan builds on; the message is Bedrock's.
            TrainingFailed: Bedrock refused the request otherwise; the message is Bedrock's.

        """
        request = job_request(plan, attempt)
        try:
            try:
                arn = _create(request)
            except ClientError as refusal:
                if "validationDataConfig" not in request or not _refuses_validation(refusal):
                    raise
                arn = _create(job_request(plan, attempt, with_validation=False))
        except ClientError as refusal:
            if code(refusal) in BUSY:
                raise
            twin = self._twin(plan, attempt) if _name_taken(refusal) else None
            if twin is None:
                raise _named(refusal, plan) from refusal
            return twin
        return _job(_get(arn), plan.content_hash)

    def describe(self, job: Job) -> tuple[Job, str]:
        """Return the job as it is now, and Bedrock's failure message or an empty text."""
        answer = _get(job.arn)
        now = replace(_job(answer, job.content_hash), reused=job.reused, stop_loss=job.stop_loss)
        return now, answer.get("failureMessage") or ""

    def stop(self, job: Job) -> None:
        """Ask Bedrock to stop the job."""
        client = clients.bedrock()
        try:
            client.stop_model_customization_job(jobIdentifier=job.arn)
        except (client.exceptions.ConflictException, client.exceptions.ResourceNotFoundException):
            return

    def _twin(self, plan: JobPlan, attempt: int) -> Job | None:
        end = time.monotonic() + LISTING_SECONDS
        while True:
            for job in self.known(plan):
                if job.name == plan.name(attempt):
                    return job
            if time.monotonic() > end:
                return None
            time.sleep(WAIT)


def _create(request: "CreateModelCustomizationJobRequestTypeDef") -> str:
    end = time.monotonic() + ROLE_SECONDS
    while True:
        try:
            return clients.bedrock().create_model_customization_job(**request)["jobArn"]
        except ClientError as refusal:
            if not _role_not_ready(refusal) or time.monotonic() > end:
                raise
            time.sleep(WAIT)


def _get(arn: str) -> "GetModelCustomizationJobResponseTypeDef":
    return clients.bedrock().get_model_customization_job(jobIdentifier=arn)


def _job(answer: "GetModelCustomizationJobResponseTypeDef", content_hash: str) -> Job:
    ended = answer.get("endTime")
    return Job(
        name=answer["jobName"],
        arn=answer["jobArn"],
        content_hash=content_hash,
        status=JobStatus(answer["status"]),
        submitted_at=answer["creationTime"].isoformat(),
        ended_at=ended.isoformat() if ended else None,
        model_arn=answer.get("outputModelArn"),
    )


def _grader(answer: "GetModelCustomizationJobResponseTypeDef") -> str | None:
    config = answer.get("customizationConfig", {}).get("rftConfig", {}).get("graderConfig", {})
    return config.get("lambdaGrader", {}).get("lambdaArn")


def _ours(answer: "GetModelCustomizationJobResponseTypeDef", plan: JobPlan) -> bool:
    """A reinforcement job calls its run's own alias of the grader; a supervised one tells its run by its tags only."""
    if plan.grader_arn is not None:
        return _grader(answer) == plan.grader_arn
    tags = clients.bedrock().list_tags_for_resource(resourceARN=answer["jobArn"])["tags"]
    return {"key": str(Tag.RUN), "value": plan.run_id} in tags


def _role_not_ready(refusal: ClientError) -> bool:
    """Bedrock words it "cannot be assumed", "could not assume" or "not authorized to perform: sts:AssumeRole"."""
    return code(refusal) in ("ValidationException", "AccessDeniedException") and "assume" in reason(refusal).lower()


def _refuses_validation(refusal: ClientError) -> bool:
    return code(refusal) == "ValidationException" and "validation data" in reason(refusal).lower()


def _name_taken(refusal: ClientError) -> bool:
    """A name of another token's request, or a token of another request: both mean that the job was created before."""
    taken = code(refusal) == "ValidationException" and "already" in reason(refusal).lower()
    return taken or code(refusal) == "ConflictException"


def _refuses_base(refusal: ClientError, plan: JobPlan) -> bool:
    """No page says how Bedrock words it: any refusal that speaks of the model which the plan builds on."""
    if ":custom-model/" not in plan.base_model or code(refusal) not in BASE_REFUSALS:
        return False
    words = re.search(r"base ?model|custom ?model|model identifier|customi[sz]ation ?type", reason(refusal), re.I)
    return plan.base_model in reason(refusal) or words is not None


def _named(refusal: ClientError, plan: JobPlan) -> TrainingFailed | TrainingQueueFull:
    quota = re.search("concurren|jobs", reason(refusal), re.IGNORECASE)  # others are of models and of records
    if code(refusal) == "ServiceQuotaExceededException" and quota:
        return TrainingQueueFull(reason(refusal))
    if _refuses_base(refusal, plan):
        return BaseRefused(f"{reason(refusal)} ({code(refusal)})")
    return TrainingFailed(f"Bedrock refused the job: {reason(refusal)} ({code(refusal)})")
