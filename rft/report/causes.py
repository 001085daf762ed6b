"""From an error and a cause of Step Functions to what went wrong in words, and the fix where there is one."""

import json
import re
from typing import Any

from msgspec import Struct

from rft import errors

MAP_FAILED = "States.ExceedToleratedFailureThreshold"
FIXES = {
    "States.Timeout": "look into the log of its function; if it only was slow, start the run again",
    MAP_FAILED: "lower workflow.evaluation_concurrency if Bedrock throttles",
    "Throttled": "lower workflow.evaluation_concurrency, or ask for higher quotas of the models",
    "StillMutating": "the reconciler removes what is left once Bedrock allows it",
    "TrainingQueueFull": "lower workflow.training_slots, or wait until other customization jobs of the account end",
    "AccessDeniedException": "add the permission to stacks/grants.py, or ask who guards the account, and deploy again",
    "AccessDenied": "add the permission to stacks/grants.py, or ask who guards the account, and deploy again",
    "RunUnknown": "the run's record was removed; drop the file again",
}
CHILD = re.compile(r"(?P<name>\w+) in (?P<batch>batch \d+): (?P<message>.*)", re.DOTALL)
# Of Lambda's own errors, those that come back each time: what was deployed does not hold what it should.
INCOMPLETE = ("Runtime.ImportModuleError", "Runtime.HandlerNotFound", "Runtime.UserCodeSyntaxError")
INCOMPLETE_FIX = "what was deployed is incomplete: `make setup`, deploy again, then start the run again"
LAMBDA_FIX = "Lambda could not run the function; this usually passes"
UNEXPECTED = "this was not foreseen: the log of the function has the trace"


class Cause(Struct, frozen=True, kw_only=True):
    """What ended a run."""

    name: str  # the error's class or Step Functions' name for it
    message: str
    fix: str  # empty where the message names it


def read_cause(error: str, cause: str, *, noted: str = "") -> Cause:
    """Return what an error and its cause say.

    Causes of functions are JSON with ``errorType`` and ``errorMessage``; ``noted`` is the run record's message, where
    a batch of the evaluation leaves its error, because the Map state around it only counts failed children.
    """
    payload = _payload(cause)
    name = str(payload.get("errorType") or error)
    message = str(payload.get("errorMessage") or ("" if payload else cause)).strip()
    if error == MAP_FAILED and (child := CHILD.match(noted)):
        name, message = child["name"], f"{child['batch']}: {child['message']}"
    return Cause(name=name, message=message or "no reason given", fix=_fix(name))


def _payload(cause: str) -> dict[str, Any]:
    try:
        value = json.loads(cause)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _fix(name: str) -> str:
    if name in FIXES:
        return FIXES[name]
    if name in INCOMPLETE:
        return INCOMPLETE_FIX
    if name.startswith(("Lambda.", "Sandbox.", "Runtime.")):
        return LAMBDA_FIX
    known = getattr(errors, name, None)
    if isinstance(known, type) and issubclass(known, errors.RftError):
        return ""  # our own messages name their fix
    return "" if name in ("FAILED", "ABORTED", "TIMED_OUT") else UNEXPECTED
