"""The champion parameter: which model serves a task. One SSM parameter per task, a ``Champion`` as JSON.

Clients read ``serving_arn`` from it. Only Promote and the reconciler's fallback write it; ``rft remove`` deletes it.
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


def names_of_all(prefix: str) -> list[str]:
    """Return the names of all champion parameters of an environment."""
    pages = clients.ssm().get_paginator("get_parameters_by_path").paginate(Path=f"/{prefix}", Recursive=True)
    found = [parameter["Name"] for page in pages for parameter in page["Parameters"]]
    return [name for name in found if name == names.champion_parameter(prefix, name.split("/")[2])]


def forget(name: str) -> None:
    """Delete a champion parameter; nothing happens if it is gone."""
    try:
        clients.ssm().delete_parameter(Name=name)
    except AwsRefusal as refusal:
        if not not_found(refusal):
            raise
