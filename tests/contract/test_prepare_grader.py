"""PrepareGrader: the grader of a run is pinned, and a reward model is trained on the run's preferences."""

import hashlib
import json
from typing import Any

import pytest
from msgspec.structs import replace

from rft.aws import environment
from rft.aws.environment import Variable
from rft.concurrency import GraderConcurrency
from rft.errors import EmbeddingsUnavailable, GraderBroken
from rft.keys import Split, Step
from rft.rewards.model import RewardModel
from rft.rewards.model.trained import KEY
from rft.settings import encode_settings
from tests.contract.launching import EMBEDDING, GRADER, LaunchWorld

RUN = {"run_id": "arithmetic-1"}


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


def asked(launch: LaunchWorld) -> list[dict[str, Any]]:
    """Return the bodies of the requests for embeddings."""
    requests = launch.made("InvokeModel")
    assert {one["modelId"] for one in requests} <= {EMBEDDING}
    return [json.loads(one["body"]) for one in requests]


def test_embeddings_of_each_text_are_asked_once_where_the_task_wants_them(launch: LaunchWorld) -> None:
    preferring(launch)
    launch.embed("preferences")
    assert launch.invoke(Step.PREPARE_GRADER, **RUN) == {"ready": True}
    bodies = asked(launch)
    assert len(bodies) == 140 + 4  # prompts, and the answers, of which only four are different
    assert {(one["dimensions"], one["normalize"]) for one in bodies} == {(256, True)}
    pin = launch.run().grader
    assert pin
    assert pin.reward_model
    assert pin.reward_model.embeddings == EMBEDDING
    assert pin.reward_model.without_embeddings == pin.reward_model.accuracy
    meaning = RewardModel.from_bytes(launch.objects[f"artefacts-bucket/{pin.reward_model.key}"]).meaning
    assert meaning
    assert (meaning.model, meaning.dimensions) == (EMBEDDING, 256)
    report = json.loads(launch.objects[f"artefacts-bucket/{pin.reward_model.report_key}"])
    assert report["embeddings"]["texts"] == len(bodies)


def test_nobody_is_asked_for_embeddings_otherwise(launch: LaunchWorld) -> None:
    preferring(launch)
    launch.invoke(Step.PREPARE_GRADER, **RUN)
    assert asked(launch) == []


def test_a_retry_trains_anew_where_the_task_now_asks_for_other_embeddings(launch: LaunchWorld) -> None:
    preferring(launch)
    launch.embed("preferences")
    launch.invoke(Step.PREPARE_GRADER, **RUN)
    retrying(launch)
    launch.invoke(Step.PREPARE_GRADER, run_id="arithmetic-2")
    assert asked(launch) == []
    launch.embed("preferences", 512)
    retrying(launch, "arithmetic-3")
    launch.invoke(Step.PREPARE_GRADER, run_id="arithmetic-3")
    assert {one["dimensions"] for one in asked(launch)} == {512}


def test_texts_that_cannot_be_embedded_are_an_outage_and_no_model(launch: LaunchWorld) -> None:
    preferring(launch)
    launch.embed("preferences")
    launch.bedrock.store.options.models_without_access.append(EMBEDDING)
    with pytest.raises(EmbeddingsUnavailable, match=f"invoke_model of {EMBEDDING}: AccessDeniedException"):
        launch.invoke(Step.PREPARE_GRADER, **RUN)
    assert not launch.made("PutObject")
    assert launch.run().grader is None


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


def test_a_dataset_without_pairs_is_refused_with_what_to_drop(launch: LaunchWorld) -> None:
    preferring(launch)
    for place in [place for place in launch.objects if place.startswith("datasets-bucket/")]:
        launch.objects[place] = b'{"messages": [{"role": "user", "content": "What is 1 plus 1?"}]}\n'
    assert launch.invoke(Step.PREPARE_GRADER, **RUN) == {"ready": False}
    run = launch.run()
    assert "holds no pair; drop records with a prompt, and answers chosen and rejected" in run.message
    assert run.grader is None


def test_environments_are_kept_warm_behind_the_runs_own_alias(launch: LaunchWorld) -> None:
    launch.ready()
    warm = replace(launch.settings, graders={"arithmetic": GraderConcurrency(provisioned_concurrency=3)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(Variable.SETTINGS, encode_settings(warm))
        environment.surroundings.cache_clear()
        for _ in range(2):
            launch.invoke(Step.PREPARE_GRADER, **RUN)
    wanted = {"FunctionName": GRADER, "Qualifier": "arithmetic-1", "ProvisionedConcurrentExecutions": 3}
    assert launch.made("PutProvisionedConcurrencyConfig") == [wanted, wanted]


def test_nothing_is_kept_warm_unless_the_settings_say_so(launch: LaunchWorld) -> None:
    launch.ready()
    launch.invoke(Step.PREPARE_GRADER, **RUN)
    assert not launch.made("PutProvisionedConcurrencyConfig")
