"""What the runs of a task share, in one item of the runs table: the newest dataset version, the pseudonyms' key."""

import secrets
from contextlib import suppress
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from rft.aws import clients
from rft.keys import ItemKind, TableKey, task_key

_to_item = TypeSerializer().serialize
_from_item = TypeDeserializer().deserialize


def parent_of(table: str, task: str, version: str) -> str | None:
    """Return the dataset version that came before one: of the newest its parent, of a new one the newest."""
    shared = _load(table, task)
    newest: str | None = shared.get("version")
    return shared.get("parent") if newest == version else newest


def accepted(table: str, task: str, version: str) -> None:
    """Make an accepted version the newest of its task; doing it twice changes nothing."""
    parent = parent_of(table, task, version)
    _update(table, task, {"version": version, "parent": parent or ""})


def pseudonym_key(table: str, task: str) -> bytes:
    """Return the task's 32 random bytes, made when they are first asked for; the first to make them wins."""
    if key := known_pseudonym_key(table, task):
        return key
    client = clients.dynamodb()
    with suppress(client.exceptions.ConditionalCheckFailedException):  # another run was faster: its key is the one
        _update(table, task, {"pseudonym_key": secrets.token_hex(32)}, condition="attribute_not_exists(#pseudonym_key)")
    return bytes.fromhex(_load(table, task)["pseudonym_key"])


def known_pseudonym_key(table: str, task: str) -> bytes | None:
    """Return the key of the task's pseudonyms; None if none was made."""
    key = _load(table, task).get("pseudonym_key")
    return bytes.fromhex(key) if key else None


def _load(table: str, task: str) -> dict[str, str]:
    answer = clients.dynamodb().get_item(TableName=table, Key=_key(task), ConsistentRead=True)
    values = {name: _from_item(value) for name, value in answer.get("Item", {}).items()}
    return {name: value for name, value in values.items() if value}


def _update(table: str, task: str, values: dict[str, str], condition: str | None = None) -> None:
    values = {TableKey.KIND: ItemKind.TASK, **values}
    extra: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
    clients.dynamodb().update_item(
        TableName=table,
        Key=_key(task),
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": _to_item(str(value)) for name, value in values.items()},
        **extra,
    )


def _key(task: str) -> dict[str, Any]:
    return {str(TableKey.PK): _to_item(task_key(task))}
