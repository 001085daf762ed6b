"""Task files: Bedrock's names and bounds, and messages that name the fix."""

from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from rft.errors import TaskInvalid
from rft.graders import audit_entry, grader_entry
from rft.judges import asks_bedrock
from rft.tasks import Hyperparameters, load_task
from tests.unit.rewards.model.test_artefact import FILE as SURFACE
from tests.unit.rewards.model.test_meaning import FILE as SEEING

GOOD = """
description = "Teaches sums to a model"
[model]
base_model = "amazon.nova-2-lite-v1:0:256k"
baseline_inference_id = "us.amazon.nova-2-lite-v1:0"
[grader]
reward = "reward.py:reward"
[hyperparameters]
epochCount = 2
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a task folder with a reward file."""
    made = tmp_path / "sums"
    made.mkdir()
    (made / "reward.py").write_text("")
    return made


def test_a_good_task_is_read(folder):
    (folder / "task.toml").write_text(GOOD)
    task = load_task(folder)
    assert task.name == "sums"
    assert task.hyperparameters.request()["epochCount"] == 2


def test_components_take_the_place_of_code(folder):
    text = GOOD.replace('[grader]\nreward = "reward.py:reward"', '[reward]\ncomponents = [{kind = "normalised"}]')
    (folder / "task.toml").write_text(text)
    task = load_task(folder)
    assert task.reward == {"components": [{"kind": "normalised"}]}
    assert grader_entry(task) == "components:task.json:reward"


@pytest.mark.parametrize(
    ("table", "entry"),
    [
        ('components = [{kind = "normalised"}]', "components:audit.json:audit"),
        ('reward = "audit.py:reward"', "reward:audit.py:reward"),
    ],
)
def test_a_task_may_have_an_independent_grader(folder, table, entry):
    (folder / "audit.py").write_text("")
    (folder / "task.toml").write_text(f"{GOOD}\n[audit]\n{table}\n")
    assert audit_entry(load_task(folder)) == entry


def test_a_task_needs_no_independent_grader(folder):
    (folder / "task.toml").write_text(GOOD)
    assert audit_entry(load_task(folder)) is None


