"""Preflight, PrepareGrader, Calibrate, EstimateCost: what is found before anything is paid."""

import base64
import hashlib
import json
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from rft.aws import environment
from rft.aws.environment import Variable
from rft.aws.tasks import packaged_tasks
from rft.errors import GraderBroken, OverBudget, PreflightFailed, Throttled
from rft.keys import Phase, Split, State, Step
from rft.preflight import PUBLISHED
from rft.rewards.model.trained import KEY
from rft.settings import encode_settings
from tests.contract.launching import GRADER, LaunchWorld, even

RUN = {"run_id": "arithmetic-1"}
BASE = "amazon.nova-2-lite-v1:0:256k"
QUOTA = {"ServiceCode": "bedrock"}
CREATING = ("CreateModelCustomizationJob", "CreateProvisionedModelThroughput", "CreateCustomModelDeployment")


# Preflight


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


# PrepareGrader


def test_the_grader_is_pinned_by_an_alias_of_the_runs_own(launch: LaunchWorld) -> None:
    launch.ready()
    launch.store.update("arithmetic-1", grader=None)
    for _ in range(2):
        assert launch.invoke(Step.PREPARE_GRADER, **RUN) == {"ready": True}
    assert launch.alias_versions == {(GRADER, "arithmetic-1"): "3"}
    pin = launch.run().grader
    assert pin
    assert (pin.function_name, pin.version, pin.code_sha256) == (GRADER, "3", launch.code)
    assert pin.alias_arn.endswith(f":function:{GRADER}:arithmetic-1")


def test_an_alias_of_an_earlier_try_moves_to_the_version_of_today(launch: LaunchWorld) -> None:
    launch.ready()
    launch.alias_versions[GRADER, "arithmetic-1"] = "2"
    launch.invoke(Step.PREPARE_GRADER, **RUN)
    assert launch.alias_versions == {(GRADER, "arithmetic-1"): "3"}


