"""Every name that infrastructure and runtime share: states, statuses, metrics, table keys, object keys, tags.

Stacks, handlers, command line and tests import these, so a rename that misses a place fails the type checker.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """States of the training workflow that call a function, by the name the console shows."""

    PREFLIGHT = "Preflight"
    PLAN_LOGS = "PlanLogs"
    SAMPLE_LOGS = "SampleLogs"
    SAMPLE_BATCH = "SampleBatch"
    VALIDATE_DATA = "ValidateData"
    ESTIMATE_COST = "EstimateCost"
    PREPARE_GRADER = "PrepareGrader"
    CALIBRATE = "Calibrate"
    ACQUIRE_SLOT = "AcquireSlot"
    LAUNCH_TRAINING = "LaunchTraining"
    WAIT_FOR_TRAINING = "WaitForTraining"
    CHECK_TRAINING = "CheckTraining"
    DEPLOY_CANDIDATE = "DeployCandidate"
    PLAN_EVALUATION = "PlanEvaluation"
    EVALUATE = "Evaluate"
    EVALUATE_BATCH = "EvaluateBatch"
    GATE = "Gate"
    PROMOTE = "Promote"
    RETIRE = "Retire"
    REPORT = "Report"
    CLEAN_UP = "CleanUp"
    REPORT_FAILURE = "ReportFailure"


class Step(StrEnum):
    """Functions of the workflow: the folder under ``lambdas/`` and the last part of the function's name."""

    STARTER = "starter"
    PREFLIGHT = "preflight"
    PLAN_LOGS = "plan_logs"
    SAMPLE_BATCH = "sample_batch"
    VALIDATE_DATA = "validate_data"
    ESTIMATE_COST = "estimate_cost"
    PREPARE_GRADER = "prepare_grader"
    CALIBRATE = "calibrate"
    ACQUIRE_SLOT = "acquire_slot"
    LAUNCH_TRAINING = "launch_training"
    WAIT_FOR_TRAINING = "wait_for_training"
    TRAINING_EVENT = "training_event"
    CHECK_TRAINING = "check_training"
    DEPLOY_CANDIDATE = "deploy_candidate"
    PLAN_EVALUATION = "plan_evaluation"
    EVALUATE_BATCH = "evaluate_batch"
    GATE = "gate"
    PROMOTE = "promote"
    RETIRE = "retire"
    REPORT = "report"
    CLEAN_UP = "clean_up"
    RECONCILER = "reconciler"
    CHECK_GRADERS = "check_graders"


class RunStatus(StrEnum):
    """Where a run stands. All but ``RUNNING`` are final."""

    RUNNING = "RUNNING"
    PROMOTED = "PROMOTED"
    GATE_REJECTED = "GATE_REJECTED"
    DATA_REJECTED = "DATA_REJECTED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"
    TIMED_OUT = "TIMED_OUT"


class JobStatus(StrEnum):
    """The five statuses of a Bedrock model customization job."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"


class DeploymentStatus(StrEnum):
    """The three statuses of a custom-model deployment, as the API writes them; an update in place has its own."""

    CREATING = "Creating"
    ACTIVE = "Active"
    FAILED = "Failed"


class UpdateStatus(StrEnum):
    """Where an update in place of a deployment stands (``updateDetails.updateStatus``)."""

    UPDATING = "Updating"
    COMPLETED = "UpdateCompleted"
    FAILED = "UpdateFailed"


class ThroughputStatus(StrEnum):
    """The four statuses of provisioned throughput."""

    CREATING = "Creating"
    IN_SERVICE = "InService"
    UPDATING = "Updating"
    FAILED = "Failed"


class Role(StrEnum):
    """What a deployment is for; the value of ``Tag.ROLE``. Also the names of the models in a score."""

    BASELINE = "baseline"
    CANDIDATE = "candidate"
    CHAMPION = "champion"


class Split(StrEnum):
    """The splits of a dataset version."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Serving(StrEnum):
    """How the champion serves: tokens on demand, or provisioned throughput billed by the hour."""

    ON_DEMAND = "on_demand"
    PROVISIONED = "provisioned"


class TableKey(StrEnum):
    """Attributes of the runs table that keys and indexes name."""

    PK = "pk"
    KIND = "kind"
    STARTED_AT = "started_at"
    JOB_ARN = "job_arn"
    EXPIRES_AT = "expires_at"


class TableIndex(StrEnum):
    """Global secondary indexes of the runs table."""

    BY_START = "by-start"  # kind + started_at: the list of runs
    BY_JOB = "by-job"  # job_arn: from a Bedrock event to the runs that wait for it


class ItemKind(StrEnum):
    """What an item of the runs table is; the part of ``pk`` before ``#``."""

    RUN = "run"
    SLOT = "slot"
    TASK = "task"


