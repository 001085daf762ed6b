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
    DATASET_OBJECTS = "objects under datasets/"
    DATASET_LISTING = "the listing of datasets/"
    ARTEFACT_OBJECTS = "objects under runs/"
    ARTEFACT_LISTING = "the listing of runs/"
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
    JOBS = "model customization jobs"
    MODELS = "custom models"
    DEPLOYMENTS = "custom model deployments"
    THROUGHPUT = "provisioned throughput"
    ANY = "* because the action has no resource"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Actions on one target. ``reason`` is needed for ``Target.ANY`` and stands in the nag acknowledgement."""

    actions: tuple[str, ...]
    on: Target
    reason: str = ""


READ_RUN = Grant(actions=("dynamodb:GetItem", "dynamodb:UpdateItem"), on=Target.RUNS_TABLE)
TABLE_KEY = Grant(actions=("kms:Decrypt",), on=Target.DATA_KEY_BY_DYNAMODB)

GRANTS: dict[Step, tuple[Grant, ...]] = {
    # The engineer of a step writes its grants here, least privilege, and nothing that its code does not call.
}
