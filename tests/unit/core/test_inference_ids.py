"""What an id that Converse takes names, by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.inference_ids import REACHES, hides_models, profile_of

HERE = "arn:aws:bedrock:us-east-1:111111111111"


@pytest.mark.parametrize("reach", sorted(REACHES))
@pytest.mark.parametrize("prefix", ["", f"{HERE}:inference-profile/"])
def test_a_profile_is_known_by_its_reach_as_id_and_as_arn(reach, prefix):
    identifier = f"{prefix}{reach}.amazon.nova-2-lite-v1:0"
    assert profile_of(identifier) == (reach, "amazon.nova-2-lite-v1:0")
    assert not hides_models(identifier)


@pytest.mark.parametrize(
    "identifier",
    [
        "amazon.nova-lite-v1:0",
        "deepseek.v3.2",  # two dots, and yet a model
        "eurollm.model-v1:0",  # begins like a reach
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        f"{HERE}:custom-model/amazon.nova-2-lite-v1:0:256k/abcdefghijkl",
    ],
)
def test_a_model_is_no_profile(identifier):
    assert profile_of(identifier) is None


@pytest.mark.parametrize(
    "identifier",
    [
        f"{HERE}:application-inference-profile/a1b2c3d4e5f6",
        f"{HERE}:application-inference-profile/us.amazon.nova-2-lite-v1:0",
        f"{HERE}:default-prompt-router/anthropic.claude:1",
        f"{HERE}:prompt-router/0123456789ab",
        "a1b2c3d4e5f6",
    ],
)
def test_what_hides_its_models_is_seen(identifier):
    assert hides_models(identifier)
    assert profile_of(identifier) is None


@given(st.text(max_size=80))
def test_any_text_is_told_apart_without_an_error(identifier):
    profile = profile_of(identifier)
    assert profile is None or f"{profile.reach}.{profile.model}" in identifier
