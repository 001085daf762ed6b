"""``rft reward-model`` with embeddings: where they are asked, each text once, and what is said of their worth."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rft.rewards import bedrock as runtime
from rft.rewards.model import RewardModel
from rft.rewards.model import trained as trained_module
from tests.unit.cli.helpers import Outcome
from tests.unit.reward_model.preferences import make_fitting
from tests.unit.rewards.judging.fake_bedrock import FakeBedrock, fake_bedrock, refusal
from tests.unit.rewards.model.test_artefact import FILE as SURFACE

Rft = Callable[..., Outcome]
MODEL = "amazon.titan-embed-text-v2:0"
HERE = ("--endpoint", "http://127.0.0.1:1")
TASK = f"""
description = "Answers that speak of what was asked"
[model]
base_model = "amazon.nova-2-lite-v1:0:256k"
baseline_inference_id = "us.amazon.nova-2-lite-v1:0"
[reward]
components = [{{kind = "reward_model"}}]
[reward_model]
embeddings = "{MODEL}"
"""


@pytest.fixture(autouse=True)
def without_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be on a machine without AWS credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "")  # so that it is put back
    monkeypatch.setattr(trained_module, "_given", [])


@pytest.fixture
def bedrock() -> Iterator[FakeBedrock]:
    with fake_bedrock() as service:
        yield service


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with a task that asks for embeddings, a file of preferences and one of answers."""
    folder = tmp_path / "tasks" / "fit"
    folder.mkdir(parents=True)
    (folder / "task.toml").write_text(TASK)
    rows = [{"prompt": one.prompt, "chosen": one.better, "rejected": one.worse} for one in make_fitting(300)]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown = make_fitting(1, seed=5)[0]
    answers = {"prompt": shown.prompt, "answers": [shown.better, shown.worse]}
    (tmp_path / "answers.jsonl").write_text(json.dumps(answers) + "\n")
    return tmp_path


def train(rft: Rft, root: Path, *options: str) -> Outcome:
    return rft("reward-model", "train", str(root / "pairs.jsonl"), "--out", str(root / "liked"), *options, root=root)


def test_a_model_is_trained_with_embeddings_then_measured_and_asked(rft: Rft, root: Path, bedrock: FakeBedrock) -> None:
    asked: list[str] = []
    embed = bedrock.embed

    def embedding(body: bytes) -> Any:
        asked.append(runtime._client(30.0, 8).meta.endpoint_url)
        return embed(body)

    bedrock.embed = embedding
    outcome = train(rft, root, "--task", "fit", *HERE)
    assert outcome.code == 0, outcome.err
    assert f"sees embeddings of {MODEL} in 256 dimensions, of " in outcome.out
    assert "; without them " in outcome.out
    assert "embedding texts, 0 of " in outcome.err
    assert set(asked) == {"http://127.0.0.1:1"}
    texts = [json.loads(request["body"])["inputText"] for request in bedrock.requests]
    assert len(set(texts)) == len(texts)
    meaning = RewardModel.from_bytes((root / "liked").read_bytes()).meaning
    assert meaning
    assert (meaning.model, meaning.dimensions) == (MODEL, 256)

    bedrock.embed = embed
    outcome = rft("reward-model", "evaluate", str(root / "pairs.jsonl"), str(root / "liked"), "--json", *HERE)
    assert json.loads(outcome.out)["held_out"]["accuracy"]["share"]["mean"] > 0.9

    call = ("grade", str(root / "answers.jsonl"), "--task", "fit", "--reward-model", str(root / "liked"), "--json")
    outcome = rft(*call, *HERE, root=root)
    assert outcome.code == 0, outcome.err
    better, worse = json.loads(outcome.out)["answers"]
    assert better["score"] > worse["score"]


def test_options_take_the_place_of_the_tasks(rft: Rft, root: Path, bedrock: FakeBedrock) -> None:
    outcome = train(rft, root, "--embeddings", MODEL, "--dimensions", "512", "--json", *HERE)
    assert json.loads(outcome.out)["embeddings"]["dimensions"] == 512
    bedrock.requests.clear()
    assert json.loads(train(rft, root, "--json").out)["embeddings"] is None
    assert not bedrock.requests


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--embeddings", "amazon.nova-lite-v1:0"), f'write "{MODEL}"'),
        (("--embeddings", MODEL, "--dimensions", "300"), "gives 256, 512, 1024 dimensions"),
    ],
)
def test_unusable_calls(rft: Rft, root: Path, options: tuple[str, ...], said: str) -> None:
    outcome = train(rft, root, *options, *HERE)
    assert outcome.code == 2
    assert said in outcome.err


def test_without_credentials_it_says_so_before_anything_is_trained(rft: Rft, root: Path) -> None:
    outcome = train(rft, root, "--embeddings", MODEL)
    assert outcome.code == 3
    assert "there are no AWS credentials; sign in to AWS, or give --endpoint" in outcome.err


def test_an_outage_ends_it(rft: Rft, root: Path, bedrock: FakeBedrock) -> None:
    bedrock.embed = lambda _: refusal("AccessDeniedException")
    outcome = train(rft, root, "--embeddings", MODEL, *HERE)
    assert outcome.code == 3
    assert f"invoke_model of {MODEL}: AccessDeniedException" in outcome.err
    assert not (root / "liked").exists()


def test_a_model_of_other_embeddings_than_the_tasks_is_refused(rft: Rft, root: Path) -> None:
    (root / "surface").write_bytes(SURFACE)
    call = ("grade", str(root / "answers.jsonl"), "--task", "fit", "--reward-model", str(root / "surface"))
    outcome = rft(*call, *HERE, root=root)
    assert outcome.code == 2
    assert "was trained without embeddings; train it again" in outcome.err
