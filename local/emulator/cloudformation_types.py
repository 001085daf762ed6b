"""CloudFormation types of our stacks that MiniStack has as services but not as resources."""

import json
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import budgets, ec2
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]


def apply() -> None:
    """Add the handlers."""
    _add("AWS::EC2::SecurityGroupIngress", *_rules("IpPermissions"))
    _add("AWS::EC2::SecurityGroupEgress", *_rules("IpPermissionsEgress"))
    _add("AWS::EC2::FlowLog", _create_flow_log, _delete_flow_log)
    _add("AWS::Budgets::Budget", _create_budget, _delete_budget)


def _add(kind: str, create: Callable[..., Created], delete: Callable[..., None]) -> None:
    def update(physical: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None) -> Created:
        delete(physical, old)
        return create(logical_id or physical, new, stack)

    handlers = {"create": create, "delete": delete, "update": update, "update_with_logical_id": True}
    if kind in provisioners._RESOURCE_HANDLERS:
        raise RuntimeError(f"MiniStack has {kind} by now: remove ours")
    provisioners._RESOURCE_HANDLERS[kind] = handlers


def _rules(direction: str) -> tuple[Callable[..., Created], Callable[..., None]]:
    def permissions(properties: Properties) -> Any:
        return provisioners._ec2_sg_permissions([{k: v for k, v in properties.items() if k != "GroupId"}])

    def create(logical: str, properties: Properties, stack: str) -> Created:
        ec2._ensure_defaults_initialized()
        group = ec2._security_groups.get(properties["GroupId"])
        if group is None:
            raise ValueError(f"The security group '{properties['GroupId']}' does not exist")
        provisioners._ec2_sg_reconcile(group.setdefault(direction, []), [], permissions(properties))
        identity = "sgr-" + uuid.uuid4().hex[:17]
        return identity, {"Id": identity}

    def delete(physical: str, properties: Properties) -> None:
        group = ec2._security_groups.get(properties.get("GroupId"))
        if group:
            provisioners._ec2_sg_reconcile(group.setdefault(direction, []), permissions(properties), [])

    return create, delete


def _create_flow_log(logical: str, properties: Properties, stack: str) -> Created:
    before = set(ec2._flow_logs.keys())
    wanted = {
        "ResourceId.1": properties["ResourceId"],
        "ResourceType": properties["ResourceType"],
        "TrafficType": properties.get("TrafficType", "ALL"),
        "LogDestinationType": properties.get("LogDestinationType", "cloud-watch-logs"),
        "LogDestination": properties.get("LogDestination", ""),
        "LogGroupName": properties.get("LogGroupName", ""),
    }
    _checked(ec2._create_flow_logs({key: [value] for key, value in wanted.items()}), "CreateFlowLogs")
    identity = (set(ec2._flow_logs.keys()) - before).pop()
    return identity, {"Id": identity}


def _delete_flow_log(physical: str, properties: Properties) -> None:
    ec2._delete_flow_logs({"FlowLogId.1": [physical]})


def _create_budget(logical: str, properties: Properties, stack: str) -> Created:
    budget = dict(properties["Budget"])
    budget.setdefault("BudgetName", f"{stack}-{logical}")
    limit = budget["BudgetLimit"]
    budget["BudgetLimit"] = {"Amount": str(limit["Amount"]), "Unit": limit["Unit"]}
    subscribers = properties.get("NotificationsWithSubscribers", [])
    request = {"AccountId": get_account_id(), "Budget": budget, "NotificationsWithSubscribers": subscribers}
    _checked(budgets._create_budget(request), "CreateBudget")
    return budget["BudgetName"], {}


def _delete_budget(physical: str, properties: Properties) -> None:
    budgets._delete_budget({"BudgetName": physical})


def _checked(response: Any, what: str) -> None:
    if response[0] >= 300:
        raise ValueError(f"{what}: {json.dumps(response[2][:500].decode(errors='replace'))}")
