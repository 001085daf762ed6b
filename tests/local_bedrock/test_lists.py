"""The four lists of what an account owns: every filter that the service model has, order, pages."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from local.bedrock import store
from local.bedrock.policy import Policy

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
BASE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-lite-v1:0:256k"
OTHER = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
NAMES = ["item-0", "item-1", "item-2"]  # born an hour apart, the first at noon


def model_arn(number: int) -> str:
    return f"{store.ARN}:custom-model/amazon.nova-2-lite-v1:0:256k/{number:012d}"


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One list: its call, its answer, and what each filter is expected to leave."""

    call: str
    answer: str
    name: str
    created: str = "creationTime"
    filters: dict[str, dict[Any, list[str]]]

    @property
    def after(self) -> str:
        return "createdAfter" if self.created == "createdAt" else "creationTimeAfter"

    @property
    def before(self) -> str:
        return self.after.replace("After", "Before")

    def names(self, local, **params: Any) -> list[str]:
        return [item[self.name] for item in getattr(local.control, self.call)(**params)[self.answer]]


YOUNGEST_FIRST = NAMES[::-1]
BY_MODEL = {model_arn(1): ["item-1"], model_arn(9): []}
LISTINGS = [
    Listing(
        call="list_model_customization_jobs",
        answer="modelCustomizationJobSummaries",
        name="jobName",
        filters={"statusEquals": {"Completed": ["item-1", "item-0"], "Failed": ["item-2"], "Stopped": []}},
    ),
    Listing(
        call="list_custom_models",
        answer="modelSummaries",
        name="modelName",
        filters={
            "baseModelArnEquals": {BASE: ["item-1", "item-0"], OTHER: ["item-2"]},
            "foundationModelArnEquals": {BASE: ["item-1", "item-0"], OTHER: ["item-2"]},
            "isOwned": {True: YOUNGEST_FIRST, False: []},
            "modelStatus": {"Active": YOUNGEST_FIRST, "Failed": [], "Creating": []},
        },
    ),
    Listing(
        call="list_custom_model_deployments",
        answer="modelDeploymentSummaries",
        name="customModelDeploymentName",
        created="createdAt",
        filters={
            "statusEquals": {"Active": ["item-0"], "Failed": ["item-1"], "Creating": ["item-2"]},
            "modelArnEquals": BY_MODEL,
        },
    ),
    Listing(
        call="list_provisioned_model_throughputs",
        answer="provisionedModelSummaries",
        name="provisionedModelName",
        filters={
            "statusEquals": {"InService": ["item-1", "item-0"], "Creating": ["item-2"], "Failed": []},
            "modelArnEquals": BY_MODEL,
        },
    ),
]
SHARED = {"nameContains", "maxResults", "nextToken", "sortBy", "sortOrder"}
each = pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.call)


@pytest.fixture
def full(local):
    """Put three of everything into the local Bedrock; the third of each differs."""
    held = local.bedrock.store
    for number, name in enumerate(NAMES):
        born, last = NOON + timedelta(hours=number), number == 2
        ready_at = float("inf") if last else 0.0
        request = local.job(name) | {"customModelName": name}
        job = store.Job(
            arn=f"{store.ARN}:model-customization-job/amazon.nova-2-lite-v1:0:256k/{number:012d}",
            request=request,
            base_arn=OTHER if last else BASE,
            status="Failed" if last else "Completed",
            created=born,
        )
        arn = model_arn(number)
        held.jobs[job.arn] = job
        held.models[arn] = store.Model(arn=arn, name=name, job=job, policy=Policy.base(), created=born)
        deployment = store.Deployment(
            arn=f"{store.ARN}:custom-model-deployment/{number:012d}",
            name=name,
            model_arn=arn,
            description=None,
            ready_at=ready_at,
            fails="no capacity" if number == 1 else None,
            created=born,
        )
        held.deployments[deployment.arn] = deployment
        throughput = store.Throughput(
            arn=f"{store.ARN}:provisioned-model/{number:012d}",
            name=name,
            model_arn=arn,
            units=1,
            ready_at=ready_at,
            created=born,
        )
        held.throughputs[throughput.arn] = throughput
    return local


