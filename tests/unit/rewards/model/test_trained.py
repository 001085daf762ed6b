"""A grader reads the reward model of the run that it is called for: once, and never another run's."""

import io
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rft.keys import REWARD_MODEL, artefact_key
from rft.rewards import GraderError, Sample
from rft.rewards import run as runs
from rft.rewards.components import component
from rft.rewards.model import RewardModel, trained
from tests.unit.rewards.model.test_artefact import MODEL

SAMPLE = Sample("s", (("user", "Help me"),), "Of course I do.")


def other() -> RewardModel:
    return RewardModel(
        MODEL.weights, scales=MODEL.scales, lows=MODEL.lows, highs=MODEL.highs, limit=MODEL.limit, centre=5.0
    )


class Bucket:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.read: list[str] = []

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self.read.append(f"{Bucket}/{Key}")
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no such key"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    found = Bucket()
    monkeypatch.setattr(boto3, "client", lambda *_, **__: SimpleNamespace(get_object=found.get_object))
    monkeypatch.setenv("RFT_ARTEFACTS_BUCKET", "artefacts")
    monkeypatch.setattr(trained, "_held", {})
    monkeypatch.setattr(trained, "_given", [])
    monkeypatch.setattr(runs, "current", runs.NO_RUN)
    return found


def test_each_run_has_its_own_model_which_is_read_once(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.objects = {"runs/a/reward-model": MODEL.to_bytes(), "runs/b/reward-model": other().to_bytes()}
    score = component("reward_model", {})
    for run, model in (("a", MODEL), ("b", other()), ("a", MODEL)):
        monkeypatch.setattr(runs, "current", run)
        assert score(SAMPLE) == model.reward("Help me", "Of course I do.")
    assert bucket.read == ["artefacts/runs/a/reward-model", "artefacts/runs/b/reward-model"]
    assert MODEL.reward("Help me", "Of course I do.") != other().reward("Help me", "Of course I do.")


def test_few_models_are_held(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3 * trained.HELD):
        bucket.objects[f"runs/{number}/reward-model"] = MODEL.to_bytes()
        monkeypatch.setattr(runs, "current", str(number))
        trained.model_of_run()
    assert len(trained._held) == trained.HELD


@pytest.mark.parametrize(
    ("run", "stored", "said"),
    [
        ("gone", None, "the reward model s3://artefacts/runs/gone/reward-model cannot be read: .*NoSuchKey"),
        ("bad", MODEL.to_bytes()[:-1] + b"x", "cannot be read: the reward model's file is damaged"),
        ("none", None, "call the function by the alias of a run"),
    ],
)
def test_a_model_that_cannot_be_read_is_an_outage(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, run: str, stored: bytes | None, said: str
) -> None:
    if stored is not None:
        bucket.objects[f"runs/{run}/reward-model"] = stored
    monkeypatch.setattr(runs, "current", run)
    with pytest.raises(GraderError, match=said):
        component("reward_model", {})(SAMPLE)
    assert not trained._held


def test_the_key_is_that_of_the_workflow() -> None:
    assert trained.KEY.format(run="a-run") == artefact_key("a-run", REWARD_MODEL)
