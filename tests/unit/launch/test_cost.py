"""The forecast is an upper bound, item by item, and the cap is exact."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rft.cost import BYTES_PER_TOKEN, forecast, over_cap
from rft.errors import SettingsInvalid
from rft.keys import Serving, Split
from rft.reward_model.rules import RewardModelRules
from rft.schemas import Dataset, Forecast, SplitFile
from rft.settings import Caps, Prices, ServingSettings, load_settings
from rft.tasks import Grader, Inference, load_task

ROOT = Path(__file__).parents[3]
TASK = load_task(ROOT / "tasks" / "arithmetic")
SETTINGS = load_settings(ROOT / "environments" / "local.toml")
TOKENS = Prices(
    training_hour=0,
    provisioned_unit_hour=0,
    input_1k_tokens=1,
    output_1k_tokens=1,
    model_month=0,
    judge_input_1k_tokens=1,
    judge_output_1k_tokens=1,
    guardrail_1k_text_units=1,
    embedding_1k_tokens=1,
)
JUDGE = {"kind": "judge", "models": ["m.a", "m.b"], "rubric": "r" * 300, "max_tokens": 100}
RAIL = {"kind": "guardrail", "guardrail_id": "abc", "weight": 0}


def dataset(*, test: int = 50, train: int = 200, size: int = 100) -> Dataset:
    def split(name: Split, records: int) -> SplitFile:
        return SplitFile(key=f"datasets/arithmetic/v/{name}.jsonl", records=records, bytes=records * size, sha256="0")

    return Dataset(
        bucket="b",
        version="v",
        manifest_key="m",
        splits={Split.TRAIN: split(Split.TRAIN, train), Split.TEST: split(Split.TEST, test)},
        quarantined=0,
        quarantine_key="q",
    )


def changed(**sections: Any) -> Any:
    return replace(SETTINGS, **sections)


def test_what_bills_by_the_hour_is_counted_to_its_cap():
    items = forecast(TASK, dataset(), SETTINGS).items
    assert items["training"] == 0.2 * 60.0
    assert items["provisioned throughput"] == 1.0 * 1 * 60.5
    assert items["model storage, one month"] == 1.95


def test_on_demand_serving_costs_no_throughput():
    settings = changed(serving=ServingSettings(mode=Serving.ON_DEMAND, provisioned=SETTINGS.serving.provisioned))
    assert "provisioned throughput" not in forecast(TASK, dataset(), settings).items


def test_the_total_is_the_sum_of_its_items():
    found = forecast(TASK, dataset(), SETTINGS)
    assert found.total_usd == pytest.approx(sum(found.items.values()))


@given(
    test=st.integers(1, 5_000),
    train=st.integers(1, 20_000),
    size=st.integers(1, 20_000),
    answer=st.integers(1, 64_000),
)
def test_tokens_are_never_counted_short(test, train, size, answer):
    task = replace(TASK, inference=Inference(max_tokens=answer))
    found = forecast(task, dataset(test=test, train=train, size=size), changed(prices=TOKENS))
    calibrated = min(TASK.calibration.prompts, train) * TASK.calibration.samples
    output = (3 * test + calibrated) * answer  # three models answer the test split, one the prompts of calibration
    prompts = (3 * test + calibrated) * size / 4  # tokens of English prose; other text has more
    assert found.items["evaluation"] >= round((output + prompts) / 1000, 2)


@given(st.floats(0, 1e5))
def test_more_hours_never_cost_less(hours):
    def total(more: float) -> float:
        workflow = replace(SETTINGS.workflow, max_training_hours=more)
        return forecast(TASK, dataset(), changed(workflow=workflow)).total_usd

    assert total(hours + 1) >= total(hours)


@pytest.mark.parametrize(("total", "refused"), [(99.99, False), (100.0, False), (100.01, True)])
def test_the_cap_itself_is_allowed_and_a_cent_above_it_is_not(total, refused):
    found = Forecast(items={"training": total}, total_usd=total)
    message = over_cap(found, changed(caps=Caps(max_run_usd=100.0, max_month_usd=500.0)))
    assert (message is not None) is refused


def test_the_refusal_names_items_settings_and_file():
    found = Forecast(items={"training": 90.0, "evaluation": 30.5}, total_usd=120.5)
    message = over_cap(found, changed(caps=Caps(max_run_usd=100.0, max_month_usd=500.0)))
    assert message
    for word in ("120.50", "training 90.00", "evaluation 30.50", "100.00", "environments/local.toml", "max_run_usd"):
        assert word in message


def judged(*components: dict[str, Any]) -> Any:
    return replace(TASK, grader=Grader(), reward={"components": list(components)})


@pytest.mark.parametrize(("mode", "positions"), [("pointwise", 1), ("pairwise", 2)])
def test_every_question_to_every_judge_is_counted(mode, positions):
    task = judged({**JUDGE, "mode": mode})
    found = forecast(task, dataset(test=50, train=200, size=300), changed(prices=TOKENS)).items["judges"]
    knobs = task.hyperparameters
    rollouts = 200 * knobs.epoch_count * knobs.training_sample_per_prompt + 3 * 50
    asked = rollouts * 2 * positions
    at_least = asked * (300 / 4 + 300 / 4 + task.inference.max_tokens + 100) / 1000  # prose has four bytes a token
    assert found >= at_least
    assert found < at_least * 12


def test_a_reward_in_python_counts_as_the_dearest_judge():
    quiet = forecast(judged(JUDGE), dataset(), changed(prices=TOKENS)).items["judges"]
    task = replace(TASK, grader=Grader(reward="reward.py:reward", judges=["m.a"]))
    assert forecast(task, dataset(), changed(prices=TOKENS)).items["judges"] > quiet


def test_a_guardrail_is_counted_by_text_units():
    found = forecast(judged(RAIL), dataset(), changed(prices=TOKENS)).items["judges"]
    knobs = TASK.hyperparameters
    assert found >= 200 * knobs.epoch_count * knobs.training_sample_per_prompt / 1000


def test_rules_cost_no_judges():
    assert not {"judges", "embeddings"} & set(forecast(TASK, dataset(), SETTINGS).items)


def seeing(**component: Any) -> Any:
    named = RewardModelRules(embeddings="amazon.titan-embed-text-v2:0")
    return replace(judged({"kind": "reward_model", **component}), reward_model=named)


def test_embeddings_of_training_and_of_every_rollout_are_counted():
    task, data = seeing(), dataset(test=50, train=200, size=300)
    found = forecast(task, data, changed(prices=TOKENS)).items
    knobs = task.hyperparameters
    rollouts = 200 * knobs.epoch_count * knobs.training_sample_per_prompt + 3 * 50
    at_least = (rollouts * (300 / 4 + task.inference.max_tokens) + 250 * 300 / 4) / 1000
    assert at_least <= found["embeddings"] < at_least * 12
    assert "judges" not in found
    read = forecast(seeing(file="liked"), data, changed(prices=TOKENS)).items["embeddings"]
    twin = replace(seeing(file="liked"), audit={"components": [{"kind": "reward_model", "file": "liked"}]})
    assert forecast(twin, data, changed(prices=TOKENS)).items["embeddings"] == pytest.approx(2 * read, abs=0.02)
    assert found["embeddings"] - read == pytest.approx(250 * 300 / BYTES_PER_TOKEN / 1000, abs=0.02)


@pytest.mark.parametrize(
    ("component", "price"),
    [(JUDGE, "judge_input_1k_tokens"), (JUDGE, "judge_output_1k_tokens"), (RAIL, "guardrail_1k_text_units")],
)
def test_a_price_that_is_not_there_is_asked_for(component, price):
    settings = changed(prices=replace(TOKENS, **{price: None}))
    with pytest.raises(SettingsInvalid, match=f"prices.{price}: missing in environments/local.toml"):
        forecast(judged(component), dataset(), settings)


def test_the_price_of_embeddings_is_asked_for():
    settings = changed(prices=replace(TOKENS, embedding_1k_tokens=None))
    with pytest.raises(SettingsInvalid, match=r"prices.embedding_1k_tokens: missing in environments/local.toml"):
        forecast(seeing(), dataset(), settings)
