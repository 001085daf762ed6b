"""Errors of the workflow. Their class names are the Step Functions error names that ASL files retry and catch."""


class RftError(Exception):
    """Base of all errors that end a run with a message for a person: what is wrong, and the fix."""


class Transient(RftError):
    """Base of errors worth repeating; the workflow retries them with jitter."""


class Throttled(Transient):
    """An AWS API asked to slow down and botocore's own retries were not enough."""


class StillMutating(Transient):
    """A resource cannot be removed yet, because it is still being created or updated."""


class RunUnknown(RftError):
    """No run of this name is in the runs table."""


class UnusableDrop(RftError):
    """The dropped object cannot start a run: unknown task, unknown file type, no task folder."""


class PreflightFailed(RftError):
    """Something that would fail later, found before anything is paid: access, Region, quota, settings, residency."""


class SettingsInvalid(RftError):
    """An environment file holds a wrong value; the message names file, key and fix."""


class TaskInvalid(RftError):
    """A task folder holds a wrong value; the message names file, key and fix."""


class DatasetUnreadable(RftError):
    """A dropped file is no readable JSONL (binary, truncated archive, wrong encoding); the message names the place."""


class LogsUnreadable(RftError):
    """A log bucket that the settings name may not be read; the message says what is missing."""


class GraderBroken(RftError):
    """The grader raised, timed out or broke Bedrock's contract; the message quotes it."""


class GraderDrifted(RftError):
    """The grader gives golden samples other scores than the recorded ones; the message names them, and the fix."""


class EmbeddingsUnavailable(RftError):
    """The texts of a reward model's training cannot be embedded; the message names the fix."""


class OverBudget(RftError):
    """The forecast of a run is above the environment's cap."""


class SlotTimeout(RftError):
    """No training slot became free in the time that the settings allow."""


class TrainingFailed(RftError):
    """The Bedrock job failed; the message is Bedrock's."""


class TooFewDemonstrations(RftError):
    """A task asks for a supervised job first, and its dataset shows too few answers to imitate."""


class BaseRefused(TrainingFailed):
    """Bedrock takes no custom model as the base of a reinforcement job."""


class TrainingStopped(RftError):
    """The Bedrock job was stopped: by the task's stop-loss, by hand or by an earlier clean-up."""


class TrainingTooLong(RftError):
    """The Bedrock job ran longer than ``max_training_hours`` and was stopped."""


class DeploymentFailed(RftError):
    """Bedrock could not deploy the model, or not within the time that the settings allow."""


class ThroughputFailed(RftError):
    """Bedrock could not provide provisioned throughput, or not within the time that the settings allow."""


class ChampionChanged(RftError):
    """Another run was promoted after this run's candidate was compared, so the comparison no longer counts."""


class ReconciliationIncomplete(RftError):
    """The reconciler could not put some things right; the message names them. It tries again on its schedule."""


class EvaluationIncomplete(RftError):
    """Some of the held-out records have no score; the gate does not decide on a part."""


class RetryRefused(RftError):
    """A run cannot be retried: it is still running, or it ended well."""


class TrainingQueueFull(Transient):
    """Bedrock runs as many customization jobs as the account may; the workflow waits and launches again."""
