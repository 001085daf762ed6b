"""Pin the grader: an alias of the run's own on the published version; and train its reward model, if it asks one."""

from typing import Any

from rft.aws import clients
from rft.aws.aliases import keep_warm
from rft.aws.step import Call, step
from rft.aws.tasks import packaged_tasks
from rft.concurrency import NONE
from rft.errors import GraderBroken
from rft.graders import trains_reward_model
from rft.judges import judge_names
from rft.keys import State
from rft.schemas import GraderPin, RewardModelPin, Run
from rft.tasks import Task


@step(State.PREPARE_GRADER)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Create the alias, or point it to the version that the stacks published last.

    A reward model that does not beat chance and length is refused; then the run's message says why.

    Raises:
        GraderBroken: no grader of the task is deployed.
        EmbeddingsUnavailable: the reward model is to see embeddings, and there are none.

    """
    task = packaged_tasks()[run.task]
    version_arn = call.here.grader_versions.get(run.task)
    if version_arn is None:
        raise GraderBroken(f"no grader of {run.task} is deployed; deploy the training stack again")
    reward_model = None
    if trains_reward_model(task):
        reward_model = (run.grader and run.grader.reward_model) or _reward_model(task, run, call)
        if reward_model is None:
            return {"ready": False}
    name, version = version_arn.split(":")[6:8]
    pin = GraderPin(
        function_name=name,
        version=version,
        code_sha256=clients.functions().get_function_configuration(FunctionName=version_arn)["CodeSha256"],
        alias=run.run_id,
        alias_arn=_alias(name, version, run.run_id),
        reward_model=reward_model,
        judges=judge_names(task),
    )
    call.store.update(run.run_id, grader=pin)
    if warm := call.here.settings.graders.get(run.task, NONE).provisioned_concurrency:
        keep_warm(name, run.run_id, warm)
    return {"ready": True}


def _reward_model(task: Task, run: Run, call: Call) -> RewardModelPin | None:
    from rft.aws.reward_models import reward_model_of

    if run.dataset is None:
        raise ValueError(f"{run.run_id} has no dataset version yet")
    return reward_model_of(run, task, run.dataset, call.store, bucket=call.here.artefacts_bucket)


def _alias(name: str, version: str, alias: str) -> str:
    client = clients.functions()
    try:
        return client.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)["AliasArn"]
    except client.exceptions.ResourceConflictException:
        return client.update_alias(FunctionName=name, Name=alias, FunctionVersion=version)["AliasArn"]
