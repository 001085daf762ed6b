"""Undoing a promotion that did not come to its end: the champion parameter says what should serve, and it wins."""

from collections.abc import Iterable

from rft.clock import now
from rft.errors import StillMutating
from rft.keys import RunStatus, Tag
from rft.schemas import Champion, Run
from rft.serving import deployments, throughput
from rft.serving.tags import read_tags


def is_promoting(run: Run) -> bool:
    """Return whether a run has changed, or is about to change, what the champion's resources serve."""
    return run.status is RunStatus.RUNNING and run.promotion is not None and run.champion is None


def restore_deployment(run: Run, champion: Champion | None, others: Iterable[Run]) -> str | None:
    """Put the champion's deployment back to the champion's model, or delete it if there is no champion.

    ``others`` are the task's other runs: if one of them has taken the deployment over, nothing happens. Returns what
    was done, in words.

    Raises:
        StillMutating: the deployment is still being created or updated.

    """
    if run.promotion is None or run.job is None or run.job.model_arn is None:
        return None
    if (champion and champion.run_id == run.run_id) or any(is_promoting(o) and _has_asked(o) for o in others):
        return None
    ours = run.job.model_arn
    view = deployments.find(run.promotion.name)
    if view is None or view.headed_for != ours or (champion and champion.model_arn == ours):
        return None
    if champion is None:
        deployments.delete(view)
        return f"champion deployment {view.name}, which served nobody"
    if view.is_mutating or not deployments.update(view.arn, champion.model_arn):
        raise StillMutating(
            f"deployment {view.name} is still {view.update or view.status}; put back when that has ended"
        )
    return f"promotion: the deployment {view.name} goes back to {champion.model_arn}"


def restore_throughput(run: Run, champion: Champion | None) -> str | None:
    """Delete throughput that this run asked for, or put the champion's own back to the champion's model.

    Returns what was done, in words.

    Raises:
        StillMutating: Bedrock refuses until creation or update has ended.

    """
    if run.throughput is None or (champion and champion.run_id == run.run_id):
        return None
    view = throughput.find(run.throughput.name)
    if view is None:
        return None
    if champion and champion.serving_arn == view.arn:
        ours = run.job.model_arn if run.job else None
        if view.desired_model_arn != ours or champion.model_arn == ours:
            return None
        if view.is_mutating or not throughput.update(view.arn, champion.model_arn):
            raise StillMutating(
                f"provisioned throughput {view.name} is still {view.status}; put back when that has ended"
            )
        return f"promotion: the provisioned throughput {view.name} goes back to {champion.model_arn}"
    if view.arn != run.throughput.arn and read_tags(view.arn).get(Tag.RUN) != run.run_id:
        return None
    if view.committed_until and view.committed_until > now():
        return f"not the provisioned throughput {view.name}: its approved commitment is billed to its end in any case"
    throughput.delete(view)
    return f"provisioned throughput {view.name}"


def _has_asked(run: Run) -> bool:
    return run.promotion is not None and run.promotion.arn != ""
