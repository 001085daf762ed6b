"""Calls on one alias are authorised as GetAlias, UpdateAlias and DeleteAlias.

MiniStack takes them for calls on the list of aliases.
"""

from typing import Any

from ministack.core import iam_actions

from local.emulator.bedrock import operation
from local.emulator.guard import replace


def apply() -> None:
    """Name the action of calls on an alias after the operation."""
    action = iam_actions.extract_iam_action

    def name_action(service: str, method: str, path: str, *rest: Any) -> str | None:
        named: str | None = action(service, method, path, *rest)
        if service == "lambda" and "/aliases/" in path:
            return f"lambda:{operation('lambda', method, path) or 'Unknown'}"
        return named

    replace(iam_actions, "extract_iam_action", name_action)
