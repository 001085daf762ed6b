"""Operations on tags."""

from typing import Any

from local.bedrock.errors import not_found
from local.bedrock.store import Store


class Tags:
    """TagResource, UntagResource, ListTagsForResource."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, params: dict[str, Any]) -> dict[str, Any]:
        """Add or replace tags of a resource."""
        self._known(params["resourceARN"])
        self._store.tag(params["resourceARN"], params["tags"])
        return {}

    def remove(self, params: dict[str, Any]) -> dict[str, Any]:
        """Remove tags of a resource."""
        self._known(params["resourceARN"])
        tags = self._store.tags.get(params["resourceARN"], {})
        for key in params["tagKeys"]:
            tags.pop(key, None)
        return {}

    def list(self, params: dict[str, Any]) -> dict[str, Any]:
        """List the tags of a resource."""
        self._known(params["resourceARN"])
        tags = self._store.tags.get(params["resourceARN"], {})
        return {"tags": [{"key": key, "value": value} for key, value in sorted(tags.items())]}

    def _known(self, arn: str) -> None:
        store = self._store
        if not any(arn in group for group in (store.jobs, store.models, store.deployments, store.throughputs)):
            raise not_found(f"the resource {arn}")