def test_a_task_without_a_deployed_grader_says_what_to_do(launch: LaunchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    launch.ready()
    monkeypatch.setenv(Variable.GRADER_VERSIONS, "{}")
    environment.surroundings.cache_clear()
    with pytest.raises(GraderBroken, match="deploy the training stack"):
        launch.invoke(Step.PREPARE_GRADER, **RUN)


def preferring(launch: LaunchWorld, *, decided: bool = True) -> None:
    """Have a run of judged pairs; where nothing is ``decided``, the better answer stands as often on either side."""
    launch.ready()
    launch.store.update("arithmetic-1", task="preferences", grader=None)
    dataset = launch.run().dataset
    assert dataset
    for split, start, end in ((Split.TRAIN, 0, 90), (Split.VALIDATION, 90, 100), (Split.TEST, 100, 140)):
        lines = []
        for number in range(start, end):
            aside = "It is a fine day. "  # so that length decides nothing
            better, worse = f"{aside * (number % 3)}Thank you, it is done.", f"{aside}No idea, ask somebody else."
            if not decided and number * 7919 % 13 % 2:
                better, worse = worse, better
            messages = [{"role": "user", "content": f"What about number {number}?"}]
            lines.append(json.dumps({"messages": messages, "chosen": better, "rejected": worse}))
        launch.objects[f"datasets-bucket/{dataset.splits[split].key}"] = "\n".join(lines).encode() + b"\n"


def test_a_reward_model_is_trained_on_the_runs_preferences_once(launch: LaunchWorld) -> None:
    preferring(launch)
    for _ in range(2):
        assert launch.invoke(Step.PREPARE_GRADER, **RUN) == {"ready": True}
    pin = launch.run().grader
    assert pin
    assert pin.reward_model
    assert (pin.reward_model.pairs, pin.reward_model.tested) == (100, 40)
    assert pin.reward_model.accuracy.mean == 1.0
    stored = launch.objects[f"artefacts-bucket/{pin.reward_model.key}"]
    assert hashlib.sha256(stored).hexdigest() == pin.reward_model.sha256
    assert pin.reward_model.key == KEY.format(run="arithmetic-1")
    assert pin.content == f"{launch.code} {pin.reward_model.sha256}"
    assert [call["Key"] for call in launch.made("PutObject")] == [pin.reward_model.report_key, pin.reward_model.key]


def retrying(launch: LaunchWorld, run_id: str = "arithmetic-2", *, version: str | None = None) -> None:
    """Have another run of the same preferences that retries the first one."""
    first = launch.run()
    dataset = first.dataset
    assert dataset
    changed = replace(dataset, version=version or dataset.version)
    assert launch.store.create(replace(first, run_id=run_id, grader=None, retry_of="arithmetic-1", dataset=changed))
    launch.calls.clear()


def test_a_retry_takes_over_the_reward_model_of_the_same_dataset_version(launch: LaunchWorld) -> None:
    preferring(launch)
    launch.invoke(Step.PREPARE_GRADER, **RUN)
    retrying(launch)
    assert launch.invoke(Step.PREPARE_GRADER, run_id="arithmetic-2") == {"ready": True}
    first, second = (launch.run(run_id).grader for run_id in ("arithmetic-1", "arithmetic-2"))
    assert first
    assert second
    assert first.reward_model
    assert second.reward_model
    assert not any(call["Bucket"] == "datasets-bucket" for call in launch.made("GetObject")), "it trained again"
    assert second.reward_model.reused_from == "arithmetic-1"
    assert second.content == first.content
    for name in ("key", "report_key"):
        ours, theirs = (getattr(pin.reward_model, name) for pin in (second, first))
        assert ours == theirs.replace("arithmetic-1", "arithmetic-2")
        assert launch.objects[f"artefacts-bucket/{ours}"] == launch.objects[f"artefacts-bucket/{theirs}"]


@pytest.mark.parametrize("why", ["other data", "gone", "damaged", "the run's record has expired"])
def test_a_retry_trains_where_there_is_nothing_to_take_over(launch: LaunchWorld, why: str) -> None:
    preferring(launch)
    launch.invoke(Step.PREPARE_GRADER, **RUN)
    retrying(launch, version="fff" if why == "other data" else None)
    stored = "artefacts-bucket/runs/arithmetic-1/reward-model"
    if why == "gone":
        del launch.objects[stored]
    elif why == "damaged":
        launch.objects[stored] = launch.objects[stored][:-1]
    elif why != "other data":
        launch.store.update("arithmetic-2", retry_of="arithmetic-0")
    assert launch.invoke(Step.PREPARE_GRADER, run_id="arithmetic-2") == {"ready": True}
    pin = launch.run("arithmetic-2").grader
    assert pin
    assert pin.reward_model
    assert pin.reward_model.reused_from is None
    assert any(call["Bucket"] == "datasets-bucket" for call in launch.made("GetObject"))


def test_calibration_shows_the_reward_model(launch: LaunchWorld) -> None:
    preferring(launch)
    launch.invoke(Step.PREPARE_GRADER, **RUN)
    pin = launch.run().grader
    assert pin
    assert pin.reward_model
    launch.store.update("arithmetic-1", task="arithmetic", dataset=launch.dataset())  # whose rollouts this world grades
    launch.invoke(Step.CALIBRATE, **RUN)
    report = json.loads(launch.objects["artefacts-bucket/runs/arithmetic-1/calibration.json"])
    (found,) = [one for one in report["measures"] if one["name"] == "reward model"]
    assert found["value"] == pin.reward_model.accuracy.mean
    assert pin.reward_model.sha256 in found["said"]
    assert "agrees with 100.0% of 40 held-out pairs (95 % interval " in found["said"]


def test_preferences_without_a_rule_are_refused_with_the_figures(launch: LaunchWorld) -> None:
    preferring(launch, decided=False)
    assert launch.invoke(Step.PREPARE_GRADER, **RUN) == {"ready": False}
    run = launch.run()
    assert run.message.startswith("Reward model refused: it is right on ")
    assert "s3://artefacts-bucket/runs/arithmetic-1/reward-model.json" in run.message
    assert run.grader is None
    assert not launch.made("CreateAlias")
    assert "artefacts-bucket/runs/arithmetic-1/reward-model" not in launch.objects


# Calibrate


def test_rollouts_of_the_base_model_go_through_the_deployed_grader_twice_and_probes_once(launch: LaunchWorld) -> None:
    launch.ready()
    rules = packaged_tasks()["arithmetic"].calibration
    answer = launch.invoke(Step.CALIBRATE, **RUN)
    found = launch.run().calibration
    assert found
    assert (found.prompts, found.rollouts) == (rules.prompts, rules.prompts * rules.samples)
    assert (found.deterministic, found.pass_rate, found.mixed) == (True, 0.5, 1.0)
    assert answer == {"mean": found.mean, "spread": found.spread, "verdict": found.verdict}
    assert found.verdict in ("pass", "warn")
    calls = launch.made("Invoke")
    assert {call["FunctionName"].split(":")[-2:][1] for call in calls} == {"arithmetic-1"}
    assert calls[0]["Payload"] == calls[1]["Payload"]
    phases = [json.loads(base64.b64decode(call["ClientContext"]))["custom"]["phase"] for call in calls]
    assert phases[:2] == [Phase.CALIBRATION] * 2
    assert set(phases[2:]) == {Phase.PROBES}
    asked = launch.made("Converse")
    assert len(asked) == found.rollouts
    assert {call["inferenceConfig"]["temperature"] for call in asked} == {rules.temperature}
    graded = {item["messages"][1]["content"] for item in json.loads(calls[0]["Payload"])}
    assert {call["messages"][0]["content"][0]["text"] for call in asked} == graded
    assert len(graded) == found.prompts


def test_the_whole_report_is_an_artefact_of_the_run(launch: LaunchWorld) -> None:
    launch.ready()
    launch.invoke(Step.CALIBRATE, **RUN)
    found = launch.run().calibration
    assert found
    assert found.report_key == "runs/arithmetic-1/calibration.json"
    report = json.loads(launch.objects[f"artefacts-bucket/{found.report_key}"])
    assert report["verdict"] == found.verdict
    assert {"contract", "determinism", "mixed prompts", "pass rate"} <= {one["name"] for one in report["measures"]}
    assert {"empty", "echo", "keywords", "injected"} <= {one["probe"] for one in report["probes"]}


def test_the_rehearsal_advises_and_refuses_nothing(launch: LaunchWorld) -> None:
    launch.ready()
    launch.invoke(Step.CALIBRATE, **RUN)  # the grader pays nothing but rollouts, so that a policy learns nothing
    found = launch.run().calibration
    assert found
    assert found.rehearsal == "fail"
    assert any(note.startswith("rehearsal: ") for note in found.notes)
    played = json.loads(launch.objects["artefacts-bucket/runs/arithmetic-1/rehearsal.json"])
    assert played["verdict"] == "fail"
    assert played["curve"][0]["honest"] == pytest.approx(played["curve"][-1]["honest"])


def test_calibration_repeats_with_the_same_records(launch: LaunchWorld) -> None:
    launch.ready()
    asked = []
    for _ in range(2):
        launch.invoke(Step.CALIBRATE, **RUN)
        asked.append(sorted(call["messages"][0]["content"][0]["text"] for call in launch.made("Converse")))
    assert asked[1] == sorted(asked[0] * 2)


def test_a_grader_that_a_probe_plays_is_refused(launch: LaunchWorld) -> None:
    launch.ready()
    launch.grader = lambda event: [
        {**entry, "aggregate_reward_score": 2.0} if entry["id"].endswith("/probe/keywords") else entry
        for entry in even(event)
    ]
    with pytest.raises(GraderBroken, match=r"hack probe keywords scores 2 on record r\d+, the honest answer 1; do not"):
        launch.invoke(Step.CALIBRATE, **RUN)
    found = launch.run().calibration
    assert found
    assert found.verdict == "fail"
    assert any("keywords" in note for note in found.notes)


def test_prompts_whose_rollouts_all_score_alike_teach_nothing(launch: LaunchWorld) -> None:
    launch.ready()
    launch.grader = lambda event: [
        {**entry, "aggregate_reward_score": float(int(entry["id"][1:].split("/")[0]) % 2)} for entry in even(event)
    ]
    with pytest.raises(GraderBroken, match="mixed prompts: the rollouts of 0 of 16 prompts score differently"):
        launch.invoke(Step.CALIBRATE, **RUN)


def test_a_grader_that_scores_all_alike_is_refused_and_its_numbers_are_kept(launch: LaunchWorld) -> None:
    launch.ready()
    launch.grader = lambda event: [{**entry, "aggregate_reward_score": 0.5} for entry in even(event)]
    with pytest.raises(GraderBroken, match=r"score 0\.5.*partial credit"):
        launch.invoke(Step.CALIBRATE, **RUN)
    found = launch.run().calibration
    assert found
    assert (found.mean, found.spread) == (0.5, 0.0)


def test_a_random_grader_is_refused(launch: LaunchWorld) -> None:
    launch.ready()
    number = count()
    launch.grader = lambda event: [{**e, "aggregate_reward_score": float(next(number))} for e in even(event)]
    with pytest.raises(GraderBroken, match="random"):
        launch.invoke(Step.CALIBRATE, **RUN)


def test_a_grader_that_raises_is_quoted(launch: LaunchWorld) -> None:
    def broken(event: list[dict[str, Any]]) -> Any:
        raise RuntimeError("division by zero in line 7")

    launch.ready()
    launch.grader = broken
    with pytest.raises(GraderBroken, match="RuntimeError: division by zero in line 7"):
        launch.invoke(Step.CALIBRATE, **RUN)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda answer: answer[1:],
        lambda answer: {"results": answer},
        lambda answer: [{**entry, "id": "0"} for entry in answer],
        lambda answer: [{**entry, "aggregate_reward_score": float("nan")} for entry in answer],
        lambda answer: [{**entry, "aggregate_reward_score": "1"} for entry in answer],
        lambda answer: None,
    ],
    ids=["one missing", "wrapped", "ids lost", "nan", "text", "nothing"],
)
def test_a_grader_that_breaks_bedrocks_contract_is_refused(launch: LaunchWorld, break_it: Any) -> None:
    launch.ready()
    launch.grader = lambda event: break_it(even(event))
    with pytest.raises(GraderBroken, match="contract"):
        launch.invoke(Step.CALIBRATE, **RUN)


