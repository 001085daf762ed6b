"""A reward model with embeddings: its file is as safe as one without, and a grader asks for vectors at once."""

import hashlib
import json
import random
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.rewards import Sample
from rft.rewards.combine import combine
from rft.rewards.components import component
from rft.rewards.errors import BadReward, BedrockUnavailable, GraderError
from rft.rewards.model import BadModel, RewardModel
from rft.rewards.model.artefact import MAGIC
from rft.rewards.model.features import SIZE
from rft.rewards.model.meaning import DIMENSIONS, MODELS, Meaning
from tests.unit.reward_model.preferences import LocalVectors
from tests.unit.rewards.judging.fake_bedrock import FakeBedrock, fake_bedrock, refusal
from tests.unit.rewards.model.test_artefact import FILE as PLAIN
from tests.unit.rewards.model.test_artefact import model_of

MODEL = MODELS[0]
VECTORS = LocalVectors()


def with_meaning(dimensions: int = 256, seed: int = 1) -> RewardModel:
    """Return a model of words that likes some meanings."""
    model, rng = model_of({"good": 0.5}), random.Random(seed)
    weights = array("f", (rng.gauss(0, 1) for _ in range(2 * dimensions)))
    model.meaning = Meaning(weights, model=MODEL, dimensions=dimensions)
    return model


FILE = with_meaning().to_bytes()
HEAD = json.loads(FILE[len(MAGIC) + 65 :].partition(b"\n")[0])


def sealed(head: object, weights: "array[float]") -> bytes:
    rest = json.dumps(head).encode() + b"\n" + weights.tobytes()
    return MAGIC + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest


def all_weights() -> "array[float]":
    model = with_meaning()
    assert model.meaning
    return model.weights + model.meaning.weights


@pytest.mark.parametrize("dimensions", DIMENSIONS)
def test_a_model_read_from_its_file_is_the_same(dimensions: int) -> None:
    model = with_meaning(dimensions)
    read = RewardModel.from_bytes(model.to_bytes())
    assert read.to_bytes() == model.to_bytes()
    assert len(read.weights) == SIZE
    for one in (model, read):
        assert one.meaning
        one.meaning.vector_of = LocalVectors(dimensions)
    assert read.worth("What grows?", "Ferns.") == model.worth("What grows?", "Ferns.")
    assert read.worth("What grows?", "Ferns.") != model_of({"good": 0.5}).worth("What grows?", "Ferns.")


def test_a_file_without_embeddings_says_nothing_of_them() -> None:
    assert b"embeddings" not in PLAIN[:1000]
    assert RewardModel.from_bytes(PLAIN).meaning is None
    assert len(FILE) - len(PLAIN) == 4 * 512 + len(json.dumps({"embeddings": HEAD["embeddings"]})) - len("{}") + 2


def test_worth_is_linear_in_the_embedding_and_its_product_with_the_prompts() -> None:
    model = with_meaning()
    assert model.meaning
    model.meaning.vector_of = VECTORS
    prompt, answer = VECTORS("What grows?"), VECTORS("Ferns.")
    own, both = model.meaning.weights[:256], model.meaning.weights[256:]
    expected = sum(w * a for w, a in zip(own, answer, strict=True))
    expected += sum(w * a * p for w, a, p in zip(both, answer, prompt, strict=True))
    assert model.meaning.worth("What grows?", "Ferns.") == pytest.approx(expected, abs=1e-5)


@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    damaged = bytearray(FILE)
    damaged[place] ^= change
    with pytest.raises(BadModel):
        RewardModel.from_bytes(bytes(damaged))


@pytest.mark.parametrize(
    "about",
    [
        None,
        [],
        {},
        {"model": MODEL},
        {"model": "amazon.nova-lite-v1:0", "dimensions": 256},
        {"model": MODEL, "dimensions": 255},
        {"model": MODEL, "dimensions": 512},
        {"model": MODEL, "dimensions": 256.0},
        {"model": MODEL, "dimensions": True},
        {"model": [MODEL], "dimensions": 256},
        {"model": MODEL, "dimensions": [256]},
        {"model": MODEL, "dimensions": 256, "more": 1},
    ],
)
def test_a_file_whole_but_wrong_is_refused(about: object) -> None:
    with pytest.raises(BadModel, match="does not hold"):
        RewardModel.from_bytes(sealed({**HEAD, "embeddings": about}, all_weights()))


