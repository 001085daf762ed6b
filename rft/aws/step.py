"""The frame of every workflow function: read the run, log with its name, call the domain, name the errors.

A handler reads::

    @step(State.PREFLIGHT)
    def handler(run: Run, call: Call) -> dict[str, Any]: ...

and gets an event ``{"run_id": ...}``. What it returns becomes the state's result: small, no payloads.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError
from msgspec import Struct

from rft.aws.environment import Surroundings, surroundings
from rft.aws.store import RunStore
from rft.errors import Throttled
from rft.keys import State
from rft.schemas import Run

T = TypeVar("T")
Event = Mapping[str, Any]
THROTTLING = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "ServiceUnavailableException",
        "ModelNotReadyException",
        "SlowDown",
    }
)

logger = Logger(service="bedrock-rft")


class Call(Struct, kw_only=True):
    """What a step gets beside its run."""

    event: Event
    context: Any
    here: Surroundings
    store: RunStore


Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def store() -> RunStore:
    """Return the runs table that the function's environment names."""
    here = surroundings()
    return RunStore(here.table, run_days=here.settings.retention.run_days)


def step(state: State) -> Callable[[Callable[[Run, Call], dict[str, Any]]], Handler]:
    """Make a Lambda handler of a function of a run.

    The run record names the state before the function works, so that a dead run says where it died.

    Raises:
        RunUnknown: the event names a run that is not in the table.
        Throttled: AWS asked to slow down; the workflow repeats the step.

    """

    def decorate(work: Callable[[Run, Call], dict[str, Any]]) -> Handler:
        def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
            run_id = event.get("run_id")
            if not isinstance(run_id, str):
                raise TypeError(f"{state}: the event has no run_id")
            runs = store()
            run = runs.load(run_id)
            logger.append_keys(run_id=run_id, task=run.task, state=str(state))
            if run.state != state:
                runs.update(run_id, state=str(state))
            call = Call(event=event, context=context, here=surroundings(), store=runs)
            result = naming_throttles(lambda: work(run, call))
            logger.info("done", extra={"result": result})
            return result

        return handler

    return decorate


def naming_throttles(work: Callable[[], T]) -> T:
    """Call ``work``; a throttling answer of AWS becomes ``Throttled``, everything else passes."""
    try:
        return work()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in THROTTLING:
            raise Throttled(str(error)) from error
        raise
