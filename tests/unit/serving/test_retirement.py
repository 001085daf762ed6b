"""Which models of a task go: never too many, never one that is needed."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rft.serving.retirement import StoredModel, models_to_delete

BIRTH = datetime(2026, 1, 1, tzinfo=UTC)


def model(number: int, day: int) -> StoredModel:
    return StoredModel(arn=f"arn:{number}", name=f"model-{number}", created_at=BIRTH + timedelta(days=day))


def test_the_oldest_go_first() -> None:
    models = [model(number, day) for number, day in enumerate([3, 1, 4, 2])]
    gone = models_to_delete(models, keep=2, champion=None, in_use=())
    assert [one.arn for one in gone] == ["arn:1", "arn:3"]


def test_the_champion_and_what_is_used_stay_besides_the_newest() -> None:
    models = [model(number, number) for number in range(6)]
    gone = models_to_delete(models, keep=2, champion="arn:0", in_use={"model-1", "arn:2"})
    assert [one.arn for one in gone] == ["arn:3"]


@given(
    days=st.lists(st.integers(0, 30), max_size=12),
    keep=st.integers(1, 5),
    champion=st.integers(0, 12),
    used=st.sets(st.integers(0, 12)),
)
def test_what_must_stay_stays_and_nothing_older_is_kept_without_reason(
    days: list[int], keep: int, champion: int, used: set[int]
) -> None:
    models = [model(number, day) for number, day in enumerate(days)]
    gone = models_to_delete(models, keep=keep, champion=f"arn:{champion}", in_use={f"arn:{one}" for one in used})
    left = [one for one in models if one not in gone]
    assert len(left) >= min(keep, len(models))
    needed = {f"arn:{one}" for one in used} | {f"arn:{champion}"}
    assert not needed & {one.arn for one in gone}
    free = sorted(one.created_at for one in left if one.arn not in needed)
    assert len(free) <= keep
    assert all(one.created_at <= max(m.created_at for m in left) for one in gone)
