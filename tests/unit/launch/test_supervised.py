"""The supervised job: its settings, its request against botocore's service model, and the hours that it takes."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from local.bedrock.shapes import violations
from local.bedrock.supervised import check_supervised
from rft.cost import forecast
from rft.errors import SettingsInvalid, TaskInvalid
from rft.keys import JobStatus, RunStatus
from rft.preflight import MODELS_CODE, problems
from rft.schemas import Job, Run, Source, Supervised
from rft.settings import Prices, load_settings
from rft.tasks import load_task
from rft.training.plan import JobPlan, job_request
from rft.training.sft import SupervisedFirst
from rft.training.supervised import hours_left, plan_supervised
from tests.unit.launch.test_cost import dataset
from tests.unit.launch.test_plan import SETTINGS, TASK, plan
from tests.unit.launch.test_preflight import facts, quota

ROOT = Path(__file__).parents[3]
FIRST = replace(TASK, sft=SupervisedFirst(first=True))
BORN = "2026-01-01T00:00:00+00:00"
TABLES = st.builds(
    SupervisedFirst,
    first=st.just(True),
    epochs=st.integers(1, 5),
    learning_rate=st.floats(1e-6, 1e-4),
    warmup_steps=st.integers(0, 100),
)


def run(**sections: Any) -> Run:
    source = Source(bucket="b", key="k", version_id="v", size=1)
    made = Run(
        run_id="arithmetic-1",
        task="arithmetic",
        environment="local",
        attempt=1,
        source=source,
        status=RunStatus.RUNNING,
        started_at=BORN,
        updated_at=BORN,
    )
    for name, value in sections.items():
        setattr(made, name, value)
    return made


def job(**changes: Any) -> Job:
    base = Job(
        name="rft-local-arithmetic-0123456789ab-a1",
        arn="arn",
        content_hash="0123456789ab",
        status=JobStatus.COMPLETED,
        submitted_at=BORN,
        ended_at="2026-01-01T02:00:00+00:00",
        model_arn="arn:aws:bedrock:us-east-1:000000000000:custom-model/amazon.nova-2-lite-v1:0:256k/0123456789ab",
    )
    return replace(base, **changes)


def supervised_plan(**changes: Any) -> JobPlan:
    values: dict[str, Any] = {
        "run": run(),
        "task": FIRST,
        "uri": "s3://datasets-bucket/datasets/a/v/d.jsonl",
        "sha256": "ab" * 32,
    }
    role, key = "arn:aws:iam::000000000000:role/r", "arn:aws:kms:us-east-1:000000000000:key/" + "0" * 36
    return plan_supervised(**{**values, **changes}, settings=SETTINGS, bucket="artefacts", role=role, key=key)


@given(table=TABLES, attempt=st.integers(1, 999))
def test_every_allowed_table_makes_a_request_that_bedrock_takes(table, attempt):
    sent: dict[str, Any] = {**job_request(supervised_plan(task=replace(TASK, sft=table)), attempt)}
    assert violations("bedrock", "CreateModelCustomizationJob", sent) == []
    check_supervised(sent)
    assert sent["customizationType"] == "FINE_TUNING"
    assert "e" not in sent["hyperParameters"]["learningRate"]
    assert float(sent["hyperParameters"]["learningRate"]) == table.learning_rate


@pytest.mark.parametrize(
    ("line", "key"), [("epochs = 6", "epochs"), ("learning_rate = 1e-3", "learning_rate"), ('without = "x"', "without")]
)
def test_a_wrong_table_is_refused_with_file_and_key(tmp_path, line, key):
    folder = tmp_path / "arithmetic"
    folder.mkdir()
    (folder / "reward.py").write_text("")
    (folder / "task.toml").write_text((ROOT / "tasks/arithmetic/task.toml").read_text() + f"\n[sft]\n{line}\n")
    with pytest.raises(TaskInvalid, match=rf"task.toml: .*sft.{key}.*correct this key"):
        load_task(folder)


def test_tasks_that_ship_ask_for_no_supervised_job():
    assert not any(load_task(path.parent).sft.first for path in (ROOT / "tasks").glob("*/task.toml"))


def test_other_demonstrations_settings_or_bases_are_other_content_and_another_run_is_not():
    base = supervised_plan().content_hash
    quick = replace(FIRST, sft=SupervisedFirst(first=True, epochs=1))
    other = replace(FIRST, model=replace(FIRST.model, base_model="amazon.nova-micro-v1:0"))
    assert (
        len(
            {
                base,
                *(
                    supervised_plan(**one).content_hash
                    for one in (
                        {"sha256": "cd" * 32},
                        {"task": quick},
                        {"task": other},
                    )
                ),
            }
        )
        == 4
    )
    assert supervised_plan(run=replace(run(), run_id="arithmetic-2")).content_hash == base
    assert supervised_plan(task=replace(FIRST, sft=replace(FIRST.sft, without="go_on"))).content_hash == base


def test_the_supervised_job_is_part_of_the_other_ones_content_and_its_model_is_the_base():
    plain, after = plan(), plan(supervised=job())
    assert after.base_model == job().model_arn
    assert plain.base_model == TASK.model.base_model
    others = [plan(supervised=job(content_hash="ba9876543210")), plain]
    assert after.content_hash not in [one.content_hash for one in others]
    assert plan(supervised=job(model_arn=str(job().model_arn) + "x")).content_hash == after.content_hash
    assert violations("bedrock", "CreateModelCustomizationJob", {**job_request(after, 1)}) == []


@pytest.mark.parametrize(
    ("since", "ended", "left"),
    [
        (BORN, "2026-01-01T02:00:00+00:00", 6.0),
        ("2026-01-01T01:30:00+00:00", "2026-01-01T02:00:00+00:00", 7.5),  # joined
        ("2026-01-02T00:00:00+00:00", "2026-01-01T02:00:00+00:00", 8.0),  # reused
        (BORN, None, 8.0),
    ],
)
def test_hours_of_the_supervised_job_are_taken_from_the_other(since, ended, left):
    found = Supervised(job=job(ended_at=ended), demonstrations=100, left_out=0, since=since)
    assert hours_left(found, 8.0) == left
    assert hours_left(None, 8.0) == 8.0


def test_the_job_that_trains_is_the_supervised_one_until_there_is_another():
    found = Supervised(job=job(), demonstrations=100, left_out=0, since=BORN)
    assert run().current_job is None
    assert run(supervised=found).current_job == found.job
    assert run(supervised=found, job=job(name="second")).current_job == job(name="second")


def test_the_forecast_counts_its_tokens_and_its_model():
    plain, first = forecast(TASK, dataset(), SETTINGS), forecast(FIRST, dataset(), SETTINGS)
    tokens = 200 * 100 / 4 * FIRST.sft.epochs
    assert first.items["supervised training"] >= round(tokens / 1000 * 0.004, 2)
    assert first.items["model storage, one month"] == 2 * plain.items["model storage, one month"]
    assert "supervised training" not in plain.items


def test_without_a_price_no_supervised_job_is_forecast():
    prices: Prices = replace(SETTINGS.prices, supervised_1k_tokens=None)
    with pytest.raises(SettingsInvalid, match=r"prices\.supervised_1k_tokens: missing in environments/local\.toml"):
        forecast(FIRST, dataset(), replace(SETTINGS, prices=prices))


@pytest.mark.parametrize("environment", ["dev", "local", "prod", "staging"])
def test_every_shipped_environment_has_the_price(environment):
    assert load_settings(ROOT / "environments" / f"{environment}.toml").prices.supervised_1k_tokens


def test_the_quota_of_models_has_room_for_two():
    full = facts(models=99, quotas=quota(MODELS_CODE, 100.0))
    assert problems(TASK, SETTINGS, full) == []
    assert "this run makes 2" in problems(FIRST, SETTINGS, full)[0]
