"""What of an environment stands in Bedrock, with tags, and its removal."""

from collections.abc import Iterator

from rft.aws.refusals import AwsRefusal, not_found
from rft.serving import deployments, throughput
from rft.serving.cleanup import running_jobs, stop_job
from rft.serving.leftovers import Found, Kind
from rft.serving.tags import read_tags


def inventory(prefix: str) -> list[Found]:
    """Return the running jobs, deployments and provisioned throughput whose names begin with the prefix.

    What disappears while we look is left out.
    """
    return [*_throughput(prefix), *_jobs(prefix), *_deployments(prefix)]


def remove(found: Found) -> None:
    """Stop a job, or delete a deployment or throughput; nothing happens if it is gone.

    Raises:
        StillMutating: it is still being created or updated.
        ClientError: AWS refused, e.g. because a commitment has not ended.

    """
    if found.kind is Kind.JOB:
        stop_job(found.arn)
    elif found.kind is Kind.THROUGHPUT:
        view = throughput.get(found.arn)
        if view:
            throughput.delete(view)
    else:
        deployment = deployments.get(found.arn)
        if deployment:
            deployments.delete(deployment)


def _throughput(prefix: str) -> Iterator[Found]:
    for view in throughput.list_all(f"{prefix}-"):
        tags = _tags(view.arn)
        if tags is not None and view.name.startswith(f"{prefix}-"):
            yield Found(
                kind=Kind.THROUGHPUT,
                arn=view.arn,
                name=view.name,
                tags=tags,
                created_at=view.created_at,
                model_arn=view.desired_model_arn,
                units=view.units,
                committed_until=view.committed_until,
            )


def _jobs(prefix: str) -> Iterator[Found]:
    for arn, name in running_jobs(prefix):
        tags = _tags(arn)
        if tags is not None:
            yield Found(kind=Kind.JOB, arn=arn, name=name, tags=tags)


def _deployments(prefix: str) -> Iterator[Found]:
    for summary in deployments.list_all(f"{prefix}-"):
        if not summary.name.startswith(f"{prefix}-"):
            continue
        tags, view = _tags(summary.arn), deployments.get(summary.arn)
        if tags is not None and view is not None:
            yield Found(
                kind=Kind.DEPLOYMENT,
                arn=view.arn,
                name=view.name,
                tags=tags,
                created_at=summary.created_at,
                model_arn=view.headed_for,
            )


def _tags(arn: str) -> dict[str, str] | None:
    try:
        return read_tags(arn)
    except AwsRefusal as refusal:
        if not_found(refusal):
            return None
        raise
