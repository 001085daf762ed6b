"""Runs as the table holds them, and what a call of the command leaves."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from boto3.dynamodb.types import TypeSerializer
from botocore.stub import Stubber

from rft.keys import RunStatus
from rft.schemas import Run, Source


class Outcome(NamedTuple):
    """What a call of the command left."""

    code: int
    out: str
    err: str


def make_run(run_id: str = "arithmetic-0123456789ab", **fields: Any) -> Run:
    """Return a run record."""
    given: dict[str, Any] = {
        "run_id": run_id,
        "task": "arithmetic",
        "environment": "local",
        "attempt": 1,
        "source": Source(bucket="intake", key="incoming/arithmetic/a.jsonl", version_id="v1", size=10),
        "status": RunStatus.RUNNING,
        "started_at": "2026-11-24T13:00:00+00:00",
        "updated_at": "2026-11-24T13:00:01+00:00",
        **fields,
    }
    return Run(**given)


def item(run_record: Run) -> dict[str, Any]:
    """Return a run as DynamoDB answers it."""
    plain = json.loads(msgspec.json.encode(run_record), parse_float=Decimal)
    return {name: TypeSerializer().serialize(value) for name, value in plain.items() if value is not None}


def stub_runs(stubber: Stubber, runs: Sequence[Run]) -> None:
    """Lay down the answer to a query for runs."""
    stubber.add_response("query", {"Items": [item(one) for one in runs], "Count": len(runs)})


def stub_run(stubber: Stubber, found: Run | None) -> None:
    """Lay down the answer to a look at one run."""
    stubber.add_response("get_item", {"Item": item(found)} if found else {})
