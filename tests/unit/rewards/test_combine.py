"""Components together: weights, factors, floors, granularity, no opinion, and what a failure does."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.rewards import GraderError, MissingReference, Sample, Score
from rft.rewards import combine as module
from rft.rewards.combine import combine
from rft.rewards.contract import score_items, write_answer
from rft.rewards.errors import BadReward, UnreadableAnswer

Table = dict[str, Any]
SAMPLE = Sample("s", (), "an answer", "a reference")


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Score]:
    """Return a function that scores with components of given values (or that raise), by their kind."""

    def score(values: dict[str, Any], components: list[Table], **table: Any) -> Score:
        def component(kind: str, settings: Table, folder: str) -> Callable[[Sample], Any]:
            assert settings == {}
            assert folder == "tasks/mine"

            def give(_: Sample) -> Any:
                if isinstance(values[kind], Exception):
                    raise values[kind]
                return values[kind]

            return give

        monkeypatch.setattr(module, "component", component)
        return combine({"components": components, **table}, "tasks/mine")(SAMPLE)

    return score


@pytest.mark.parametrize(
    ("values", "components", "table", "expected"),
    [
        ({"a": 1.0, "b": 0.0}, [{"kind": "a"}, {"kind": "b"}], {}, 0.5),
        ({"a": 1.0, "b": 0.0}, [{"kind": "a", "weight": 3}, {"kind": "b"}], {}, 0.75),
        ({"a": 1.0, "b": 0.0}, [{"kind": "a"}, {"kind": "b", "weight": 0}], {}, 1.0),
        ({"a": 0.8, "b": 0.5}, [{"kind": "a"}, {"kind": "b", "role": "factor"}], {}, 0.4),
        ({"a": 0.8, "b": 0.5}, [{"kind": "a"}, {"kind": "b", "role": "factor", "weight": 0.5}], {}, 0.6),
        ({"a": 0.8, "b": 0.4}, [{"kind": "a"}, {"kind": "b", "weight": 0, "floor": 0.5, "cap": 0.1}], {}, 0.1),
        ({"a": 0.8, "b": 0.5}, [{"kind": "a"}, {"kind": "b", "weight": 0, "floor": 0.5, "cap": 0.1}], {}, 0.8),
        ({"a": 0.8, "b": 0.0}, [{"kind": "a"}, {"kind": "b", "weight": 0, "floor": 0.5}], {}, 0.0),
        ({"a": 0.5}, [{"kind": "a"}], {"granularity": "binary"}, 1.0),
        ({"a": 0.5}, [{"kind": "a"}], {"granularity": "binary", "threshold": 0.6}, 0.0),
        (
            {"a": 1.0, "b": 0.1},
            [{"kind": "a", "weight": 0.2}, {"kind": "b", "weight": 0.8}],
            {"granularity": "binary", "threshold": 0.28},
            1.0,  # 0.2 + 0.08 is less than 0.28 as floats add it
        ),
    ],
)
def test_values_become_one_reward(
    scored: Callable[..., Score], values: Table, components: list[Table], table: Table, expected: float
) -> None:
    score = scored(values, components, **table)
    assert score.value == pytest.approx(expected)
    assert score.components == values
    assert not score.parse_failure


def test_who_has_no_opinion_leaves_its_weight_to_the_others(scored: Callable[..., Score]) -> None:
    values = {"a": 0.4, "b": None, "c": MissingReference("no reference")}
    score = scored(values, [{"kind": "a"}, {"kind": "b", "weight": 9}, {"kind": "c", "floor": 0.5}])
    assert score.value == 0.4
    assert score.components == {"a": 0.4, "abstained": 2.0}
    assert not score.parse_failure


def test_where_nobody_has_one_the_table_says_the_score(scored: Callable[..., Score]) -> None:
    values = {"a": None, "b": 1.0}
    components = [{"kind": "a"}, {"kind": "b", "role": "factor"}]
    assert scored(values, components).value == 0.0
    assert scored(values, components, abstained=0.3).value == 0.3
    assert scored(values, components, abstained=0.3, granularity="binary").value == 0.3


def test_an_unreadable_answer_counts_as_nothing_and_is_named(scored: Callable[..., Score]) -> None:
    score = scored({"a": UnreadableAnswer("no number"), "b": 1.0}, [{"kind": "a", "name": "right"}, {"kind": "b"}])
    assert score.value == 0.5
    assert score.parse_failure
    assert score.components == {"right": 0.0, "b": 1.0, "unreadable_right": 1.0}


@pytest.mark.parametrize("fault", [TimeoutError("no answer"), ValueError("bug"), GraderError("outage")])
def test_any_other_failure_is_an_outage(scored: Callable[..., Score], fault: Exception) -> None:
    with pytest.raises(GraderError, match=rf"sample s: the component judge raised {type(fault).__name__}: {fault}"):
        scored({"a": fault}, [{"kind": "a", "name": "judge"}])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_value_outside_its_range_is_a_fault(scored: Callable[..., Score], value: float) -> None:
    with pytest.raises(GraderError, match="which is not 0 to 1"):
        scored({"a": value}, [{"kind": "a"}])


def _always(value: float | None) -> Callable[[Sample], float | None]:
    return lambda _: value


@given(
    values=st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=5),
    weights=st.lists(st.floats(0, 1), min_size=5, max_size=5),
    roles=st.lists(st.sampled_from(["share", "factor"]), min_size=5, max_size=5),
    binary=st.booleans(),
)
def test_the_reward_is_from_0_to_1(
    values: list[float | None], weights: list[float], roles: list[str], binary: bool
) -> None:
    parts = [
        module.Part(f"c{place}", _always(value), weights[place], 0.5, 0.2, factor=roles[place] == "factor")
        for place, value in enumerate(values)
    ]
    score = module._score(SAMPLE, parts, 0.0, 0.5 if binary else None)
    assert 0.0 <= score.value <= 1.0
    assert not binary or score.value in (0.0, 1.0)


def test_one_bad_rollout_spoils_no_other() -> None:
    reward = combine({"components": [{"kind": "numeric", "name": "right"}]}, "")
    answers = ["#### 7", "", "\ud800", "{" * 1000, "#### 8"]
    messages = [[{"role": "user", "content": "3+4?"}, {"role": "assistant", "content": answer}] for answer in answers]
    items = [{"id": str(place), "messages": one, "reference_answer": "7"} for place, one in enumerate(messages)]
    items.append({"id": "5", "messages": messages[0]})  # no reference
    answer = write_answer(items, score_items(items, reward))
    assert [entry["aggregate_reward_score"] for entry in answer] == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    metrics = [{part["name"]: part["value"] for part in entry["metrics_list"]} for entry in answer]
    assert metrics[0] == {"right": 1.0, "parse_failure": 0.0}
    assert metrics[1] == {"right": 0.0, "unreadable_right": 1.0, "parse_failure": 1.0}
    assert metrics[5] == {"abstained": 1.0, "parse_failure": 0.0}


ONE = {"kind": "exact"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "components: list at least one"),
        ({"components": []}, "components: list at least one"),
        ({"components": [ONE], "weights": 1}, "[reward]: 'weights' is none of components, granularity"),
        ({"components": [ONE], "granularity": "coarse"}, "granularity: 'coarse' is none of scaled, binary"),
        ({"components": [ONE], "threshold": 0.5}, 'add granularity = "binary"'),
        ({"components": [ONE], "granularity": "binary", "threshold": 2}, "threshold: is 2; it must be 0 to 1"),
        ({"components": [ONE], "abstained": "none"}, "abstained: is 'none'; it must be a number"),
        ({"components": ["exact"]}, "components[0].kind: 'exact' is no table"),
        ({"components": [ONE, {"kind": "meteor"}]}, "components[1].kind: 'meteor' is none of exact"),
        ({"components": [{}]}, "components[0].kind: '' is none of exact"),
        ({"components": [{**ONE, "case": 1}]}, "components[0].case: exact has no such setting"),
        ({"components": [ONE, ONE]}, "exact is there 2 times; give each a name"),
        ({"components": [{**ONE, "name": "a b"}]}, "components[0].name: 'a b' must be a letter"),
        ({"components": [{**ONE, "name": "Reward"}]}, "components[0].name: Reward is taken"),
        ({"components": [{**ONE, "name": "unreadable_x"}]}, "is taken"),
        ({"components": [{**ONE, "weight": -1}]}, "components[0].weight: is -1; it must be 0 to 1e+06"),
        ({"components": [{**ONE, "weight": float("nan")}]}, "components[0].weight: is nan"),
        ({"components": [ONE, {"kind": "refusal", "role": "factor", "weight": 2}]}, "weight: is 2; it must be 0 to 1"),
        ({"components": [{**ONE, "role": "penalty"}]}, "role: 'penalty' is none of share, factor"),
        ({"components": [{**ONE, "role": "factor"}]}, "nothing can be earned"),
        ({"components": [{**ONE, "weight": 0}]}, "nothing can be earned"),
        ({"components": [{**ONE, "cap": 0.1}]}, "cap: means nothing without floor"),
        ({"components": [{**ONE, "floor": 1.5}]}, "floor: is 1.5; it must be 0 to 1"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_key_and_fix(table: Table, message: str) -> None:
    with pytest.raises(BadReward, match=re.escape(message)):
        combine(table, "")
