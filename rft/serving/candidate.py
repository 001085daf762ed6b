"""The candidate's on-demand deployment: evaluation needs nothing that bills by the hour."""

from msgspec.structs import replace

from rft import names
from rft.clock import now_text
from rft.errors import DeploymentFailed
from rft.keys import DeploymentStatus, Role
from rft.schemas import Deployment
from rft.serving import deployments
from rft.serving.deployments import DeploymentView
from rft.serving.progress import Progress
from rft.serving.tags import tags_of


def deploy(progress: Progress) -> bool:
    """Describe or create the candidate's deployment; return whether it answers now.

    The wish is on the run record even while Bedrock has no room, so the time limit counts that waiting as well. What a
    step created and could not record any more is found by its name, which is the run's.

    Raises:
        DeploymentFailed: Bedrock failed, took too long or may hold no more deployments, or someone deleted it.

    """
    wish = _wish(progress)
    view = deployments.get(wish.arn) if wish.arn else deployments.find(wish.name)
    if view is None:
        return _ask(progress, wish)
    if view.arn != wish.arn:
        wish = replace(wish, arn=view.arn)
        progress.note(candidate=wish)
    return _judge(progress, wish, view)


def _wish(progress: Progress) -> Deployment:
    if progress.run.candidate is not None:
        return progress.run.candidate
    name = names.candidate_deployment_name(progress.settings.prefix, progress.run.run_id)
    return Deployment(name=name, arn="", requested_at=now_text())


def _ask(progress: Progress, wish: Deployment) -> bool:
    if wish.arn:
        raise DeploymentFailed(
            f"the candidate's deployment {wish.name} was deleted while the run needed it; start the run again"
        )
    _in_time(progress, wish, "Bedrock had no room for another deployment in progress")
    tags = tags_of(
        environment=progress.settings.name, task=progress.run.task, run_id=progress.run.run_id, role=Role.CANDIDATE
    )
    arn = deployments.create(name=wish.name, model_arn=progress.model_arn, tags=tags, token_of=progress.run.run_id)
    progress.note(candidate=replace(wish, arn=arn or ""))
    return False


def _judge(progress: Progress, wish: Deployment, view: DeploymentView) -> bool:
    if view.status is DeploymentStatus.FAILED:
        deployments.delete(view)
        raise DeploymentFailed(f"Bedrock could not deploy the candidate: {view.failure or 'it gave no reason'}")
    if view.status is DeploymentStatus.ACTIVE:
        if not wish.active:
            progress.note(candidate=replace(wish, active=True))
        return True
    _in_time(progress, wish, f"the candidate's deployment is still {view.status}")
    return False


def _in_time(progress: Progress, wish: Deployment, state: str) -> None:
    if progress.is_late(wish.requested_at):
        minutes = progress.settings.workflow.deployment_minutes
        raise DeploymentFailed(
            f"{state} after {minutes:g} minutes; raise workflow.deployment_minutes, or start the run again later"
        )
