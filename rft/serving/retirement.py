"""Which of a task's models may go. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct


class StoredModel(Struct, frozen=True, kw_only=True):
    """A custom model of a task; each costs storage by the month."""

    arn: str
    name: str
    created_at: datetime
    supervised: bool = False  # made by a supervised job, as the base of a reinforced one
    base_arn: str = ""  # of the model that it was trained from


def models_to_delete(
    models: Iterable[StoredModel], *, keep: int, champion: str | None, in_use: Collection[str]
) -> list[StoredModel]:
    """Return the models to delete, oldest first, supervised ones after those that were trained from them.

    The ``keep`` newest stay, and besides them the champion's and every one whose ARN or name is ``in_use``. Supervised
    models are counted by themselves, and stay as long as a model that was trained from them: whether that would serve
    without its base is not documented.
    """
    by_age = sorted(models, key=lambda model: (model.created_at, model.arn))
    reinforced = [model for model in by_age if not model.supervised]
    supervised = [model for model in by_age if model.supervised]
    gone = _surplus(reinforced, keep, {*in_use, champion})
    bases = {model.base_arn for model in reinforced if model not in gone}
    return [*gone, *_surplus(supervised, keep, {*in_use, champion, *bases})]


def _surplus(by_age: Sequence[StoredModel], keep: int, needed: Collection[str | None]) -> list[StoredModel]:
    surplus = by_age[: max(len(by_age) - keep, 0)]
    return [model for model in surplus if model.arn not in needed and model.name not in needed]
