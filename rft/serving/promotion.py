"""Promotion: the champion's on-demand deployment first, then provisioned throughput, then the champion parameter.

The parameter is written last, and it is the truth: as long as it names the old champion, whatever the deployment and
the throughput serve by then is put back by ``rft.serving.rollback`` (clean-up, and the reconciler behind it). Between
the update in place and that roll-back, clients of a champion on demand are answered by the candidate, which has passed
the gate. The deployment also is the lock between runs of a task: a run only changes it while it serves the champion
that the run's candidate was compared with.
"""

from msgspec import Struct
from msgspec.structs import replace

from rft import names
from rft.clock import now_text
from rft.errors import ChampionChanged, DeploymentFailed
from rft.keys import DeploymentStatus, Role, Serving, UpdateStatus
from rft.schemas import Champion, Deployment
from rft.serving import champion as champions
from rft.serving import deployments
from rft.serving.deployments import DeploymentView
from rft.serving.progress import Progress
from rft.serving.provisioning import provision
from rft.serving.tags import tags_of


class Outcome(Struct, frozen=True, kw_only=True):
    """How far a promotion is: ``ready`` is its end; ``stale`` asks for another evaluation; else call again later."""

    ready: bool = False
    stale: bool = False


def promote(progress: Progress) -> Outcome:
    """Bring the run's model into service as far as Bedrock allows now.

    If another run was promoted since the evaluation, the comparison no longer counts, and the outcome is stale.

    Raises:
        ChampionChanged: the champion parameter was changed while this run already changed the deployment.
        DeploymentFailed: the deployment could not be created or updated in place, or not in time.
        ThroughputFailed: the provisioned throughput could not be created or updated, or not in time.

    """
    run, settings = progress.run, progress.settings
    champion = champions.read(settings.prefix, run.task)
    if champion is not None and champion.run_id == run.run_id:
        if run.champion is None:
            progress.note(champion=champion)
        return Outcome(ready=True)
    if _is_stale(progress, champion):
        return Outcome(stale=True)
    deployment_arn = _serve_on_demand(progress)
    if deployment_arn is None:
        return Outcome()
    serving_arn: str | None = deployment_arn
    if settings.serving.mode is Serving.PROVISIONED:
        serving_arn = provision(progress)
        if serving_arn is None:
            return Outcome()
    crowned = Champion(
        task=run.task,
        run_id=run.run_id,
        model_arn=progress.model_arn,
        serving_arn=serving_arn or deployment_arn,
        deployment_arn=deployment_arn,
        mode=settings.serving.mode,
        dataset_version=run.dataset.version if run.dataset else "",
        promoted_at=now_text(),
        grader=run.evaluation.grader if run.evaluation else "",
    )
    champions.write(settings.prefix, crowned)
    progress.note(champion=crowned)
    return Outcome(ready=True)


def _is_stale(progress: Progress, champion: Champion | None) -> bool:
    """Return whether the champion is another than the one the candidate was compared with."""
    run = progress.run
    before = run.previous_champion.run_id if run.previous_champion else "nobody"
    present = champion.run_id if champion else "nobody"
    if before == present:
        return False
    if run.promotion is not None and run.promotion.arn:
        raise ChampionChanged(
            f"the champion parameter changed from {before} to {present} during the promotion; start the run again: "
            "it reuses the trained model and compares it with the new champion"
        )
    if run.promotion is not None:
        progress.note(promotion=None)  # the waiting time counts anew
    return True


def _serve_on_demand(progress: Progress) -> str | None:
    """Return the ARN of the champion's deployment once it serves the run's model, else None."""
    wish = _wish(progress)
    view = deployments.get(wish.arn) if wish.arn else deployments.find(wish.name)
    if view is None:
        _create(progress, wish)
        return None
    if view.status is DeploymentStatus.FAILED:
        _replace_failed(wish, view)
        return None
    if view.headed_for == progress.model_arn:
        if not wish.arn:
            wish = replace(wish, arn=view.arn)
            progress.note(promotion=wish)
        if not view.is_mutating:
            progress.note(promotion=replace(wish, active=True))
            return view.arn
    elif wish.arn and view.target == progress.model_arn and view.update is UpdateStatus.FAILED:
        raise DeploymentFailed(
            "Bedrock could not update the champion's deployment in place; the old champion serves on"
            + (f": {view.failure}" if view.failure else "")
        )
    elif not wish.arn and not view.is_mutating and _is_ours_to_change(progress, view):
        if deployments.update(view.arn, progress.model_arn):
            progress.note(promotion=replace(wish, arn=view.arn))
        return None
    _in_time(progress, wish, view)
    return None


def _wish(progress: Progress) -> Deployment:
    if progress.run.promotion is not None:
        return progress.run.promotion
    name = names.champion_name(progress.settings.prefix, progress.run.task)
    wish = Deployment(name=name, arn="", requested_at=now_text())
    progress.note(promotion=wish)
    return wish


def _is_ours_to_change(progress: Progress, view: DeploymentView) -> bool:
    """Only a deployment that serves the champion we were compared with; else another run or a roll-back is at it."""
    compared = progress.run.previous_champion
    return compared is not None and view.headed_for == compared.model_arn


def _create(progress: Progress, wish: Deployment) -> None:
    if wish.arn:
        raise DeploymentFailed(f"the champion's deployment {wish.name} was deleted during the promotion")
    _in_time(progress, wish, None)
    tags = tags_of(
        environment=progress.settings.name, task=progress.run.task, run_id=progress.run.run_id, role=Role.CHAMPION
    )
    arn = deployments.create(name=wish.name, model_arn=progress.model_arn, tags=tags, token_of=wish.requested_at)
    if arn:
        progress.note(promotion=replace(wish, arn=arn))


def _replace_failed(wish: Deployment, view: DeploymentView) -> None:
    deployments.delete(view)
    if wish.arn:
        raise DeploymentFailed(f"Bedrock could not deploy the champion: {view.failure or 'it gave no reason'}")


def _in_time(progress: Progress, wish: Deployment, view: DeploymentView | None) -> None:
    if not progress.is_late(wish.requested_at):
        return
    minutes = progress.settings.workflow.deployment_minutes
    if view is None:
        state = "could not be created, because Bedrock had no room for another deployment in progress"
    elif view.headed_for == progress.model_arn:
        state = f"is still {view.update or view.status}"
    else:
        state = f"serves {view.headed_for}, which another run promotes or the reconciler puts right"
    raise DeploymentFailed(
        f"the champion's deployment {wish.name} {state}, after {minutes:g} minutes; "
        "start the run again: it reuses the trained model"
    )
