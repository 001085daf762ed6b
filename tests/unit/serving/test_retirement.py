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


def test_supervised_models_are_counted_by_themselves_and_stay_while_their_children_do() -> None:
    models = [
        made
        for number in range(5)
        for made in (
            StoredModel(
                arn=f"base:{number}", name=f"b-{number}", created_at=BIRTH + timedelta(days=number), supervised=True
            ),
            StoredModel(
                arn=f"arn:{number}",
                name=f"m-{number}",
                created_at=BIRTH + timedelta(days=number, hours=1),
                base_arn=f"base:{number}",
            ),
        )
    ]
    gone = models_to_delete(models, keep=2, champion="arn:0", in_use={"m-1"})
    assert [one.arn for one in gone] == ["arn:2", "base:2"]
    alone = models_to_delete([one for one in models if one.supervised], keep=2, champion=None, in_use={"b-0"})
    assert [one.arn for one in alone] == ["base:1", "base:2"]
