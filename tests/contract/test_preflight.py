"""Preflight: what an account or Region lacks is found before anything is paid."""

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from rft.aws import environment
from rft.aws.environment import Variable
from rft.aws.tasks import packaged_tasks
from rft.errors import PreflightFailed
from rft.keys import State, Step
from rft.preflight import PUBLISHED
from rft.settings import encode_settings
from tests.contract.launching import CREATING, EMBEDDING, LaunchWorld

RUN = {"run_id": "arithmetic-1"}
BASE = "amazon.nova-2-lite-v1:0:256k"
QUOTA = {"ServiceCode": "bedrock"}


def test_preflight_passes_an_account_that_is_ready_and_changes_nothing(launch: LaunchWorld) -> None:
    launch.ready()
    assert launch.invoke(Step.PREFLIGHT, **RUN) == {"logs": False}
    assert launch.invoke(Step.PREFLIGHT, **RUN) == {"logs": False}
    assert not launch.made(*CREATING)
    assert launch.run().state == State.PREFLIGHT


def test_preflight_names_all_that_is_missing(launch: LaunchWorld) -> None:
    launch.ready()
    options = launch.bedrock.store.options
    options.models_without_access.append(BASE)
    options.quotas |= {"L-CB5B847D": 0, "L-1EF80F3E": 1, "L-BE77399C": 0}
    with pytest.raises(PreflightFailed, match=r"model access.*L-CB5B847D.*L-1EF80F3E.*L-BE77399C"):
        launch.invoke(Step.PREFLIGHT, **RUN)


def test_throughput_of_others_counts_against_the_quota_unless_it_is_committed(launch: LaunchWorld) -> None:
    launch.ready()
    arn = launch.bedrock.operations["CreateProvisionedModelThroughput"](
        {"provisionedModelName": "somebody-elses", "modelId": launch.model("other"), "modelUnits": 2}
    )["provisionedModelArn"]
    launch.settle()
    with pytest.raises(PreflightFailed, match="3 model units are needed and the quota is 2"):
        launch.invoke(Step.PREFLIGHT, **RUN)
    launch.bedrock.store.throughputs[arn].commitment = "OneMonth"
    assert launch.invoke(Step.PREFLIGHT, **RUN) == {"logs": False}


@pytest.mark.parametrize("operation", ["GetFoundationModel", "GetFoundationModelAvailability"])
@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ValidationException"])
def test_preflight_names_an_unknown_model(launch: LaunchWorld, operation: str, code: str) -> None:
    launch.ready()
    launch.refuse(operation, code)
    with pytest.raises(PreflightFailed, match=f"{BASE} is unknown"):
        launch.invoke(Step.PREFLIGHT, **RUN)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ValidationException"])
def test_preflight_names_an_unknown_inference_profile(launch: LaunchWorld, code: str) -> None:
    launch.ready()
    launch.refuse("GetInferenceProfile", code)
    with pytest.raises(
        PreflightFailed, match=r"us\.amazon\.nova-2-lite-v1:0 is an inference profile that us-east-1 does"
    ):
        launch.invoke(Step.PREFLIGHT, **RUN)


def test_a_baseline_that_is_no_profile_is_not_looked_up_as_one(launch: LaunchWorld) -> None:
    launch.ready()
    task = packaged_tasks()["arithmetic"]
    plain = replace(task, model=replace(task.model, baseline_inference_id="amazon.nova-lite-v1:0"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(packaged_tasks(), "arithmetic", plain)
        assert launch.invoke(Step.PREFLIGHT, **RUN) == {"logs": False}
    assert not launch.made("GetInferenceProfile")


def test_the_embedding_model_of_a_reward_model_is_looked_up(launch: LaunchWorld) -> None:
    launch.ready()
    launch.embed("arithmetic")
    assert launch.invoke(Step.PREFLIGHT, **RUN) == {"logs": False}
    assert EMBEDDING in [one["modelIdentifier"] for one in launch.made("GetFoundationModel")]
    launch.bedrock.store.options.models_without_access.append(EMBEDDING)
    with pytest.raises(PreflightFailed, match=f"no access to {EMBEDDING}"):
        launch.invoke(Step.PREFLIGHT, **RUN)


def test_prompts_may_not_leave_the_allowed_regions(launch: LaunchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    launch.ready()
    security = replace(launch.settings.security, residency_regions=["us-east-1"])
    monkeypatch.setenv(Variable.SETTINGS, encode_settings(replace(launch.settings, security=security)))
    environment.surroundings.cache_clear()
    with pytest.raises(PreflightFailed, match="us-east-2, us-west-2"):
        launch.invoke(Step.PREFLIGHT, **RUN)


NO_UNITS = "1 model units are needed and the quota is 0; ask for L-BE77399C"


def test_a_quota_without_a_value_of_the_accounts_own_is_the_services_default(launch: LaunchWorld) -> None:
    launch.ready()
    launch.refuse("GetServiceQuota", "NoSuchResourceException", times=len(PUBLISHED))
    with pytest.raises(PreflightFailed, match=NO_UNITS):
        launch.invoke(Step.PREFLIGHT, **RUN)
    assert len(launch.made("GetAWSDefaultServiceQuota")) == len(PUBLISHED)


def test_a_quota_that_the_service_does_not_know_is_the_published_default(launch: LaunchWorld) -> None:
    launch.ready()
    for operation in ("GetServiceQuota", "GetAWSDefaultServiceQuota"):
        launch.refuse(operation, "NoSuchResourceException", times=len(PUBLISHED))
    with pytest.raises(PreflightFailed, match=NO_UNITS):
        launch.invoke(Step.PREFLIGHT, **RUN)


def test_the_published_defaults_are_those_of_the_service(launch: LaunchWorld) -> None:
    answers = {
        code: launch.bedrock.quotas.answer("GetAWSDefaultServiceQuota", QUOTA | {"QuotaCode": code})
        for code in PUBLISHED
    }
    assert {code: answer["Quota"]["Value"] for code, answer in answers.items()} == PUBLISHED


@pytest.mark.parametrize(
    "operation", ["GetFoundationModel", "GetInferenceProfile", "GetServiceQuota", "GetAWSDefaultServiceQuota"]
)
def test_a_missing_permission_is_no_missing_model(launch: LaunchWorld, operation: str) -> None:
    launch.ready()
    launch.refuse(operation, "AccessDeniedException", "not authorized")
    if operation == "GetAWSDefaultServiceQuota":  # which is asked second
        launch.refuse("GetServiceQuota", "NoSuchResourceException")
    with pytest.raises(ClientError, match="not authorized"):
        launch.invoke(Step.PREFLIGHT, **RUN)
