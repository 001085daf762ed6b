"""Who may do what: the grants of every step function, as data that a reviewer reads and a test checks one by one.

``stacks/training.py`` turns targets into ARNs; nothing else grants a step function anything but its logs.
"""

from dataclasses import dataclass
from enum import StrEnum

from rft.keys import Step


class Target(StrEnum):
    """What a grant is on."""

    RUNS_TABLE = "the runs table"
    RUNS_INDEXES = "the runs table's indexes"
    INTAKE_OBJECTS = "objects under incoming/"
    SAMPLED_OBJECTS = "objects under sampled/"
    LOG_OBJECTS = "objects of the log buckets"
    LOG_LISTING = "the listing of the log buckets"
    LOG_KEYS_BY_S3 = "the keys of the log buckets, through S3"
    DATASET_OBJECTS = "objects under datasets/"
    DATASET_LISTING = "the listing of datasets/"
    ARTEFACT_OBJECTS = "objects under runs/"
    ARTEFACT_LISTING = "the listing of runs/"
    REWARD_MODELS = "the reward models that runs have trained"
    DATA_KEY_BY_S3 = "the data key, through S3"
    DATA_KEY_BY_DYNAMODB = "the data key, through DynamoDB"
    MODEL_KEY_BY_BEDROCK = "the model key, through Bedrock"
    OPERATIONS_KEY_BY_SNS = "the operations key, through SNS"
    TOPIC = "the notifications topic"
    TRAINING_MACHINE = "the training state machine"
    TRAINING_EXECUTIONS = "executions of the training state machine"
    CLEAN_UP_MACHINE = "the clean-up state machine"
    GRADERS = "the grader functions"
    GRADER_ALIASES = "versions and aliases of the grader functions"
    SERVICE_ROLE = "the role that Bedrock assumes"
    CHAMPION_PARAMETERS = "the champion parameters"
    FOUNDATION_MODELS = "the base models that tasks name"
    BASELINES = "the baseline inference ids that tasks name, with the models behind them"
    JUDGES = "the models that judge in tasks' rewards"
    JUDGE_PROFILES = "the inference profiles through which tasks ask judges"
    EMBEDDINGS = "the models whose embeddings reward models ask"
    JOBS = "model customization jobs"
    MODELS = "custom models"
    DEPLOYMENTS = "custom model deployments"
    THROUGHPUT = "provisioned throughput"
    GUARDRAILS = "the guardrails that tasks ask about personal data"
    ANY = "* because the action has no resource"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Actions on one target. ``reason`` is needed for ``Target.ANY`` and stands in the nag acknowledgement."""

    actions: tuple[str, ...]
    on: Target
    reason: str = ""


READ_RUN = Grant(actions=("dynamodb:GetItem", "dynamodb:UpdateItem"), on=Target.RUNS_TABLE)
TABLE_KEY = Grant(actions=("kms:Decrypt",), on=Target.DATA_KEY_BY_DYNAMODB)

S3_READ_KEY = Grant(actions=("kms:Decrypt",), on=Target.DATA_KEY_BY_S3)
S3_WRITE_KEY = Grant(actions=("kms:Decrypt", "kms:GenerateDataKey"), on=Target.DATA_KEY_BY_S3)
READ_DROP = Grant(actions=("s3:GetObjectVersion",), on=Target.INTAKE_OBJECTS)
READ_LOGS = (
    Grant(actions=("s3:GetObject",), on=Target.LOG_OBJECTS),
    Grant(actions=("s3:ListBucket",), on=Target.LOG_LISTING),  # without it, what is gone looks forbidden
    Grant(actions=("kms:Decrypt",), on=Target.LOG_KEYS_BY_S3),
)
READ_DATASETS = Grant(actions=("s3:GetObject",), on=Target.DATASET_OBJECTS)
READ_ARTEFACTS = Grant(actions=("s3:GetObject",), on=Target.ARTEFACT_OBJECTS)
WRITE_ARTEFACTS = Grant(actions=("s3:PutObject",), on=Target.ARTEFACT_OBJECTS)
READ_JOBS = Grant(actions=("bedrock:GetModelCustomizationJob",), on=Target.JOBS)
ASK_BASELINE = Grant(actions=("bedrock:InvokeModel",), on=Target.BASELINES)
DELETE_ALIAS = (
    Grant(actions=("lambda:DeleteAlias", "lambda:GetAlias"), on=Target.GRADERS),
    Grant(actions=("lambda:DeleteProvisionedConcurrencyConfig",), on=Target.GRADER_ALIASES),
)
CALL_GRADER = Grant(actions=("lambda:InvokeFunction",), on=Target.GRADER_ALIASES)
NO_RESOURCE = "the list and quota calls of Bedrock and Service Quotas name no resource"


def listing(*actions: str) -> Grant:
    """Return a grant of actions that AWS cannot restrict to a resource."""
    return Grant(actions=actions, on=Target.ANY, reason=NO_RESOURCE)


READ_CHAMPION = Grant(actions=("ssm:GetParameter",), on=Target.CHAMPION_PARAMETERS)
DEPLOY_KEY = Grant(
    actions=("kms:Decrypt",), on=Target.MODEL_KEY_BY_BEDROCK
)  # who deploys or asks a custom model needs it
PUT_RIGHT = (  # what clean-up and the reconciler share: stop, delete, and put back to the champion's model
    Grant(
        actions=(
            "bedrock:GetModelCustomizationJob",
            "bedrock:ListTagsForResource",
            "bedrock:StopModelCustomizationJob",
        ),
        on=Target.JOBS,
    ),
    Grant(actions=("bedrock:UpdateProvisionedModelThroughput",), on=Target.MODELS),
    Grant(
        actions=(
            "bedrock:DeleteCustomModelDeployment",
            "bedrock:GetCustomModelDeployment",
            "bedrock:UpdateCustomModelDeployment",
        ),
        on=Target.DEPLOYMENTS,
    ),
    Grant(
        actions=(
            "bedrock:DeleteProvisionedModelThroughput",
            "bedrock:GetProvisionedModelThroughput",
            "bedrock:ListTagsForResource",
            "bedrock:UpdateProvisionedModelThroughput",
        ),
        on=Target.THROUGHPUT,
    ),
    listing(
        "bedrock:ListCustomModelDeployments",
        "bedrock:ListModelCustomizationJobs",
        "bedrock:ListProvisionedModelThroughputs",
    ),
    DEPLOY_KEY,
)


GRANTS: dict[Step, tuple[Grant, ...]] = {
    Step.STARTER: (
        Grant(actions=("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"), on=Target.RUNS_TABLE),
        Grant(actions=("dynamodb:Query",), on=Target.RUNS_INDEXES),
        TABLE_KEY,
        Grant(actions=("states:StartExecution",), on=Target.TRAINING_MACHINE),
        Grant(actions=("sns:Publish",), on=Target.TOPIC),
        Grant(actions=("kms:Decrypt", "kms:GenerateDataKey"), on=Target.OPERATIONS_KEY_BY_SNS),
    ),
    Step.PREFLIGHT: (
        READ_RUN,
        TABLE_KEY,
        Grant(actions=("bedrock:GetFoundationModel",), on=Target.FOUNDATION_MODELS),
        Grant(actions=("bedrock:GetInferenceProfile",), on=Target.BASELINES),
        Grant(actions=("bedrock:GetFoundationModel",), on=Target.JUDGES),
        Grant(actions=("bedrock:GetInferenceProfile",), on=Target.JUDGE_PROFILES),
        Grant(actions=("bedrock:GetFoundationModel",), on=Target.EMBEDDINGS),
        listing(
            "bedrock:GetFoundationModelAvailability",
            "bedrock:ListCustomModelDeployments",
            "bedrock:ListCustomModels",
            "bedrock:ListProvisionedModelThroughputs",
            "servicequotas:GetAWSDefaultServiceQuota",
            "servicequotas:GetServiceQuota",
        ),
    ),
    Step.PLAN_LOGS: (
        READ_RUN,
        TABLE_KEY,
        READ_DROP,
        Grant(actions=("s3:ListBucket",), on=Target.LOG_LISTING),
        WRITE_ARTEFACTS,
        S3_WRITE_KEY,
    ),
    Step.SAMPLE_BATCH: (
        READ_RUN,
        TABLE_KEY,
        READ_ARTEFACTS,
        *READ_LOGS,
        Grant(actions=("s3:PutObject",), on=Target.SAMPLED_OBJECTS),
        S3_WRITE_KEY,
    ),
    Step.VALIDATE_DATA: (
        READ_RUN,
        TABLE_KEY,
        READ_DROP,
        Grant(actions=("s3:GetObject",), on=Target.SAMPLED_OBJECTS),
        *READ_LOGS,  # bodies that stand apart
        Grant(actions=("s3:PutObject", "s3:PutObjectTagging"), on=Target.DATASET_OBJECTS),
        S3_WRITE_KEY,
    ),
    Step.ESTIMATE_COST: (READ_RUN, TABLE_KEY),
    Step.PREPARE_GRADER: (
        READ_RUN,
        TABLE_KEY,
        Grant(actions=("lambda:CreateAlias", "lambda:UpdateAlias"), on=Target.GRADERS),
        Grant(
            actions=("lambda:GetFunctionConfiguration", "lambda:PutProvisionedConcurrencyConfig"),
            on=Target.GRADER_ALIASES,
        ),
        READ_DATASETS,
        READ_ARTEFACTS,  # the reward model of the run that this one retries
        WRITE_ARTEFACTS,
        Grant(actions=("s3:ListBucket",), on=Target.ARTEFACT_LISTING),
        S3_WRITE_KEY,
        Grant(actions=("bedrock:InvokeModel",), on=Target.EMBEDDINGS),  # of the texts of its training
    ),
    Step.CALIBRATE: (
        READ_RUN,
        TABLE_KEY,
        READ_DATASETS,
        WRITE_ARTEFACTS,
        S3_WRITE_KEY,
        ASK_BASELINE,
        CALL_GRADER,
    ),
    Step.ACQUIRE_SLOT: (READ_RUN, TABLE_KEY),
    Step.LAUNCH_TRAINING: (
        READ_RUN,
        TABLE_KEY,
        READ_DATASETS,
        Grant(actions=("s3:PutObject",), on=Target.DATASET_OBJECTS),  # the demonstrations of a supervised job
        S3_WRITE_KEY,
        Grant(actions=("bedrock:CreateModelCustomizationJob",), on=Target.FOUNDATION_MODELS),
        Grant(
            actions=(
                "bedrock:CreateModelCustomizationJob",
                "bedrock:GetModelCustomizationJob",
                "bedrock:ListTagsForResource",
                "bedrock:TagResource",
            ),
            on=Target.JOBS,
        ),
        Grant(
            actions=("bedrock:CreateModelCustomizationJob", "bedrock:GetCustomModel", "bedrock:TagResource"),
            on=Target.MODELS,
        ),
        listing("bedrock:ListModelCustomizationJobs"),
        Grant(actions=("iam:PassRole",), on=Target.SERVICE_ROLE),
        Grant(
            actions=("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
            on=Target.MODEL_KEY_BY_BEDROCK,
        ),
    ),
    Step.WAIT_FOR_TRAINING: (
        READ_RUN,
        TABLE_KEY,
        READ_JOBS,
        Grant(actions=("states:SendTaskSuccess",), on=Target.TRAINING_MACHINE),
    ),
    Step.TRAINING_EVENT: (
        Grant(actions=("dynamodb:Query",), on=Target.RUNS_INDEXES),
        TABLE_KEY,
        Grant(actions=("states:SendTaskSuccess",), on=Target.TRAINING_MACHINE),
    ),
    Step.CHECK_TRAINING: (
        READ_RUN,
        TABLE_KEY,
        Grant(
            actions=("bedrock:GetModelCustomizationJob", "bedrock:StopModelCustomizationJob"),
            on=Target.JOBS,
        ),
        Grant(actions=("cloudwatch:GetMetricData",), on=Target.ANY, reason="CloudWatch's metrics are no resources"),
    ),
    Step.DEPLOY_CANDIDATE: (
        READ_RUN,
        TABLE_KEY,
        Grant(actions=("bedrock:CreateCustomModelDeployment",), on=Target.MODELS),
        Grant(
            actions=(
                "bedrock:CreateCustomModelDeployment",
                "bedrock:DeleteCustomModelDeployment",
                "bedrock:GetCustomModelDeployment",
                "bedrock:TagResource",
            ),
            on=Target.DEPLOYMENTS,
        ),
        listing("bedrock:ListCustomModelDeployments"),
        DEPLOY_KEY,
    ),
    Step.PLAN_EVALUATION: (
        READ_RUN,
        TABLE_KEY,
        READ_DATASETS,
        WRITE_ARTEFACTS,
        S3_WRITE_KEY,
        READ_CHAMPION,
        Grant(actions=("bedrock:GetCustomModelDeployment",), on=Target.DEPLOYMENTS),
    ),
    Step.EVALUATE_BATCH: (
        READ_RUN,
        TABLE_KEY,
        READ_DATASETS,
        WRITE_ARTEFACTS,
        Grant(actions=("s3:ListBucket",), on=Target.ARTEFACT_LISTING),
        S3_WRITE_KEY,
        ASK_BASELINE,
        Grant(actions=("bedrock:InvokeModel",), on=Target.DEPLOYMENTS),
        DEPLOY_KEY,
        CALL_GRADER,
    ),
    Step.GATE: (
        READ_RUN,
        TABLE_KEY,
        READ_ARTEFACTS,
        WRITE_ARTEFACTS,
        Grant(actions=("s3:ListBucket",), on=Target.ARTEFACT_LISTING),
        S3_WRITE_KEY,
    ),
    Step.PROMOTE: (
        READ_RUN,
        TABLE_KEY,
        Grant(
            actions=(
                "bedrock:CreateCustomModelDeployment",
                "bedrock:CreateProvisionedModelThroughput",
                "bedrock:UpdateProvisionedModelThroughput",
            ),
            on=Target.MODELS,
        ),
        Grant(
            actions=(
                "bedrock:CreateCustomModelDeployment",
                "bedrock:DeleteCustomModelDeployment",
                "bedrock:GetCustomModelDeployment",
                "bedrock:TagResource",
                "bedrock:UpdateCustomModelDeployment",
            ),
            on=Target.DEPLOYMENTS,
        ),
        Grant(
            actions=(
                "bedrock:CreateProvisionedModelThroughput",
                "bedrock:GetProvisionedModelThroughput",
                "bedrock:TagResource",
                "bedrock:UpdateProvisionedModelThroughput",
            ),
            on=Target.THROUGHPUT,
        ),
        listing("bedrock:ListCustomModelDeployments", "bedrock:ListProvisionedModelThroughputs"),
        Grant(actions=("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey"), on=Target.MODEL_KEY_BY_BEDROCK),
        Grant(actions=("ssm:GetParameter", "ssm:PutParameter"), on=Target.CHAMPION_PARAMETERS),
    ),
    Step.RETIRE: (
        READ_RUN,
        Grant(actions=("dynamodb:Query",), on=Target.RUNS_INDEXES),
        TABLE_KEY,
        Grant(actions=("bedrock:DeleteCustomModel", "bedrock:ListTagsForResource"), on=Target.MODELS),
        Grant(
            actions=("bedrock:DeleteCustomModelDeployment", "bedrock:GetCustomModelDeployment"), on=Target.DEPLOYMENTS
        ),
        listing(
            "bedrock:ListCustomModelDeployments",
            "bedrock:ListCustomModels",
            "bedrock:ListProvisionedModelThroughputs",
        ),
        *DELETE_ALIAS,
        READ_CHAMPION,
    ),
    Step.REPORT: (
        READ_RUN,
        TABLE_KEY,
        READ_DATASETS,
        WRITE_ARTEFACTS,
        S3_WRITE_KEY,
        Grant(actions=("sns:Publish",), on=Target.TOPIC),
        Grant(actions=("kms:Decrypt", "kms:GenerateDataKey"), on=Target.OPERATIONS_KEY_BY_SNS),
    ),
    Step.CLEAN_UP: (
        READ_RUN,
        Grant(actions=("dynamodb:Query",), on=Target.RUNS_INDEXES),
        TABLE_KEY,
        *PUT_RIGHT,
        *DELETE_ALIAS,
        READ_CHAMPION,
    ),
    Step.RECONCILER: (
        Grant(actions=("dynamodb:Query",), on=Target.RUNS_INDEXES),
        TABLE_KEY,
        Grant(actions=("states:DescribeExecution",), on=Target.TRAINING_EXECUTIONS),
        Grant(actions=("states:StartExecution",), on=Target.CLEAN_UP_MACHINE),
        *PUT_RIGHT,
        Grant(actions=("bedrock:ListTagsForResource",), on=Target.DEPLOYMENTS),
        Grant(actions=("ssm:GetParameter", "ssm:PutParameter"), on=Target.CHAMPION_PARAMETERS),
        Grant(actions=("sns:Publish",), on=Target.TOPIC),
        Grant(actions=("kms:Decrypt", "kms:GenerateDataKey"), on=Target.OPERATIONS_KEY_BY_SNS),
    ),
    Step.CHECK_GRADERS: (
        CALL_GRADER,
        Grant(actions=("sns:Publish",), on=Target.TOPIC),
        Grant(actions=("kms:Decrypt", "kms:GenerateDataKey"), on=Target.OPERATIONS_KEY_BY_SNS),
    ),
}