@pytest.mark.parametrize(("step", "section"), [(Step.CALIBRATE, "dataset"), (Step.CALIBRATE, "grader")])
def test_a_step_out_of_turn_says_what_is_missing(launch: LaunchWorld, step: Step, section: str) -> None:
    launch.ready()
    launch.store.update("arithmetic-1", **{section: None})
    with pytest.raises(ValueError, match="no dataset version or no grader yet"):
        launch.invoke(step, **RUN)


# EstimateCost


def test_the_forecast_is_recorded(launch: LaunchWorld) -> None:
    launch.ready()
    answer = launch.invoke(Step.ESTIMATE_COST, **RUN)
    found = launch.run().forecast
    assert found
    assert answer == {"total_usd": found.total_usd}
    assert 0 < found.total_usd <= launch.settings.caps.max_run_usd


def test_a_forecast_above_the_cap_ends_the_run_and_is_kept(
    launch: LaunchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch.ready()
    caps = replace(launch.settings.caps, max_run_usd=1.0)
    monkeypatch.setenv(Variable.SETTINGS, encode_settings(replace(launch.settings, caps=caps)))
    environment.surroundings.cache_clear()
    with pytest.raises(OverBudget, match=r"max_run_usd 1\.00"):
        launch.invoke(Step.ESTIMATE_COST, **RUN)
    assert launch.run().forecast
    assert not launch.made(*CREATING)


def test_an_estimate_without_a_dataset_says_so(launch: LaunchWorld) -> None:
    launch.ready()
    launch.store.update("arithmetic-1", dataset=None)
    with pytest.raises(ValueError, match="no dataset version"):
        launch.invoke(Step.ESTIMATE_COST, **RUN)


# All steps


@pytest.mark.parametrize(
    ("step", "operation", "code"),
    [
        (Step.PREFLIGHT, "GetFoundationModel", "ThrottlingException"),
        (Step.PREFLIGHT, "GetServiceQuota", "TooManyRequestsException"),
        (Step.PREPARE_GRADER, "CreateAlias", "TooManyRequestsException"),
        (Step.CALIBRATE, "Converse", "ThrottlingException"),
        (Step.CALIBRATE, "Converse", "ModelNotReadyException"),
        (Step.CALIBRATE, "Invoke", "TooManyRequestsException"),
        (Step.CALIBRATE, "GetObject", "SlowDown"),
        (Step.ACQUIRE_SLOT, "UpdateItem", "ProvisionedThroughputExceededException"),
        (Step.LAUNCH_TRAINING, "ListModelCustomizationJobs", "ThrottlingException"),
        (Step.LAUNCH_TRAINING, "CreateModelCustomizationJob", "ThrottlingException"),
        (Step.LAUNCH_TRAINING, "CreateModelCustomizationJob", "ServiceUnavailableException"),
        (Step.LAUNCH_TRAINING, "GetModelCustomizationJob", "ThrottlingException"),
    ],
)
def test_throttling_gets_the_name_that_the_workflow_retries(
    launch: LaunchWorld, step: Step, operation: str, code: str
) -> None:
    launch.ready()
    if operation == "UpdateItem":
        launch.store.update("arithmetic-1", state=str(State.ACQUIRE_SLOT))  # the frame's own write is past
    launch.refuse(operation, code)
    with pytest.raises(Throttled):
        launch.invoke(step, **RUN)
    launch.invoke(step, **RUN)
    assert len(launch.bedrock.store.jobs) == (1 if step is Step.LAUNCH_TRAINING else 0)


@pytest.mark.parametrize(
    "step",
    [
        Step.PREFLIGHT,
        Step.PREPARE_GRADER,
        Step.CALIBRATE,
        Step.ESTIMATE_COST,
        Step.ACQUIRE_SLOT,
        Step.LAUNCH_TRAINING,
        Step.WAIT_FOR_TRAINING,
        Step.CHECK_TRAINING,
    ],
)
def test_an_event_without_a_run_is_stopped_at_the_door(launch: LaunchWorld, step: Step) -> None:
    with pytest.raises(TypeError, match="no run_id"):
        launch.invoke(step, run_id=None)
    assert not launch.calls
