"""The runs table: run records and training slots."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from rft.aws import clients
from rft.clock import now_text, parse
from rft.errors import RunUnknown
from rft.keys import ItemKind, TableIndex, TableKey, run_key, slot_key
from rft.schemas import Run

_to_item = TypeSerializer().serialize
_from_item = TypeDeserializer().deserialize


class RunStore:
    """Run records and slots in one DynamoDB table. Every write is conditional or an update of named sections."""

    def __init__(self, table: str, *, run_days: int) -> None:
        self.table = table
        self.run_days = run_days

    def create(self, run: Run) -> bool:
        """Write a new run; return False and change nothing if it exists."""
        expires = parse(run.started_at) + timedelta(days=self.run_days)
        item = {
            TableKey.PK: run_key(run.run_id),
            TableKey.KIND: ItemKind.RUN,
            TableKey.EXPIRES_AT: int(expires.timestamp()),
            **_plain(run),
        }
        client = clients.dynamodb()
        try:
            client.put_item(TableName=self.table, Item=_item(item), ConditionExpression="attribute_not_exists(pk)")
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def load(self, run_id: str) -> Run:
        """Return a run.

        Raises:
            RunUnknown: no such run.

        """
        answer = clients.dynamodb().get_item(
            TableName=self.table, Key=_item({TableKey.PK: run_key(run_id)}), ConsistentRead=True
        )
        if "Item" not in answer:
            raise RunUnknown(f"no run {run_id} in {self.table}; `rft runs` lists them")
        return _run(answer["Item"])

    def update(self, run_id: str, **sections: Any) -> None:
        """Replace the named fields of a run and its ``updated_at``; None removes a field.

        Setting ``job`` or ``supervised`` also sets the attribute that leads from a Bedrock event to the run; where both
        are set, to ``job``.

        Raises:
            RunUnknown: no such run.

        """
        values = {name: _plain(value) for name, value in sections.items()}
        values["updated_at"] = now_text()
        if job := values.get("job") or (values.get("supervised") or {}).get("job"):
            values[TableKey.JOB_ARN] = job["arn"]
        kept = {name: value for name, value in values.items() if value is not None}
        gone = [name for name, value in values.items() if value is None]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in kept)
        if gone:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
        client = clients.dynamodb()
        try:
            client.update_item(
                TableName=self.table,
                Key=_item({TableKey.PK: run_key(run_id)}),
                UpdateExpression=expression,
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues={f":{name}": _to_item(value) for name, value in kept.items()},
            )
        except client.exceptions.ConditionalCheckFailedException:
            raise RunUnknown(f"no run {run_id} in {self.table}") from None

    def newest(self, limit: int = 50) -> list[Run]:
        """Return runs, the youngest first."""
        runs: list[Run] = []
        for run in self._query(TableIndex.BY_START, TableKey.KIND, ItemKind.RUN):
            runs.append(run)
            if len(runs) == limit:
                break
        return runs

    def all(self) -> Iterator[Run]:
        """Yield every run, the youngest first."""
        yield from self._query(TableIndex.BY_START, TableKey.KIND, ItemKind.RUN)

    def by_job(self, job_arn: str) -> list[Run]:
        """Return the runs that use a Bedrock job."""
        return list(self._query(TableIndex.BY_JOB, TableKey.JOB_ARN, job_arn))

    def slot_owner(self, number: int) -> str | None:
        """Return the run that holds a training slot, or None."""
        answer = clients.dynamodb().get_item(
            TableName=self.table, Key=_item({TableKey.PK: slot_key(number)}), ConsistentRead=True
        )
        owner = answer.get("Item", {}).get("owner", {}).get("S")
        return owner or None

    def take_slot(self, number: int, run_id: str, *, from_owner: str | None = None) -> bool:
        """Take a training slot that is free, one's own, or held by ``from_owner``; False if another run holds it."""
        client = clients.dynamodb()
        try:
            client.update_item(
                TableName=self.table,
                Key=_item({TableKey.PK: slot_key(number)}),
                UpdateExpression="SET #owner = :run, #kind = :kind",
                ConditionExpression="attribute_not_exists(#owner) OR #owner = :run OR #owner = :from",
                ExpressionAttributeNames={"#owner": "owner", "#kind": TableKey.KIND},
                ExpressionAttributeValues=_item(
                    {":run": run_id, ":kind": ItemKind.SLOT, ":from": from_owner or run_id}
                ),
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def free_slot(self, number: int, run_id: str) -> None:
        """Give a training slot back; nothing happens if the run does not hold it."""
        client = clients.dynamodb()
        try:
            client.update_item(
                TableName=self.table,
                Key=_item({TableKey.PK: slot_key(number)}),
                UpdateExpression="REMOVE #owner",
                ConditionExpression="#owner = :run",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=_item({":run": run_id}),
            )
        except client.exceptions.ConditionalCheckFailedException:
            return

    def _query(self, index: TableIndex, key: TableKey, value: str) -> Iterator[Run]:
        pages = (
            clients.dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self.table,
                IndexName=index,
                KeyConditionExpression="#key = :value",
                ExpressionAttributeNames={"#key": key},
                ExpressionAttributeValues=_item({":value": value}),
                ScanIndexForward=False,
            )
        )
        for page in pages:
            for item in page["Items"]:
                yield _run(item)


def _plain(value: Any) -> Any:
    """Return JSON types with Decimal in place of float, as DynamoDB wants them; None fields are left out."""
    return _decimals(msgspec.to_builtins(value))


def _decimals(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _decimals(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_decimals(inner) for inner in value]
    return Decimal(str(value)) if isinstance(value, float) else value


def _item(values: dict[Any, Any]) -> dict[str, Any]:
    return {str(name): _to_item(str(value) if isinstance(value, str) else value) for name, value in values.items()}


def _run(item: dict[str, Any]) -> Run:
    plain = {name: _numbers(_from_item(value)) for name, value in item.items()}
    return msgspec.convert(plain, Run)


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_numbers(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def age_seconds(run: Run, now: datetime) -> float:
    """Return how long ago a run started."""
    return (now - parse(run.started_at)).total_seconds()
