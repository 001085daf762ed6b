"""The requests that create: within the service model, bounded in time, committed only by name."""

import pytest

from local.bedrock.shapes import violations
from rft import names
from rft.errors import ThroughputFailed
from rft.keys import Role
from rft.serving import deployments, throughput
from rft.serving.tags import tags_of
from rft.settings import Provisioned

MODEL = "arn:aws:bedrock:us-east-1:000000000000:custom-model/amazon.nova-2-lite-v1:0:256k/abcdefghij12"
LONGEST = names.run_name("a" * 24, "key", "version", attempt=12)
TAGS = tags_of(
    environment="production-1",
    task="a" * 24,
    run_id=LONGEST,
    role=Role.CHAMPION,
    expires_at="2026-11-24T13:05:07+00:00",
)


@pytest.mark.parametrize(
    "name", [names.candidate_deployment_name("p" * 15, LONGEST), names.champion_name("p" * 15, "a" * 24)]
)
def test_deployments_of_the_longest_names_fit_the_service_model(name: str) -> None:
    request = deployments.create_request(name=name, model_arn=MODEL, tags=TAGS, token_of=LONGEST)
    assert not violations("bedrock", "CreateCustomModelDeployment", request)


@pytest.mark.parametrize("commitment", [None, "OneMonth", "SixMonths"])
def test_throughput_fits_the_service_model(commitment: str | None) -> None:
    terms = Provisioned(max_pt_hours=1, commitment=commitment, approved_commitment=commitment)
    request = throughput.create_request(
        name=names.champion_name("p" * 15, "a" * 24), model_arn=MODEL, terms=terms, tags=TAGS, token_of=LONGEST
    )
    assert not violations("bedrock", "CreateProvisionedModelThroughput", request)
    assert request.get("commitmentDuration") == commitment


@pytest.mark.parametrize("approved", [None, "OneMonth"])
def test_an_unapproved_commitment_is_refused_at_the_door(approved: str | None) -> None:
    terms = Provisioned(max_pt_hours=1, commitment="SixMonths", approved_commitment=approved)
    with pytest.raises(ThroughputFailed, match='approved_commitment = "SixMonths"'):
        throughput.create_request(name="n", model_arn=MODEL, terms=terms, tags=TAGS, token_of="x")


def test_throughput_without_an_expiry_is_refused() -> None:
    tags = {name: value for name, value in TAGS.items() if name != "rft:expires-at"}
    with pytest.raises(ThroughputFailed, match="expires-at"):
        throughput.create_request(name="n", model_arn=MODEL, terms=Provisioned(max_pt_hours=1), tags=tags, token_of="x")


def test_the_same_wish_has_the_same_token_and_another_wish_another() -> None:
    def token(wish: str) -> str:
        request = deployments.create_request(name="n", model_arn=MODEL, tags=TAGS, token_of=wish)
        return str(request["clientRequestToken"])

    assert token("a") == token("a") != token("b")