@each
def test_every_filter_of_the_service_model_has_its_test(listing: Listing):
    operation = "".join(word.capitalize() for word in listing.call.split("_"))
    shape: Any = botocore.session.Session().get_service_model("bedrock").operation_model(operation).input_shape
    assert set(shape.members) == SHARED | {listing.after, listing.before} | set(listing.filters)


@each
def test_each_filter_leaves_what_fits(full, listing: Listing):
    for filter_, cases in listing.filters.items():
        for value, expected in cases.items():
            assert listing.names(full, **{filter_: value}) == expected, (filter_, value)
    assert listing.names(full, nameContains="m-1") == ["item-1"]
    assert listing.names(full, nameContains="M-1") == []


@each
def test_times_leave_out_what_was_born_at_that_very_time(full, listing: Listing):
    one = NOON + timedelta(hours=1)
    assert listing.names(full, **{listing.after: one}) == ["item-2"]
    assert listing.names(full, **{listing.before: one}) == ["item-0"]
    both = {listing.after: NOON, listing.before: NOON + timedelta(hours=2)}
    assert listing.names(full, **both) == ["item-1"]
    elsewhere = one.astimezone().replace(microsecond=1)
    assert listing.names(full, **{listing.before: elsewhere}) == ["item-1", "item-0"]


@each
def test_filters_are_combined(full, listing: Listing):
    for filter_, cases in listing.filters.items():
        for value, expected in cases.items():
            found = listing.names(full, **{filter_: value, listing.after: NOON})
            assert found == [name for name in expected if name != "item-0"], (filter_, value)


@each
def test_order_is_by_birth_and_the_youngest_comes_first_unless_asked_otherwise(full, listing: Listing):
    assert listing.names(full) == YOUNGEST_FIRST
    assert listing.names(full, sortBy="CreationTime", sortOrder="Descending") == YOUNGEST_FIRST
    assert listing.names(full, sortBy="CreationTime", sortOrder="Ascending") == NAMES


@each
def test_pages_follow_each_other_within_filter_and_order(full, listing: Listing):
    call = getattr(full.control, listing.call)
    first = call(maxResults=2, sortOrder="Ascending")
    assert [item[listing.name] for item in first[listing.answer]] == NAMES[:2]
    second = call(maxResults=2, sortOrder="Ascending", nextToken=first["nextToken"])
    assert [item[listing.name] for item in second[listing.answer]] == NAMES[2:]
    assert "nextToken" not in second
    assert "nextToken" not in call(maxResults=2, **{listing.after: NOON})


@each
def test_what_cannot_be_read_is_refused(full, listing: Listing):
    for wrong in ({"nextToken": "not-a-token"}, {"sortOrder": "Sideways"}, {"sortBy": "Name"}, {"maxResults": 1001}):
        with pytest.raises(ClientError) as caught:
            getattr(full.control, listing.call)(**wrong)
        assert caught.value.response["Error"]["Code"] == "ValidationException", wrong


def test_the_catalogue_is_filtered_too(local):
    def ids(**params: Any) -> set[str]:
        return {model["modelId"] for model in local.control.list_foundation_models(**params)["modelSummaries"]}

    assert ids(byProvider="Amazon") == ids(byOutputModality="TEXT") | ids(byOutputModality="EMBEDDING") == ids()
    assert ids(byProvider="Nobody") == ids(byOutputModality="IMAGE") == set()
    assert ids(byInferenceType="ON_DEMAND") < ids()
    with pytest.raises(ClientError, match="projectIdentifier"):
        ids(projectIdentifier="mine")
    profiles = local.control.list_inference_profiles
    assert len(profiles(maxResults=1)["inferenceProfileSummaries"]) == 1
    assert profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"] == []
    assert profiles(typeEquals="SYSTEM_DEFINED") | {"ResponseMetadata": 0} == profiles() | {"ResponseMetadata": 0}
