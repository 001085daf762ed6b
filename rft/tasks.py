"""A task: the folder ``tasks/<task>/`` that says what a model is taught. ``task.toml`` as a typed, validated value."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from rft.calibration.rules import CalibrationRules
from rft.datasets.rules import DataRules
from rft.errors import TaskInvalid
from rft.golden.rules import GoldenRules
from rft.golden.samples import GOLDEN_FILE, read_golden
from rft.graders import components_of, grader_problems, trains_reward_model
from rft.inference_ids import hides_models
from rft.judges import judge_models
from rft.rehearsal.rules import RehearsalRules
from rft.reward_model.rules import RewardModelRules, reward_model_problems
from rft.training.sft import SupervisedFirst
from rft.training.stop_loss import StopLoss

Fraction = Annotated[float, Meta(ge=0, le=1)]


class Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """Base: immutable, and a misspelt key is an error."""


class Hyperparameters(Strict, frozen=True, kw_only=True, rename="camel"):
    """Bedrock's RFTHyperParameters: its names (camel case in task.toml as well) and its bounds.

    Source: RFTHyperParameters in the Bedrock API of 2023-04-20. ``maxPromptLength`` and ``inferenceMaxTokens`` have no
    bound there; ours keep them positive.
    """

    epoch_count: Annotated[int, Meta(ge=1, le=50)] = 1
    batch_size: Annotated[int, Meta(ge=16, le=512)] = 128
    learning_rate: Annotated[float, Meta(ge=1e-7, le=1e-3)] = 1e-5
    max_prompt_length: Annotated[int, Meta(ge=1)] = 8192
    training_sample_per_prompt: Annotated[int, Meta(ge=2, le=16)] = 8
    inference_max_tokens: Annotated[int, Meta(ge=1)] = 2048
    reasoning_effort: Literal["low", "medium", "high"] | None = None
    eval_interval: Annotated[int, Meta(ge=1, le=100)] = 10

    def request(self) -> dict[str, int | float | str]:
        """Return the values under Bedrock's names, without those left to the service."""
        values: dict[str, int | float | str | None] = msgspec.to_builtins(self)
        return {name: value for name, value in values.items() if value is not None}


class Model(Strict, frozen=True, kw_only=True):
    """The model to train and the id that answers for it untouched: on Bedrock they differ."""

    base_model: Annotated[str, Meta(pattern=r"^(arn:aws[a-z-]*:bedrock:|[a-z0-9-]{1,63}\.)[^\s]+$")]
    baseline_inference_id: Annotated[str, Meta(min_length=1, max_length=2048)]


class Grader(Strict, frozen=True, kw_only=True):
    """The grader function: ``reward.py:reward`` in our form, a handler in AWS's contract, or the table ``[reward]``."""

    reward: str | None = None  # file:function, (Sample) -> Score
    handler: str | None = None  # file:function, AWS's contract, run unchanged
    timeout_seconds: Annotated[int, Meta(ge=3, le=900)] = 60
    memory_mb: Annotated[int, Meta(ge=128, le=10_240)] = 512
    judges: list[
        Annotated[str, Meta(min_length=1)]
    ] = []  # models that a reward in Python asks; [reward] says by itself
    guardrails: list[Annotated[str, Meta(min_length=1)]] = []  # and guardrails, by id
    text_metrics: bool = False  # the libraries of rouge, chrf and bleu, for a reward in Python; [reward] asks by itself


class Splits(Strict, frozen=True, kw_only=True):
    """Shares of the held-out splits; the rest trains. A record's split is a function of its prompt."""

    validation: Fraction = 0.1
    test: Fraction = 0.2


class Inference(Strict, frozen=True, kw_only=True):
    """How the models answer in evaluation."""

    max_tokens: Annotated[int, Meta(ge=1, le=64_000)] = 512
    temperature: Fraction = 0.0


class GateRule(Strict, frozen=True, kw_only=True):
    """When a candidate may serve: the interval of the paired difference must lie above the margins."""

    min_gain: float = 0.0  # lower bound of candidate minus baseline
    champion_margin: float = 0.0  # lower bound of candidate minus champion
    audit_min_gain: float = 0.0  # lower bound of candidate minus baseline with the independent grader, if there is one
    confidence: Annotated[float, Meta(gt=0.5, lt=1)] = 0.95
    min_records: Annotated[int, Meta(ge=10)] = 20


