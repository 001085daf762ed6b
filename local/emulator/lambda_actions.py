"""Calls on an alias are authorised by AWS's names, on AWS's resources.

MiniStack takes GetAlias, UpdateAlias and DeleteAlias for calls on the list of aliases, and those on provisioned
concurrency for calls on the function, by their HTTP verb. AWS authorises the latter on the alias or version.
"""

from typing import Any

from ministack.core import iam_actions

from local.emulator.bedrock import operation
from local.emulator.guard import replace

WARM = "/provisioned-concurrency"


def apply() -> None:
    """Name action and resource of calls on an alias after the operation."""
    action = iam_actions.extract_iam_action
    resource = iam_actions.extract_resource_arn

    def name_action(service: str, method: str, path: str, *rest: Any) -> str | None:
        named: str | None = action(service, method, path, *rest)
        if service == "lambda" and ("/aliases/" in path or path.endswith(WARM)):
            return f"lambda:{operation('lambda', method, path) or 'Unknown'}"
        return named

    def name_resource(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], *rest: Any
    ) -> str:
        named: str = resource(service, method, path, headers, body, query, *rest)
        if service == "lambda" and path.endswith(WARM):
            return f"{named}:{iam_actions._query_param(query, 'Qualifier')}"
        return named

    replace(iam_actions, "extract_iam_action", name_action)
    replace(iam_actions, "extract_resource_arn", name_resource)
