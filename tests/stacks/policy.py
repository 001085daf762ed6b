"""A small evaluator of IAM policies: what identity, resource, key and endpoint policies say together.

It knows what our policies use: Allow and Deny, wildcards, principals, and five condition operators. Anything else
raises, so that a policy the evaluator does not understand cannot pass. It follows IAM's rules within one account.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.stacks.assembly import listed

Statement = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call: who, what, on what, under which circumstances."""

    principal: str  # ARN of a role, or a service's name
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Policies:
    """Every policy that has a say in a request. None: there is no policy of this kind on the way."""

    identity: list[Statement]
    resource: list[Statement] | None = None
    key: list[Statement] | None = None
    endpoint: list[Statement] | None = None


def allowed(request: Request, policies: Policies) -> bool:
    """Return whether AWS would allow a request within one account."""
    present = [policies.identity, policies.resource, policies.key, policies.endpoint]
    if any(_says(request, "Deny", policy) for policy in present if policy is not None):
        return False
    if policies.endpoint is not None and not _says(request, "Allow", policies.endpoint):
        return False
    own = _says(request, "Allow", policies.identity)
    if policies.key is not None:
        direct = _says(request, "Allow", policies.key)
        delegated = any(_is_root(statement, request) for statement in policies.key)
        return direct or (own and delegated)
    return own or (policies.resource is not None and _says(request, "Allow", policies.resource))


def _says(request: Request, effect: str, policy: list[Statement]) -> bool:
    return any(statement["Effect"] == effect and _matches(request, statement) for statement in policy)


def _matches(request: Request, statement: Statement) -> bool:
    known = {"Sid", "Effect", "Action", "Resource", "Principal", "Condition"}
    if set(statement) - known:
        raise ValueError(f"the evaluator does not know {set(statement) - known}")
    return (
        ("Principal" not in statement or _principal(request, statement["Principal"]))
        and any(_like(request.action.lower(), action.lower()) for action in listed(statement["Action"]))
        and (
            "Resource" not in statement or any(_like(request.resource, item) for item in listed(statement["Resource"]))
        )
        and _conditions(request, statement.get("Condition", {}))
    )


def _principal(request: Request, principal: Any) -> bool:
    """Match a principal; an account's root stands for IAM's say, which is asked separately."""
    if principal == "*":
        return True
    names = [name for values in principal.values() for name in listed(values)]
    return "*" in names or request.principal in names


def _is_root(statement: Statement, request: Request) -> bool:
    principal = statement.get("Principal", {})
    names = listed(principal.get("AWS", [])) if isinstance(principal, Mapping) else []
    account = request.principal.split(":")[4] if request.principal.startswith("arn:") else ""
    return statement["Effect"] == "Allow" and any(name.endswith(f":iam::{account}:root") for name in names)


def _conditions(request: Request, conditions: Mapping[str, Mapping[str, Any]]) -> bool:
    return all(
        _condition(operator, request.context.get(key), listed(values))
        for operator, block in conditions.items()
        for key, values in block.items()
    )


def _condition(operator: str, actual: str | None, values: list[str]) -> bool:
    if actual is None:
        return False
    if operator in ("StringEquals", "Bool"):
        return actual in values
    if operator in ("StringLike", "ArnLike", "ArnEquals"):
        return any(_like(actual, value) for value in values)
    raise ValueError(f"the evaluator does not know the condition operator {operator}")


def _like(text: str, pattern: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None
