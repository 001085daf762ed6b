"""Where an execution was and for how long, from its history."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from rft.aws import clients


class Visit(Struct, kw_only=True):
    """One stay in a state; ``left`` is None while it lasts."""

    state: str
    entered: datetime
    left: datetime | None = None

    def seconds(self, now: datetime) -> float:
        """Return how long the stay lasted, or has lasted until ``now``."""
        return ((self.left or now) - self.entered).total_seconds()


def visits(execution_arn: str) -> list[Visit]:
    """Return the stays of an execution in its states, in order; empty if Step Functions keeps it no more."""
    client = clients.stepfunctions()
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn, includeExecutionData=False
    )
    try:
        return read_visits(event for page in pages for event in page["events"])
    except client.exceptions.ExecutionDoesNotExist:
        return []


def read_visits(events: Iterable[Mapping[str, Any]]) -> list[Visit]:
    """Return the stays that history events tell of.

    The workflow is in one state at a time, so entering a state ends the stay before it: a state that fails into its
    Catch is left without an event of its own.
    """
    stays: list[Visit] = []
    for event in events:
        entered = event.get("stateEnteredEventDetails")
        over = entered or "stateExitedEventDetails" in event or _ends(event["type"])
        if over and stays and stays[-1].left is None:
            stays[-1].left = event["timestamp"]
        if entered:
            stays.append(Visit(state=entered["name"], entered=event["timestamp"]))
    return stays


def seconds_by_state(stays: Iterable[Visit], now: datetime) -> dict[str, float]:
    """Return the seconds spent in each state, in the order of the first visits."""
    total: dict[str, float] = {}
    for stay in stays:
        total[stay.state] = total.get(stay.state, 0.0) + stay.seconds(now)
    return total


def _ends(kind: str) -> bool:
    return kind in ("ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")
