"""What a run may cost at most, before anything is paid. Pure."""

from typing import Any

from rft.errors import SettingsInvalid
from rft.golden.samples import MOST
from rft.graders import components_of, trains_reward_model
from rft.judges import GUARDRAIL, JUDGE, embedding_models, judges_answers
from rft.keys import Serving, Split
from rft.rewards.components.guardrail import PER_UNIT
from rft.rewards.components.judge import ATTEMPTS, MODES, judge
from rft.schemas import Dataset, Forecast
from rft.settings import Settings
from rft.tasks import Task

CHARACTERS_PER_TOKEN = 6  # at most, of an answer
BYTES_PER_TOKEN = 3  # English prose has four and more; code, tables and most other scripts about three
MODELS_ASKED = 3  # baseline, candidate, champion
TRIED = 60  # answers to a prompt of calibration: right ones, probes and the rehearsal's, beside the rollouts
FRAME_TOKENS = 1000  # of a judge's question around rubric and rollout, with what the service adds for the tool
DEFAULT_TOKENS = 4000  # of a judge that a reward in Python asks: the most that a judge may write


def forecast(task: Task, dataset: Dataset, settings: Settings) -> Forecast:
    """Return the most that a run can cost, in USD, by item: caps times prices, tokens times prices.

    Reinforcement is counted for ``max_training_hours``, because Bedrock bills it by the hour and says beforehand
    nothing of how many it takes. A supervised job is billed by tokens: those of the whole train split, in each epoch.
    """
    prices, test, train = settings.prices, dataset.splits[Split.TEST], dataset.splits[Split.TRAIN]
    calibration = task.calibration.prompts * task.calibration.samples
    answers = test.records * MODELS_ASKED + calibration
    prompt_bytes = test.bytes * MODELS_ASKED + train.bytes / max(train.records, 1) * calibration
    items = {
        "training": settings.workflow.max_training_hours * prices.training_hour,
        "evaluation": prompt_bytes / BYTES_PER_TOKEN / 1000 * prices.input_1k_tokens
        + answers * task.inference.max_tokens / 1000 * prices.output_1k_tokens,
        "model storage, one month": prices.model_month * (2 if task.sft.first else 1),
    }
    if task.sft.first:
        tokens = train.bytes / BYTES_PER_TOKEN * task.sft.epochs
        items["supervised training"] = tokens / 1000 * _price(settings, "supervised_1k_tokens")
    provisioned = settings.serving.provisioned
    if settings.serving.mode is Serving.PROVISIONED and provisioned is not None:
        hours = provisioned.max_pt_hours * provisioned.model_units
        items["provisioned throughput"] = hours * prices.provisioned_unit_hour
    if judges_answers(task):
        items["judges"] = _judges(task, dataset, settings)
    if embedding_models(task):
        items["embeddings"] = _embeddings(task, dataset, settings)
    rounded = {name: round(value, 2) for name, value in items.items()}
    return Forecast(items=rounded, total_usd=round(sum(rounded.values()), 2))


def over_cap(found: Forecast, settings: Settings) -> str | None:
    """Return why a forecast is refused, with the settings that change it, or None."""
    if found.total_usd <= settings.caps.max_run_usd:
        return None
    items = ", ".join(f"{name} {value:.2f}" for name, value in found.items.items())
    return (
        f"the run may cost {found.total_usd:.2f} USD ({items}), above caps.max_run_usd {settings.caps.max_run_usd:.2f} "
        f"of environments/{settings.name}.toml; lower max_training_hours or max_pt_hours, or raise the cap"
    )


def _judges(task: Task, dataset: Dataset, settings: Settings) -> float:
    """Return what judges and guardrails cost at most: every rollout is judged, in each position, and asked again.

    Bedrock repeats a call of the grader that fails; what was answered before is kept by the grader and not counted
    twice.
    """
    judged = components_of(task, JUDGE)
    calls = [
        (len(one["models"]) * _positions(one.get("mode", MODES[0])), len(one["rubric"].encode()), _written(one))
        for one in judged
    ] + [(2, 0, DEFAULT_TOKENS) for _ in task.grader.judges]
    units = len(components_of(task, GUARDRAIL)) + len(task.grader.guardrails)
    usd = 0.0
    for rollouts, size, answer in _graded(task, dataset):
        for times, rubric, written in calls:
            tokens = FRAME_TOKENS + (rubric + size) / BYTES_PER_TOKEN + answer
            asked = rollouts * times * ATTEMPTS / 1000
            usd += asked * tokens * _price(settings, "judge_input_1k_tokens")
            usd += asked * written * _price(settings, "judge_output_1k_tokens")
        if units:
            parts = answer * CHARACTERS_PER_TOKEN // PER_UNIT + 1
            usd += rollouts * units * parts / 1000 * _price(settings, "guardrail_1k_text_units")
    return usd


def _embeddings(task: Task, dataset: Dataset, settings: Settings) -> float:
    """Return what embeddings cost at most: prompt and answer of every rollout, and all texts of a model's training."""
    models = len(components_of(task, "reward_model"))  # a grader and its independent one know nothing of each other
    tokens = sum(
        models * rollouts * (size / BYTES_PER_TOKEN + answer) for rollouts, size, answer in _graded(task, dataset)
    )
    if trains_reward_model(task):
        tokens += sum(split.bytes for split in dataset.splits.values()) / BYTES_PER_TOKEN
    return tokens / 1000 * _price(settings, "embedding_1k_tokens")


def _graded(task: Task, dataset: Dataset) -> list[tuple[float, float, int]]:
    """Return how many rollouts of each kind are graded, the bytes of a record and the tokens of an answer."""
    knobs, splits = task.hyperparameters, dataset.splits
    size = {name: split.bytes / max(split.records, 1) for name, split in splits.items()}
    train = splits[Split.TRAIN].records * knobs.epoch_count
    validations = splits[Split.VALIDATION].records if Split.VALIDATION in splits else 0
    validated = validations * (train / knobs.batch_size / knobs.eval_interval + 1)
    prompts = min(task.calibration.prompts, splits[Split.TRAIN].records)
    return [
        (train * knobs.training_sample_per_prompt, size[Split.TRAIN], knobs.inference_max_tokens),
        (validated, size.get(Split.VALIDATION, 0.0), knobs.inference_max_tokens),
        (splits[Split.TEST].records * MODELS_ASKED, size[Split.TEST], task.inference.max_tokens),
        (prompts * (2 * task.calibration.samples + TRIED), size[Split.TRAIN], task.inference.max_tokens),
        (MOST if task.golden else 0, size[Split.TRAIN], task.inference.max_tokens),
    ]


def _positions(mode: str) -> int:
    return 1 if mode == MODES[0] else 2


def _written(component: dict[str, Any]) -> int:
    """Return how many tokens a judge of ``[reward]`` may write."""
    found: int = component.get("max_tokens", (judge.__kwdefaults__ or {})["max_tokens"])
    return found


def _price(settings: Settings, name: str) -> float:
    """Return a price that only tasks with judges, guardrails, embeddings or a supervised job need.

    Raises:
        SettingsInvalid: the environment has none.

    """
    found: float | None = getattr(settings.prices, name)
    if found is None:
        raise SettingsInvalid(
            f"prices.{name}: missing in environments/{settings.name}.toml, and the task asks a judge or a guardrail, "
            "for embeddings or for a supervised job; add it"
        )
    return found
