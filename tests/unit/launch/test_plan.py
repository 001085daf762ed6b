"""Bedrock's request for a job, for every task and content that settings allow, against botocore's service model."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from local.bedrock.shapes import violations
from rft import names
from rft.keys import RunStatus, Split, Tag
from rft.schemas import Dataset, GraderPin, Run, Source, SplitFile
from rft.settings import load_settings
from rft.tasks import Hyperparameters, load_task
from rft.training.plan import JobPlan, job_request, plan_job

ROOT = Path(__file__).parents[3]
TASK = load_task(ROOT / "tasks" / "arithmetic")
SETTINGS = load_settings(ROOT / "environments" / "local.toml")
RUN_ID = names.run_name("arithmetic", "key", "v1")
HYPERPARAMETERS = st.builds(
    Hyperparameters,
    epoch_count=st.integers(1, 50),
    batch_size=st.integers(16, 512),
    learning_rate=st.floats(1e-7, 1e-3),
    max_prompt_length=st.integers(1, 300_000),
    training_sample_per_prompt=st.integers(2, 16),
    inference_max_tokens=st.integers(1, 64_000),
    reasoning_effort=st.sampled_from(["low", "medium", "high", None]),
    eval_interval=st.integers(1, 100),
)


def split(name: str, records: int = 10) -> SplitFile:
    return SplitFile(key=f"datasets/arithmetic/abc123/{name}.jsonl", records=records, bytes=1000, sha256="0" * 64)


def plan(*, validation: int | None = 10, **changes: Any) -> JobPlan:
    splits: dict[str, SplitFile] = {Split.TRAIN: split("train"), Split.TEST: split("test")}
    if validation is not None:
        splits[Split.VALIDATION] = split("validation", validation)
    run = Run(
        run_id=RUN_ID,
        task="arithmetic",
        environment="local",
        attempt=1,
        source=Source(bucket="intake", key="k", version_id="v", size=1),
        status=RunStatus.RUNNING,
        started_at="2026-01-01T00:00:00+00:00",
        updated_at="2026-01-01T00:00:00+00:00",
    )
    values: dict[str, Any] = {
        "run": run,
        "task": TASK,
        "dataset": Dataset(
            bucket="rft-local-datasets-000000000000-us-east-1",
            version="abc123",
            manifest_key="m",
            splits=splits,
            quarantined=0,
            quarantine_key="q",
        ),
        "grader": GraderPin(
            function_name="rft-local-grader-arithmetic",
            version="3",
            code_sha256="c" * 44,
            alias=RUN_ID,
            alias_arn=f"arn:aws:lambda:us-east-1:000000000000:function:rft-local-grader-arithmetic:{RUN_ID}",
        ),
        "settings": SETTINGS,
        "bucket": "rft-local-artefacts-000000000000-us-east-1",
        "role": "arn:aws:iam::000000000000:role/rft-local-bedrock-customization",
        "key": "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000",
    }
    return plan_job(**{**values, **changes})


def request(made: JobPlan, attempt: int = 1, **options: Any) -> dict[str, Any]:
    return {**job_request(made, attempt, **options)}


@given(hyperparameters=HYPERPARAMETERS, attempt=st.integers(1, 9999), validation=st.sampled_from([None, 0, 10]))
def test_every_allowed_job_fits_the_service_model(hyperparameters, attempt, validation):
    made = plan(validation=validation, task=replace(TASK, hyperparameters=hyperparameters))
    sent = request(made, attempt)
    assert violations("bedrock", "CreateModelCustomizationJob", sent) == []
    inside = sent["customizationConfig"]["rftConfig"]["hyperParameters"]
    assert inside == hyperparameters.request()
    assert not [name for name, value in inside.items() if isinstance(value, bool) or value is None]
    assert "hyperParameters" not in sent  # the map of strings is for supervised jobs


def test_the_longest_names_fit():
    task = replace(TASK, name="a" * 24)
    made = plan(task=task, settings=replace(SETTINGS, prefix="p" * 15, name="e" * 15))
    assert violations("bedrock", "CreateModelCustomizationJob", request(made, 99)) == []
    listing = {"nameContains": made.name_stem}
    assert violations("bedrock", "ListModelCustomizationJobs", listing) == []


def test_the_stem_begins_the_names_of_all_attempts_and_of_nothing_else():
    made = plan()
    assert all(made.name(attempt) == f"{made.name_stem}{attempt}" for attempt in (1, 2, 10))
    assert not plan(task=replace(TASK, name="arithmetic-2")).name(1).startswith(made.name_stem)


def test_a_validation_split_without_records_is_not_sent():
    assert "validationDataConfig" in request(plan())
    assert "validationDataConfig" not in request(plan(validation=0))
    assert "validationDataConfig" not in request(plan(validation=None))
    assert "validationDataConfig" not in request(plan(), with_validation=False)


def test_the_token_repeats_with_the_request_and_changes_with_it():
    def token(made: JobPlan, attempt: int = 1, **options: Any) -> str:
        return str(request(made, attempt, **options)["clientRequestToken"])

    other = plan(task=replace(TASK, hyperparameters=Hyperparameters(epoch_count=7)))
    tokens = {token(plan()), token(plan(), 2), token(plan(), with_validation=False), token(other)}
    assert len(tokens) == 4
    assert token(plan()) == token(plan())


def test_another_grader_or_dataset_is_another_content_and_another_run_is_not():
    base = plan()
    pin = GraderPin(function_name="f", version="4", code_sha256="d" * 44, alias="a", alias_arn=str(base.grader_arn))
    assert plan(grader=pin).content_hash != base.content_hash
    assert plan(validation=None).content_hash == base.content_hash  # the dataset's version is the content's address
    assert plan(bucket="elsewhere").content_hash == base.content_hash


def test_job_and_model_bear_the_tags_that_clean_up_looks_for():
    sent = request(plan())
    assert sent["jobTags"] == sent["customModelTags"]
    tags = {tag["key"]: tag["value"] for tag in sent["jobTags"]}
    assert tags == {Tag.ENVIRONMENT: "local", Tag.TASK: "arithmetic", Tag.RUN: RUN_ID}


@pytest.mark.parametrize("options", [{}, {"with_validation": False}])
def test_the_request_points_to_data_and_holds_none(options):
    sent = json.dumps(request(plan(), **options))
    assert "test.jsonl" not in sent  # the held-out split stays unknown to the service
    assert "reference" not in sent
