"""What graders may do beside writing their logs: nothing, unless their task's reward asks for more."""

from rft.graders import trains_reward_model
from rft.tasks import Task
from stacks.grants import S3_READ_KEY, Grant, Target

READ_REWARD_MODEL = Grant(actions=("s3:GetObject",), on=Target.REWARD_MODELS)


def grader_grants(task: Task) -> tuple[Grant, ...]:
    """Return the grants of a task's grader."""
    return (READ_REWARD_MODEL, S3_READ_KEY) if trains_reward_model(task) else ()
