"""Preflight's verdicts: each problem has its fix, and what serves already needs no room."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from rft.keys import Serving
from rft.preflight import DEPLOYMENTS_CODE, MODELS_CODE, UNITS_CODE, Facts, ModelFacts, ProfileFacts, problems
from rft.settings import Provisioned, ServingSettings, load_settings
from rft.tasks import load_task

ROOT = Path(__file__).parents[3]
TASK = load_task(ROOT / "tasks" / "arithmetic")
SETTINGS = load_settings(ROOT / "environments" / "local.toml")  # provisioned, one unit
CHAMPION = "rft-local-arithmetic-champion"
GOOD = ModelFacts(authorised=True, agreed=True, in_region=True)


def facts(**changes: Any) -> Facts:
    base = Facts(
        base=GOOD,
        profile=ProfileFacts(regions=["us-east-1", "us-west-2"]),
        models=0,
        deployments=[],
        units={},
        quotas={MODELS_CODE: 100.0, DEPLOYMENTS_CODE: 10.0, UNITS_CODE: 2.0},
    )
    return replace(base, **changes)


def quota(code: str, value: float) -> dict[str, float]:
    return {**facts().quotas, code: value}


def test_an_account_with_everything_has_no_problem():
    assert problems(TASK, SETTINGS, facts()) == []


def test_an_unknown_base_model_is_said_with_the_file_to_correct():
    (found,) = problems(TASK, SETTINGS, facts(base=None))
    assert TASK.model.base_model in found
    assert "tasks/arithmetic/task.toml" in found


@pytest.mark.parametrize("missing", ["authorised", "agreed"])
def test_missing_access_names_the_page_that_gives_it(missing):
    (found,) = problems(TASK, SETTINGS, facts(base=replace(GOOD, **{missing: False})))
    assert "model access" in found


def test_every_problem_is_told_at_once():
    base = replace(GOOD, agreed=False, in_region=False)
    found = problems(TASK, SETTINGS, facts(base=base, models=100, quotas=quota(UNITS_CODE, 0)))
    assert len(found) == 4
    assert "us-east-1" in found[0]


def test_a_profile_that_leaves_the_allowed_regions_is_refused_with_their_names():
    profile = ProfileFacts(regions=["eu-west-1", "us-east-1", "ap-south-1"])
    (found,) = problems(TASK, SETTINGS, facts(profile=profile))
    assert "ap-south-1, eu-west-1" in found
    assert "environments/local.toml" in found


def test_a_global_profile_without_named_regions_is_refused_in_words():
    (found,) = problems(TASK, SETTINGS, facts(profile=ProfileFacts(regions=["", "us-east-1"])))
    assert "to any Region" in found


def test_a_model_that_is_no_profile_answers_in_its_own_region():
    model = replace(TASK.model, baseline_inference_id="amazon.nova-lite-v1:0")
    assert problems(replace(TASK, model=model), SETTINGS, facts(profile=None)) == []


def test_a_profile_that_bedrock_does_not_know_is_said_with_the_file_to_correct():
    (found,) = problems(TASK, SETTINGS, facts(profile=None))
    assert "us.amazon.nova-2-lite-v1:0 is an inference profile that us-east-1 does not have" in found
    assert "tasks/arithmetic/task.toml" in found


@pytest.mark.parametrize(("models", "refused"), [(99, False), (100, True), (101, True)])
def test_a_model_needs_room_among_the_custom_models(models, refused):
    found = problems(TASK, SETTINGS, facts(models=models))
    assert [MODELS_CODE in line for line in found] == [True] * refused


@pytest.mark.parametrize(
    ("deployments", "refused"), [(["x"] * 8, False), (["x"] * 9, True), (["x"] * 8 + [CHAMPION], False)]
)
def test_candidate_and_first_champion_need_room_among_the_deployments(deployments, refused):
    found = problems(TASK, SETTINGS, facts(deployments=deployments))
    assert [DEPLOYMENTS_CODE in line for line in found] == [True] * refused


@pytest.mark.parametrize(
    ("units", "refused"),
    [
        ({}, False),
        ({"somebody-elses": 1}, False),
        ({"somebody-elses": 2}, True),  # the quota is the account's, whoever uses it up
        ({CHAMPION: 1, "somebody-elses": 1}, False),  # the champion's is updated in place
    ],
)
def test_provisioned_throughput_needs_free_units(units, refused):
    found = problems(TASK, SETTINGS, facts(units=units))
    assert [UNITS_CODE in line for line in found] == [True] * refused


def test_a_new_accounts_quota_of_zero_is_told_with_both_ways_out():
    (found,) = problems(TASK, SETTINGS, facts(quotas=quota(UNITS_CODE, 0.0)))
    assert "Service Quotas" in found
    assert "on_demand" in found


def test_on_demand_serving_needs_no_units():
    settings = replace(SETTINGS, serving=ServingSettings(mode=Serving.ON_DEMAND))
    assert problems(TASK, settings, facts(quotas=quota(UNITS_CODE, 0.0))) == []


def test_units_under_a_commitment_do_not_count_against_the_quota_of_those_without():
    committed = Provisioned(max_pt_hours=720.0, commitment="OneMonth", approved_commitment="OneMonth")
    settings = replace(SETTINGS, serving=ServingSettings(mode=Serving.PROVISIONED, provisioned=committed))
    assert problems(TASK, settings, facts(quotas=quota(UNITS_CODE, 0.0))) == []


JUDGE = "us.amazon.nova-lite-v1:0"


@pytest.mark.parametrize(
    ("judge", "said"),
    [
        (None, f"judge {JUDGE} is unknown in us-east-1"),
        (replace(GOOD, agreed=False), f"no access to {JUDGE}"),
        (replace(GOOD, in_region=False), f"{JUDGE} is not available"),
    ],
)
def test_a_judge_that_cannot_be_asked_is_said_before_anything_is_paid(judge, said):
    (found,) = problems(
        TASK,
        SETTINGS,
        facts(judges={JUDGE: judge}, judge_profiles={JUDGE: ProfileFacts(regions=["us-east-1"])}),
    )
    assert said in found


def test_an_embedding_model_that_cannot_be_asked_is_said_as_well():
    model = "amazon.titan-embed-text-v2:0"
    for found, said in (
        (None, f"reward_model.embeddings {model} is unknown in us-east-1"),
        (replace(GOOD, authorised=False), f"no access to {model}"),
    ):
        (problem,) = problems(TASK, SETTINGS, facts(embeddings={model: found}))
        assert said in problem
    assert not problems(TASK, SETTINGS, facts(embeddings={model: GOOD}))


def test_a_judge_may_not_take_prompts_out_of_the_allowed_regions():
    profiles = {JUDGE: ProfileFacts(regions=["us-east-1", "eu-west-1"])}
    (found,) = problems(TASK, SETTINGS, facts(judges={JUDGE: GOOD}, judge_profiles=profiles))
    assert f"judge {JUDGE} sends prompts to eu-west-1" in found
    (found,) = problems(TASK, SETTINGS, facts(judges={JUDGE: GOOD}, judge_profiles={JUDGE: None}))
    assert f"judge {JUDGE} is an inference profile that us-east-1 does not have" in found
