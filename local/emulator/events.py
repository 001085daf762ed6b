"""EventBridge: object events name the version, and targets are called only with a grant."""

import contextvars
import json
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, s3

from local.emulator.guard import replace
from local.emulator.identity import note, role_may

_version: contextvars.ContextVar[str | None] = contextvars.ContextVar("version", default=None)


def apply() -> None:
    """Install the patches."""
    _object_versions()
    _target_grants()


def _object_versions() -> None:
    fire = s3._fire_s3_event
    dispatch = eventbridge._dispatch_event

    def fire_with_version(*arguments: Any, **details: Any) -> None:
        _version.set(details.get("version_id"))
        fire(*arguments, **details)

    def dispatch_with_version(event: dict[str, Any], view: Any = None) -> Any:
        version = _version.get()
        if event.get("Source") == "aws.s3" and version:
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version
            event = {**event, "Detail": json.dumps(detail)}
        return dispatch(event, view)

    replace(s3, "_fire_s3_event", fire_with_version)
    replace(eventbridge, "_dispatch_event", dispatch_with_version)


def _target_grants() -> None:
    invoke = eventbridge._invoke_target

    def invoke_if_granted(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None
    ) -> None:
        if _granted(target, rule):
            invoke(target, event, rule, view)
        else:
            eventbridge.logger.error("EventBridge may not call %s for rule %s", target.get("Arn"), rule.get("Name"))

    replace(eventbridge, "_invoke_target", invoke_if_granted)


def _granted(target: dict[str, Any], rule: dict[str, Any]) -> bool:
    arn = target.get("Arn", "")
    if ":states:" in arn:
        return role_may(target.get("RoleArn", ""), "states:StartExecution", arn)
    if ":lambda:" in arn:
        return _function_lets_in(arn, rule)
    return True


def _function_lets_in(arn: str, rule: dict[str, Any]) -> bool:
    record, _, _ = lambda_svc._get_base_func_record_for_ref(arn)
    policy = (record or {}).get("policy") or {}
    source = rule.get("Arn") or f"arn:aws:events:{get_region()}:{get_account_id()}:rule/{rule.get('Name')}"
    question = iam_evaluator.EvalContext(
        principal_arn="events.amazonaws.com",
        principal_type="Service",
        principal_account=get_account_id(),
        action="lambda:InvokeFunction",
        resource_arn=arn,
        region=get_region(),
        service_context={"aws:sourcearn": source},
    )
    allowed = any(
        "events.amazonaws.com" in json.dumps(statement.get("Principal", ""))
        and iam_evaluator._conditions_met(statement.get("Condition", {}), question)
        for statement in policy.get("Statement", [])
    )
    note("events.amazonaws.com", "lambda:InvokeFunction", arn, allowed)
    return allowed
