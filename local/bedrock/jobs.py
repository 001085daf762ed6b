"""Operations on model customization jobs."""

from operator import itemgetter
from typing import Any

from local.bedrock.catalogue import find_model
from local.bedrock.errors import ServiceError, not_found, validation
from local.bedrock.lists import chosen
from local.bedrock.store import ARN, Job, Model, Store, new_id, now
from local.bedrock.supervised import check_supervised
from local.bedrock.training import Trainer

FINAL = ("Completed", "Failed", "Stopped")


class Jobs:
    """CreateModelCustomizationJob, Get, List, Stop."""

    def __init__(self, store: Store, trainer: Trainer) -> None:
        self._store = store
        self._trainer = trainer

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """Accept a job or answer as Bedrock does; the same token with the same request gives the same job."""
        base, custom = self._check(params)
        with self._store.lock:
            token = params.get("clientRequestToken")
            if token in self._store.tokens:
                request, arn = self._store.tokens[token]
                if request != params:
                    raise ServiceError("ConflictException", f"The token {token} was used with other parameters")
                return {"jobArn": arn}
            self._check_names(params)
            running = sum(job.status not in FINAL for job in self._store.jobs.values())
            if running >= self._store.options.max_concurrent_jobs:
                raise ServiceError(
                    "ServiceQuotaExceededException",
                    f"You have reached the maximum of {running} concurrent model customization jobs",
                )
            arn = f"{ARN}:model-customization-job/{base.rsplit('/', 1)[-1]}/{new_id()}"
            job = Job(arn=arn, request=params, base_arn=base, base_model=custom)
            self._store.jobs[arn] = job
            self._store.tag(arn, params.get("jobTags"))
            if token:
                self._store.tokens[token] = (params, arn)
        self._trainer.start(job)
        return {"jobArn": arn}

    def _check(self, params: dict[str, Any]) -> tuple[str, Model | None]:
        """Return the foundation model's ARN, and the custom model that is to be trained further."""
        kind = params.get("customizationType", "FINE_TUNING")
        if kind == "REINFORCEMENT_FINE_TUNING":
            _check_reinforcement(params)
        elif kind == "FINE_TUNING":
            check_supervised(params)
        else:
            raise validation(f"The local Bedrock does not train by {kind}")
        if "s3Uri" not in params["trainingDataConfig"]:
            raise validation("The local Bedrock reads training data from trainingDataConfig.s3Uri only")
        identifier = params["baseModelIdentifier"]
        if identifier.startswith("arn:") and ":us-east-1:" not in identifier:
            raise validation(f"The model {identifier} is not in this Region")
        custom = self._custom(identifier)
        if custom and kind == "REINFORCEMENT_FINE_TUNING" and self._store.options.refuse_custom_bases:
            raise validation(f"The custom model {identifier} does not support {kind}")
        try:
            model = find_model(custom.job.base_arn if custom else identifier, hidden=self._store.options.unknown_models)
        except ServiceError as error:
            raise validation(f"The provided model identifier is invalid: {identifier}") from error
        if kind not in model.customizations:
            raise validation(f"The model {model.id} does not support {kind}")
        if model.id in self._store.options.models_without_access:
            raise ServiceError("AccessDeniedException", f"You don't have access to the model {model.id}")
        return model.arn, custom

    def _custom(self, identifier: str) -> Model | None:
        with self._store.lock:
            return next((one for one in self._store.models.values() if identifier in (one.arn, one.name)), None)

    def _check_names(self, params: dict[str, Any]) -> None:
        if any(job.name == params["jobName"] for job in self._store.jobs.values()):
            raise validation(f"A model customization job named {params['jobName']} already exists")
        if any(model.name == params["customModelName"] for model in self._store.models.values()):
            raise validation(f"A custom model named {params['customModelName']} already exists")
        if len(self._store.models) >= self._store.options.quotas["L-CB5B847D"]:
            raise ServiceError("ServiceQuotaExceededException", "You have reached the maximum number of custom models")

    def find(self, identifier: str) -> Job:
        """Return a job by ARN or name."""
        with self._store.lock:
            for job in self._store.jobs.values():
                if identifier in (job.arn, job.name):
                    return job
        raise not_found(f"the model customization job {identifier}")

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """Describe a job."""
        job = self.find(params["jobIdentifier"])
        request = job.request
        return {
            "jobArn": job.arn,
            "jobName": job.name,
            "outputModelName": request["customModelName"],
            "outputModelArn": job.model_arn if job.status == "Completed" else None,
            "clientRequestToken": request.get("clientRequestToken"),
            "roleArn": request["roleArn"],
            "status": job.status,
            "statusDetails": _details(job),
            "failureMessage": job.failure,
            "creationTime": job.created,
            "lastModifiedTime": job.modified,
            "endTime": job.ended,
            "baseModelArn": job.base_arn,
            "trainingDataConfig": request["trainingDataConfig"],
            "validationDataConfig": request.get("validationDataConfig", {"validators": []}),
            "outputDataConfig": request["outputDataConfig"],
            "customizationType": request.get("customizationType", "FINE_TUNING"),
            "hyperParameters": request.get("hyperParameters"),
            "outputModelKmsKeyArn": request.get("customModelKmsKeyId"),
            "customizationConfig": request.get("customizationConfig"),
        }

    def list(self, params: dict[str, Any]) -> dict[str, Any]:
        """List jobs by the request's filters."""
        with self._store.lock:
            items = [
                {
                    "jobArn": job.arn,
                    "baseModelArn": job.base_arn,
                    "jobName": job.name,
                    "status": job.status,
                    "statusDetails": _details(job),
                    "lastModifiedTime": job.modified,
                    "creationTime": job.created,
                    "endTime": job.ended,
                    "customModelArn": job.model_arn if job.status == "Completed" else None,
                    "customModelName": job.request["customModelName"],
                    "customizationType": job.request.get("customizationType", "FINE_TUNING"),
                }
                for job in self._store.jobs.values()
            ]
        found, token = chosen(
            params, items, name="jobName", created="creationTime", equals={"statusEquals": itemgetter("status")}
        )
        return {"modelCustomizationJobSummaries": found, "nextToken": token}

    def stop(self, params: dict[str, Any]) -> dict[str, Any]:
        """Begin to stop a job."""
        job = self.find(params["jobIdentifier"])
        with self._store.lock:
            if job.status in FINAL:
                raise ServiceError("ConflictException", f"The job is {job.status} and cannot be stopped")
            job.status, job.modified = "Stopping", now()
        job.stop.set()
        return {}


def _check_reinforcement(params: dict[str, Any]) -> None:
    if params.get("hyperParameters"):
        raise validation("hyperParameters belong into customizationConfig.rftConfig for REINFORCEMENT_FINE_TUNING")
    rft = (params.get("customizationConfig") or {}).get("rftConfig")
    if not rft or not (rft.get("graderConfig") or {}).get("lambdaGrader"):
        raise validation("customizationConfig.rftConfig with a lambdaGrader is required")


def _details(job: Job) -> dict[str, Any]:
    phases = ["validationDetails", "dataProcessingDetails", "trainingDetails"]
    reached = phases.index(job.phase)
    details: dict[str, Any] = {}
    for index, phase in enumerate(phases):
        status = "Completed" if index < reached else job.status if index == reached else "NotStarted"
        details[phase] = {"status": status, "creationTime": job.created, "lastModifiedTime": job.modified}
    return details
