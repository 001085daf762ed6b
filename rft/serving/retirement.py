"""Which of a task's models may go. Pure."""

from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec import Struct


class StoredModel(Struct, frozen=True, kw_only=True):
    """A custom model of a task; each costs storage by the month."""

    arn: str
    name: str
    created_at: datetime


def models_to_delete(
    models: Iterable[StoredModel], *, keep: int, champion: str | None, in_use: Collection[str]
) -> list[StoredModel]:
    """Return the models to delete, oldest first.

    The ``keep`` newest stay, and besides them the champion's and every one whose ARN or name is ``in_use``.
    """
    by_age = sorted(models, key=lambda model: (model.created_at, model.arn))
    surplus = by_age[: max(len(by_age) - keep, 0)]
    return [
        model for model in surplus if model.arn != champion and model.arn not in in_use and model.name not in in_use
    ]