def test_a_package_is_read_without_the_files_that_components_name(folder):
    model = '[reward]\ncomponents = [{kind = "reward_model", file = "liked.reward-model"}]'
    (folder / "task.toml").write_text(GOOD.replace('[grader]\nreward = "reward.py:reward"', model))
    load_task(folder, packaged=True)
    with pytest.raises(TaskInvalid, match=r"no file liked\.reward-model"):
        load_task(folder)


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("epochCount = 2", "epochCount = 51", "epochCount"),
        ("epochCount = 2", "epochs = 2", "epochs"),
        ("epochCount = 2", "batchSize = 8", "batchSize"),
        ("epochCount = 2", "learningRate = 0.5", "learningRate"),
        ("epochCount = 2", 'reasoningEffort = "none"', "reasoningEffort"),
        ('reward = "reward.py:reward"', "", "exactly one of"),
        ('reward = "reward.py:reward"', 'reward = "grade.py:reward"', "no file grade.py"),
        ('reward = "reward.py:reward"', 'reward = "reward.reward"', "file.py:function"),
        ('reward = "reward.py:reward"', 'reward = "reward.py:a"\nhandler = "reward.py:b"', "exactly one of"),
        ("[hyperparameters]", '[reward]\ncomponents = [{kind = "exact"}]\n[hyperparameters]', "exactly one of"),
        ("[grader]\nreward =", "[reward]\n#", "reward: components: list at least one"),
        ("[hyperparameters]", "[audit]\n[hyperparameters]", "audit: give one of"),
        ("[hyperparameters]", '[audit]\nreward = "audit.py:reward"\n[hyperparameters]', "audit: no file audit.py"),
        ("[hyperparameters]", '[audit]\nreward = "audit.reward"\n[hyperparameters]', "audit: 'audit.reward' must read"),
        (
            "[hyperparameters]",
            '[audit]\nreward = "reward.py:reward"\nweight = 1\n[hyperparameters]',
            "audit.weight: no such key",
        ),
        (
            "[hyperparameters]",
            '[audit]\ncomponents = [{kind = "numeric", near = 1}]\n[hyperparameters]',
            "audit: components[0].near: numeric has no such setting",
        ),
        (
            '[grader]\nreward = "reward.py:reward"',
            '[reward]\ncomponents = [{kind = "numeric", near = 1}]',
            "reward: components[0].near: numeric has no such setting",
        ),
        ("[hyperparameters]", "[splits]\ntest = 0.0\n[hyperparameters]", "splits.test"),
        ("[hyperparameters]", "[splits]\ntest = 0.9\n[hyperparameters]", "0.8"),
        ('base_model = "amazon.nova-2-lite-v1:0:256k"', 'base_model = "nova"', "base_model"),
        (
            'id = "us.amazon.nova-2-lite-v1:0"',
            'id = "arn:aws:bedrock:us-east-1:111111111111:application-inference-profile/a1b2c3d4e5f6"',
            "system-defined profile",
        ),
        ("us.amazon.nova-2-lite-v1:0", "a1b2c3d4e5f6", "system-defined profile"),
        ("[grader]", "[grader", "not valid TOML"),
    ],
)
def test_a_wrong_value_is_refused_with_a_hint(folder, old, new, hint):
    assert old in GOOD
    (folder / "task.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(TaskInvalid) as caught:
        load_task(folder)
    assert hint in str(caught.value)
    assert "task.toml" in str(caught.value)


def test_a_folder_without_a_task_file_says_what_to_do(folder):
    with pytest.raises(TaskInvalid, match="copy one from another task"):
        load_task(folder)


def test_names_and_bounds_are_those_of_bedrocks_service_model():
    model = ServiceModel(Loader().load_service_model("bedrock", "service-2"), "bedrock")
    shape: Any = model.shape_for("RFTHyperParameters")
    assert set(Hyperparameters().request()) | {"reasoningEffort"} == set(shape.members)
    bounds = {
        name: (member.metadata["min"], member.metadata["max"])
        for name, member in shape.members.items()
        if "max" in member.metadata
    }
    assert bounds == {
        "epochCount": (1, 50),
        "batchSize": (16, 512),
        "learningRate": (1e-7, 1e-3),
        "trainingSamplePerPrompt": (2, 16),
        "evalInterval": (1, 100),
    }


def test_golden_samples_are_checked_when_a_task_is_loaded(folder):
    (folder / "task.toml").write_text(GOOD + "[golden]\ntolerance = 0.1\n")
    with pytest.raises(TaskInvalid, match=r"golden\.jsonl: missing"):
        load_task(folder)
    (folder / "golden.jsonl").write_text("no JSON\n")
    with pytest.raises(TaskInvalid, match=r"golden\.jsonl: line 1: is no JSON"):
        load_task(folder)
    for checked_elsewhere in ({"packaged": True}, {"recording": True}):
        rules = load_task(folder, **checked_elsewhere).golden
        assert rules
        assert rules.tolerance == 0.1


def test_golden_samples_of_a_reward_model_that_each_run_trains_are_refused(folder):
    model = '[reward]\ncomponents = [{kind = "reward_model"}]'
    text = GOOD.replace('[grader]\nreward = "reward.py:reward"', model) + "[golden]\n"
    (folder / "task.toml").write_text(text)
    with pytest.raises(TaskInvalid, match=r"golden: each run trains the reward model"):
        load_task(folder)


LIKED = GOOD.replace('[grader]\nreward = "reward.py:reward"', '[reward]\ncomponents = [{kind = "reward_model"}]')
TITAN = '[reward_model]\nembeddings = "amazon.titan-embed-text-v2:0"\n'


def test_a_task_may_ask_for_embeddings(folder):
    (folder / "task.toml").write_text(LIKED)
    quiet = load_task(folder)
    (folder / "task.toml").write_text(f"{LIKED}{TITAN}dimensions = 512\n")
    task = load_task(folder)
    assert task.reward_model.named == ("amazon.titan-embed-text-v2:0", 512)
    assert (quiet.reward_model.named, asks_bedrock(quiet), asks_bedrock(task)) == (None, False, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + TITAN, r"nobody asks for embeddings; add \{kind = \"reward_model\"\}, or take it out"),
        (LIKED + TITAN.replace("titan-embed-text-v2", "nova-lite-v1"), 'write "amazon.titan-embed-text-v2:0"'),
        (LIKED + TITAN + "dimensions = 300\n", "gives 256, 512, 1024 dimensions, write one"),
        (LIKED + TITAN + "dimension = 256\n", "dimension"),
    ],
)
def test_embeddings_that_cannot_be_are_refused_with_the_fix(folder, text, said):
    (folder / "task.toml").write_text(text)
    with pytest.raises(TaskInvalid, match=said):
        load_task(folder)


@pytest.mark.parametrize(
    ("file", "table", "said"),
    [
        (SEEING, "", 'the file liked asks for embeddings; write .reward_model. embeddings = "amazon.titan-'),
        (SEEING, TITAN + "dimensions = 1024\n", "dimensions = 256 into task.toml"),
        (SURFACE, TITAN, "the file liked was trained without embeddings; train it again"),
        (SEEING, TITAN, None),
        (SURFACE, "", None),
    ],
)
def test_a_file_must_ask_for_what_its_task_grants(folder, file, table, said):
    (folder / "liked").write_bytes(file)
    text = LIKED.replace('"reward_model"}', '"reward_model", file = "liked"}') + table
    (folder / "task.toml").write_text(text)
    if said is None:
        assert load_task(folder).reward_model.embeddings == (TITAN.split('"')[1] if table else None)
        return
    with pytest.raises(TaskInvalid, match=said):
        load_task(folder)
