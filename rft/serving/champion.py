"""The champion parameter: which model serves a task. One SSM parameter per task, a ``Champion`` as JSON.

Clients read ``serving_arn`` from it. Only Promote and the reconciler's fallback write it.
"""

import msgspec

from rft import names
from rft.aws import clients
from rft.aws.refusals import AwsRefusal, not_found
from rft.schemas import Champion


def read(prefix: str, task: str) -> Champion | None:
    """Return a task's champion, or None if none was promoted yet.

    Raises:
        msgspec.ValidationError: the parameter holds something else; it was changed by hand.

    """
    try:
        answer = clients.ssm().get_parameter(Name=names.champion_parameter(prefix, task))
    except AwsRefusal as refusal:
        if not_found(refusal):
            return None
        raise
    return msgspec.json.decode(answer["Parameter"]["Value"], type=Champion)


def write(prefix: str, champion: Champion) -> None:
    """Make a model the champion of its task."""
    clients.ssm().put_parameter(
        Name=names.champion_parameter(prefix, champion.task),
        Description=f"The model that serves {champion.task}; pass serving_arn to Converse as modelId",
        Value=msgspec.json.encode(champion).decode(),
        Type="String",
        Overwrite=True,
    )