class Phase(StrEnum):
    """Why the grader was called; a dimension of its metrics."""

    TRAINING = "training"
    CALIBRATION = "calibration"
    PROBES = "probes"  # answers that no model gave, in calibration
    EVALUATION = "evaluation"
    AUDIT = "audit"  # by the independent grader; its scores train nothing
    GOLDEN = "golden"  # samples whose scores are known


class Metric(StrEnum):
    """Metrics in the namespace ``METRIC_NAMESPACE``."""

    # emitted by the grader, dimensions task, run, phase
    REWARD = "Reward"
    ROLLOUTS = "Rollouts"
    PARSE_FAILURES = "ParseFailures"
    GRADER_DURATION = "GraderDuration"
    GRADER_FAILURES = "GraderFailures"
    REWARD_SPREAD = "RewardSpread"
    RESPONSE_LENGTH = "ResponseLength"
    # emitted by the workflow, dimension task; rewards of the gate with dimension grader
    RUNS_STARTED = "RunsStarted"
    RUNS_ENDED = "RunsEnded"
    RUNS_FAILED = "RunsFailed"
    RECORDS_ACCEPTED = "RecordsAccepted"
    RECORDS_QUARANTINED = "RecordsQuarantined"
    TRAINING_SECONDS = "TrainingSeconds"
    BASELINE_REWARD = "BaselineReward"
    CANDIDATE_REWARD = "CandidateReward"
    REWARD_GAIN = "RewardGain"
    # emitted on a schedule, dimension task
    GOLDEN_DRIFT = "GoldenDrift"  # of the sample that moved furthest
    GOLDEN_MEAN_DRIFT = "GoldenMeanDrift"
    # emitted by the reconciler, dimension environment
    OLDEST_RUN_AGE = "OldestRunAge"
    LEFTOVERS_REMOVED = "LeftoversRemoved"
    PROVISIONED_UNITS = "ProvisionedUnits"


class JudgeCount(StrEnum):
    """What a judge counts; the grader emits it as metric ``<name of the judge>_<count>``."""

    CALLS = "calls"
    ERRORS = "errors"
    MALFORMED = "malformed"


class Dimension(StrEnum):
    """Metric dimensions."""

    TASK = "task"
    RUN = "run"
    PHASE = "phase"
    GRADER = "grader"  # the meaning of scores, see rft.schemas.GraderPin
    ENVIRONMENT = "environment"


class Tag(StrEnum):
    """Tags on everything that the workflow creates in Bedrock; the reconciler finds leftovers by them."""

    ENVIRONMENT = "rft:environment"
    TASK = "rft:task"
    RUN = "rft:run"
    ROLE = "rft:role"  # candidate or champion
    EXPIRES_AT = "rft:expires-at"  # ISO 8601, UTC: set on whatever bills by the hour


OBJECT_KIND: Final = "rft:kind"  # a tag of objects, by which the buckets' lifecycle rules tell them
QUARANTINE_KIND: Final = "quarantine"
METRIC_NAMESPACE: Final = "BedrockRft"
INCOMING: Final = "incoming/"
SAMPLED: Final = "sampled/"  # in the intake bucket: what was drawn from logs, until its dataset version is made
DATASETS: Final = "datasets/"
DATASET_REPORT: Final = "report.html"  # beside a version's splits
RUNS: Final = "runs/"
CALIBRATION_REPORT: Final = "calibration.json"  # among a run's artefacts
REHEARSAL_REPORT: Final = "rehearsal.json"
REWARD_MODEL: Final = "reward-model"
REWARD_MODEL_REPORT: Final = "reward-model.json"
TRAINING_OUTPUT: Final = "training/"


def run_key(run_id: str) -> str:
    """Return the partition key of a run's item."""
    return f"{ItemKind.RUN}#{run_id}"


def slot_key(number: int) -> str:
    """Return the partition key of the training slot ``number``, counted from 0."""
    return f"{ItemKind.SLOT}#{number}"


def task_key(task: str) -> str:
    """Return the partition key of what the runs of a task share."""
    return f"{ItemKind.TASK}#{task}"


def dataset_key(task: str, version: str, name: str) -> str:
    """Return the object key of a file of a dataset version, e.g. ``datasets/arithmetic/<version>/train.jsonl``."""
    return f"{DATASETS}{task}/{version}/{name}"


def sampled_key(task: str, run_id: str, batch: int) -> str:
    """Return the object key of what one worker drew from the logs of a run."""
    return f"{SAMPLED}{task}/{run_id}/{batch}.jsonl"


def artefact_key(run_id: str, name: str) -> str:
    """Return the object key of a run's artefact, e.g. ``runs/<run>/report.html``."""
    return f"{RUNS}{run_id}/{name}"