def test_weights_that_nobody_tells_of_or_that_are_missing_or_endless_are_refused() -> None:
    untold = {name: value for name, value in HEAD.items() if name != "embeddings"}
    weights = all_weights()
    for head, given_ in (
        (untold, weights),
        (HEAD, weights[:-1]),
        (HEAD, weights[:SIZE]),
        (HEAD, weights + weights[:1]),
    ):
        with pytest.raises(BadModel, match="does not hold"):
            RewardModel.from_bytes(sealed(head, given_))
    weights[SIZE + 3] = float("nan")
    with pytest.raises(BadModel, match="not finite"):
        RewardModel.from_bytes(sealed(HEAD, weights))


def test_a_model_whose_embeddings_nobody_gives_is_an_outage() -> None:
    with pytest.raises(GraderError, match="needs embeddings of amazon"):
        RewardModel.from_bytes(FILE).reward("?", "good")


# The component


@pytest.fixture
def bedrock() -> Iterator[FakeBedrock]:
    with fake_bedrock() as service:
        yield service


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "liked").write_bytes(FILE)
    return str(tmp_path)


def rollout(number: int, answer: str) -> Sample:
    return Sample(str(number), (("user", "What grows?"),), answer, None)


def test_a_graders_component_asks_for_all_texts_of_an_event_once(bedrock: FakeBedrock, folder: str) -> None:
    reward = combine({"components": [{"kind": "reward_model", "file": "liked"}]}, folder)
    rollouts = [rollout(1, "Ferns."), rollout(2, "Moss."), rollout(3, "Ferns."), rollout(4, " ")]
    reward.prepare(rollouts, None)  # type: ignore[attr-defined]
    texts = sorted(json.loads(request["body"])["inputText"] for request in bedrock.requests)
    assert texts == ["Ferns.", "Moss.", "What grows?"]
    values = [reward(one).value for one in rollouts]
    assert len(bedrock.requests) == 3
    assert values[0] == values[2] != values[1]
    assert values[3] == 0.0


def test_without_preparation_it_asks_by_itself(bedrock: FakeBedrock, folder: str) -> None:
    made = component("reward_model", {"file": "liked"}, folder)
    assert 0 < made(rollout(1, "Ferns.")) < 1  # type: ignore[operator]
    assert len(bedrock.requests) == 2


def test_an_outage_is_no_score(bedrock: FakeBedrock, folder: str) -> None:
    bedrock.embed = lambda _: refusal("AccessDeniedException")
    reward = combine({"components": [{"kind": "reward_model", "file": "liked"}]}, folder)
    with pytest.raises(BedrockUnavailable, match="AccessDeniedException"):
        reward.prepare([rollout(1, "Ferns.")], None)  # type: ignore[attr-defined]
    with pytest.raises(GraderError, match="AccessDeniedException"):
        reward(rollout(1, "Ferns."))


def test_a_model_without_embeddings_asks_nobody(bedrock: FakeBedrock, tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(PLAIN)
    reward = combine({"components": [{"kind": "reward_model", "file": "plain"}]}, str(tmp_path))
    reward.prepare([rollout(1, "good")], None)  # type: ignore[attr-defined]
    assert reward(rollout(1, "good")).value > 0.5
    assert not bedrock.requests


@pytest.mark.parametrize(("key", "value"), [("parallel", 0), ("parallel", 65), ("seconds", 0.5), ("seconds", 301.0)])
def test_settings_out_of_bounds_are_refused(folder: str, key: str, value: float) -> None:
    with pytest.raises(BadReward, match=key):
        component("reward_model", {"file": "liked", key: value}, folder)
