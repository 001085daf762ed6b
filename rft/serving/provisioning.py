"""Provisioned throughput for the champion: created with the first promotion, updated in place by later ones."""

from datetime import timedelta

from msgspec.structs import replace

from rft import names
from rft.clock import now, now_text
from rft.errors import ThroughputFailed
from rft.keys import Role, Tag, ThroughputStatus
from rft.schemas import Throughput
from rft.serving import throughput
from rft.serving.progress import Progress
from rft.serving.tags import tags_of, write_tags
from rft.settings import Provisioned


def provision(progress: Progress) -> str | None:
    """Return the ARN of the champion's throughput once it serves the run's model, else None: call again later.

    Name, time and expiry are on the run record before the request, which is what starts to cost.

    Raises:
        ThroughputFailed: Bedrock failed, took too long or has no units for us, or someone deleted it.

    """
    terms = progress.settings.serving.provisioned
    if terms is None:
        raise ThroughputFailed('serving.mode is "provisioned" without a table serving.provisioned; add it')
    wish = _wish(progress, terms)
    view = throughput.get(wish.arn) if wish.arn else throughput.find(wish.name)
    if view is None:
        _create(progress, wish, terms)
        return None
    if view.status is ThroughputStatus.FAILED and wish.arn:  # clean-up deletes it, the reconciler an older one
        raise ThroughputFailed(
            f"Bedrock could not provide throughput: {view.failure or 'it gave no reason'}; start the run again later, "
            'or set serving.mode = "on_demand"'
        )
    if view.desired_model_arn == progress.model_arn:
        if not wish.arn:
            wish = replace(wish, arn=view.arn)
            progress.note(throughput=wish)
        if not view.is_mutating and view.model_arn == progress.model_arn:
            return _in_service(progress, wish)
    elif not wish.arn and view.status is ThroughputStatus.IN_SERVICE:
        if throughput.update(view.arn, progress.model_arn):
            write_tags(view.arn, {Tag.RUN: progress.run.run_id})
            progress.note(throughput=replace(wish, arn=view.arn))
        return None
    _in_time(progress, wish, f"is still {view.status}")
    return None


def _wish(progress: Progress, terms: Provisioned) -> Throughput:
    if progress.run.throughput is not None:
        return progress.run.throughput
    wish = Throughput(
        name=names.champion_name(progress.settings.prefix, progress.run.task),
        arn="",
        requested_at=now_text(),
        expires_at=(now() + timedelta(hours=terms.max_pt_hours)).isoformat(timespec="seconds"),
    )
    progress.note(throughput=wish)
    return wish


def _create(progress: Progress, wish: Throughput, terms: Provisioned) -> None:
    if wish.arn:
        raise ThroughputFailed(f"the provisioned throughput {wish.name} was deleted during the promotion")
    tags = tags_of(
        environment=progress.settings.name,
        task=progress.run.task,
        run_id=progress.run.run_id,
        role=Role.CHAMPION,
        expires_at=wish.expires_at,
    )
    arn = throughput.create(
        name=wish.name, model_arn=progress.model_arn, terms=terms, tags=tags, token_of=wish.requested_at
    )
    progress.note(throughput=replace(wish, arn=arn))


def _in_service(progress: Progress, wish: Throughput) -> str:
    """Renew the expiry: the hours of a promotion begin with that promotion."""
    if not wish.in_service:
        write_tags(wish.arn, {Tag.EXPIRES_AT: wish.expires_at})
        progress.note(throughput=replace(wish, in_service=True))
    return wish.arn


def _in_time(progress: Progress, wish: Throughput, state: str) -> None:
    if progress.is_late(wish.requested_at):
        minutes = progress.settings.workflow.deployment_minutes
        raise ThroughputFailed(
            f"the provisioned throughput {wish.name} {state} after {minutes:g} minutes; raise "
            'workflow.deployment_minutes, or set serving.mode = "on_demand", then start the run again'
        )
