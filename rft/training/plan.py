"""All that determines a training job, and the one place that builds Bedrock's request for it."""

from typing import TYPE_CHECKING, cast

from msgspec import Struct

from rft import names
from rft.keys import TRAINING_OUTPUT, Split, Tag
from rft.schemas import Dataset, GraderPin, Job, Run
from rft.settings import Settings
from rft.tasks import Task

if TYPE_CHECKING:
    from mypy_boto3_bedrock.type_defs import (
        CreateModelCustomizationJobRequestTypeDef,
        RFTHyperParametersTypeDef,
        TagTypeDef,
    )

TOKEN_LENGTH = 64  # of hexadecimal digits; the API allows 256 characters


class JobPlan(Struct, frozen=True, kw_only=True):
    """A job before it has an attempt number."""

    prefix: str
    environment: str
    run_id: str
    task: str
    base_model: str
    hyperparameters: dict[str, int | float | str]
    content_hash: str
    training_uri: str
    validation_uri: str | None
    output_bucket: str
    grader_arn: str | None  # None: a supervised job, which nobody grades
    role_arn: str
    model_key_arn: str

    def name(self, attempt: int) -> str:
        """Return the job's and the model's name at an attempt."""
        return names.job_name(self.prefix, self.task, self.content_hash, attempt)

    @property
    def name_stem(self) -> str:
        """What the names of all attempts begin with."""
        return names.job_name(self.prefix, self.task, self.content_hash, 0).removesuffix("0")


def plan_job(
    *,
    run: Run,
    task: Task,
    dataset: Dataset,
    grader: GraderPin,
    settings: Settings,
    bucket: str,
    role: str,
    key: str,
    supervised: Job | None = None,
) -> JobPlan:
    """Return the plan of a run's reinforcement job; equal content gives an equal content hash.

    ``supervised`` is the completed job whose model is the base, in place of the task's.
    """
    base = task.model.base_model
    validation = dataset.splits.get(Split.VALIDATION)
    hyperparameters = task.hyperparameters.request()
    return JobPlan(
        prefix=settings.prefix,
        environment=settings.name,
        run_id=run.run_id,
        task=task.name,
        base_model=(supervised.model_arn if supervised else None) or base,
        hyperparameters=hyperparameters,
        content_hash=names.content_hash(
            dataset_version=dataset.version,
            base_model=f"{base} after {supervised.content_hash}" if supervised else base,
            hyperparameters=hyperparameters,
            grader=grader.content,
        ),
        training_uri=f"s3://{dataset.bucket}/{dataset.splits[Split.TRAIN].key}",
        validation_uri=f"s3://{dataset.bucket}/{validation.key}" if validation and validation.records else None,
        output_bucket=bucket,
        grader_arn=grader.alias_arn,
        role_arn=role,
        model_key_arn=key,
    )


def job_request(
    plan: JobPlan, attempt: int, *, with_validation: bool = True
) -> "CreateModelCustomizationJobRequestTypeDef":
    """Return the arguments of CreateModelCustomizationJob.

    Reinforcement fine-tuning takes its hyperparameters as numbers inside ``rftConfig``; supervised fine-tuning takes
    them in the top-level map of strings. No reference answer is in here: the grader reads them from the training
    file's records.
    """
    name = plan.name(attempt)
    tags: list[TagTypeDef] = [{"key": str(key), "value": value} for key, value in tags_of(plan).items()]
    request: CreateModelCustomizationJobRequestTypeDef = {
        "jobName": name,
        "customModelName": name,
        "roleArn": plan.role_arn,
        "clientRequestToken": names.digest([plan.content_hash, name, with_validation], length=TOKEN_LENGTH),
        "baseModelIdentifier": plan.base_model,
        "customModelKmsKeyId": plan.model_key_arn,
        "jobTags": tags,
        "customModelTags": tags,
        "trainingDataConfig": {"s3Uri": plan.training_uri},
        "outputDataConfig": {"s3Uri": f"s3://{plan.output_bucket}/{TRAINING_OUTPUT}{name}/"},
    }
    if plan.grader_arn is None:
        request["customizationType"] = "FINE_TUNING"
        request["hyperParameters"] = {name: str(value) for name, value in plan.hyperparameters.items()}
    else:
        request["customizationType"] = "REINFORCEMENT_FINE_TUNING"
        request["customizationConfig"] = {
            "rftConfig": {
                "graderConfig": {"lambdaGrader": {"lambdaArn": plan.grader_arn}},
                "hyperParameters": cast("RFTHyperParametersTypeDef", plan.hyperparameters),
            }
        }
    if with_validation and plan.validation_uri:
        request["validationDataConfig"] = {"validators": [{"s3Uri": plan.validation_uri}]}
    return request


def tags_of(plan: JobPlan) -> dict[Tag, str]:
    """Return the tags of a job and its model."""
    return {Tag.ENVIRONMENT: plan.environment, Tag.TASK: plan.task, Tag.RUN: plan.run_id}