class Task(Strict, frozen=True, kw_only=True):
    """One task. ``name`` is the folder's name."""

    name: Annotated[str, Meta(pattern=r"^[a-z](-?[a-z0-9])+$", max_length=24)]
    description: Annotated[str, Meta(min_length=10)]
    model: Model
    grader: Grader = Grader()
    reward: dict[str, Any] | None = None  # components, see rft.rewards.combine
    audit: dict[str, Any] | None = None  # an independent grader: components, or reward = "audit.py:reward"
    hyperparameters: Hyperparameters = Hyperparameters()
    splits: Splits = Splits()
    inference: Inference = Inference()
    gate: GateRule = GateRule()
    data: DataRules = DataRules()
    calibration: CalibrationRules = CalibrationRules()
    rehearsal: RehearsalRules = RehearsalRules()
    reward_model: RewardModelRules = RewardModelRules()
    stop_loss: StopLoss = StopLoss()
    golden: GoldenRules | None = None  # where there are golden samples
    sft: SupervisedFirst = SupervisedFirst()


def load_task(folder: Path, *, packaged: bool = False, recording: bool = False) -> Task:
    """Read and check a task folder: ``task.toml``, and ``golden.jsonl`` unless its scores are about to be recorded.

    A ``packaged`` folder, in a function, was checked before, and holds no reward.

    Raises:
        TaskInvalid: missing file, not TOML, a wrong value; the message names file, key or line, and fix.

    """
    path = folder / "task.toml"
    try:
        raw = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise TaskInvalid(f"{path}: missing; copy one from another task and change it") from None
    except tomllib.TOMLDecodeError as error:
        raise TaskInvalid(f"{path}: not valid TOML: {error}") from None
    try:
        task = msgspec.convert({"name": folder.name, **raw}, Task)
    except msgspec.ValidationError as error:
        raise TaskInvalid(f"{path}: {error}; correct this key") from None
    for problem in _contradictions(task, folder, packaged=packaged):
        raise TaskInvalid(f"{path}: {problem}")
    if task.golden is not None and not packaged and not recording:
        read_golden(folder / GOLDEN_FILE)
    return task


def load_tasks(root: Path, *, packaged: bool = False) -> dict[str, Task]:
    """Read every task folder below ``root``, by name in alphabetical order."""
    folders = [folder for folder in sorted(root.iterdir()) if (folder / "task.toml").exists()]
    return {folder.name: load_task(folder, packaged=packaged) for folder in folders}


def protected_files(task: Task, folder: Path) -> dict[str, Path]:
    """Return the files with prompts that must not be trained on, by the names that ``[data] protected`` gives them."""
    return {name: folder / name for name in task.data.protected}


def _contradictions(task: Task, folder: Path, *, packaged: bool) -> list[str]:
    found = []
    if task.name != folder.name:
        found.append(f"name: is {task.name!r}, but the folder is {folder.name}; leave name out")
    found.extend(grader_problems(task, folder, packaged=packaged))
    if hides_models(task.model.baseline_inference_id):
        found.append(
            f"model.baseline_inference_id: {task.model.baseline_inference_id} does not say which model and Regions it "
            "leads to (an application inference profile or a prompt router); name the model's own id or a "
            'system-defined profile, such as "us.amazon.nova-2-lite-v1:0"'
        )
    found += [
        f"judge {model}: does not say which model and Regions it leads to; name the model's own id or a system-defined "
        "profile"
        for model in judge_models(task)
        if hides_models(model)
    ]
    for name, path in protected_files(task, folder).items():
        if folder.resolve() not in path.resolve().parents or not path.is_file():
            found.append(f"data.protected: no file {name} in {folder}; put it there, or take it off the list")
    if task.data.personal.second_opinion == "guardrail" and not task.data.personal.guardrail_id:
        found.append("data.personal: second_opinion asks a guardrail; name it in guardrail_id")
    found.extend(_golden_problems(task, folder))
    liked = components_of(task, "reward_model")
    files = [] if packaged else [folder / one["file"] for one in liked if one.get("file")]
    found.extend(reward_model_problems(task.reward_model, files))
    if task.reward_model.embeddings and not liked:
        found.append(
            "reward_model.embeddings: no component of [reward] or [audit] is a reward model, so that nobody asks for "
            'embeddings; add {kind = "reward_model"}, or take it out'
        )
    if task.splits.validation + task.splits.test > 0.8:
        found.append("splits: validation and test take more than 0.8; leave at least a fifth to train on")
    if task.splits.test == 0:
        found.append("splits.test: is 0; without held-out records nothing can be compared")
    return found


def _golden_problems(task: Task, folder: Path) -> list[str]:
    if task.golden is None:
        there = (folder / GOLDEN_FILE).exists()
        return [f"golden: {GOLDEN_FILE} is there; add the table [golden] with its tolerance = 0.0"] if there else []
    if trains_reward_model(task):
        return [
            "golden: each run trains the reward model that this task's grader asks, so that no score can be expected "
            "before; remove [golden]"
        ]
    return []
