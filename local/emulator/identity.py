"""Policy checks that MiniStack leaves out: calls that one service makes for another, and service roles."""

import hashlib
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, sts

DECISIONS: list[dict[str, Any]] = []


def note(principal: str, action: str, resource: str, allowed: bool) -> None:
    """Write a decision into the journal that tests read at ``/_rft/decisions``."""
    DECISIONS.append({"principal": principal, "action": action, "resource": resource, "allowed": allowed})


def role_may(role_arn: str, action: str, resource: str, context: Mapping[str, Any] | None = None) -> bool:
    """Return whether a role's own policies allow an action on a resource."""
    name = role_arn.rsplit("/", 1)[-1]
    account = get_account_id()
    policies = iam_evaluator._gather_role_policies(name, account)
    question = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/service",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={key.lower(): value for key, value in (context or {}).items()},
    )
    allowed: bool = iam_evaluator.evaluate(question, policies).decision == "Allow"
    note(role_arn, action, resource, allowed)
    return allowed


def service_may_assume(role_arn: str, service: str, source_arn: str, source_account: str) -> bool:
    """Return whether a role's trust policy lets a service assume it for a source."""
    role = iam._roles.get(role_arn.rsplit("/", 1)[-1])
    if role is None:
        return False
    question = iam_evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=get_account_id(),
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=get_region(),
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": source_account},
    )
    statements = role["AssumeRolePolicyDocument"]
    document = iam_evaluator.json.loads(statements) if isinstance(statements, str) else statements
    for statement in document.get("Statement", []):
        named = statement.get("Principal", {})
        services = named.get("Service", []) if isinstance(named, dict) else []
        if service not in ([services] if isinstance(services, str) else services):
            continue
        if statement.get("Effect") == "Allow" and iam_evaluator._conditions_met(
            statement.get("Condition", {}), question
        ):
            return True
    return False


def session_for(role_arn: str, name: str) -> dict[str, str]:
    """Return credentials that act as a role, enforced like any other."""
    secret = hashlib.sha256(f"{role_arn}/{name}".encode()).hexdigest()
    key, secret_key, token = f"ASIA{secret[:16].upper()}", secret[16:56], secret
    role = role_arn.rsplit("/", 1)[-1]
    session = {
        "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{role}/{name}",
        "UserId": f"{role}:{name}",
        "SecretAccessKey": secret_key,
        "SessionToken": token,
    }
    sts.register_session(key, session)
    return {"access_key_id": key, "secret_access_key": secret_key, "session_token": token}
