"""What a run may cost at most, before anything is paid. Pure."""

from rft.keys import Serving, Split
from rft.schemas import Dataset, Forecast
from rft.settings import Settings
from rft.tasks import Task

BYTES_PER_TOKEN = 3  # English prose has four and more; code, tables and most other scripts about three
MODELS_ASKED = 3  # baseline, candidate, champion


def forecast(task: Task, dataset: Dataset, settings: Settings) -> Forecast:
    """Return the most that a run can cost, in USD, by item: caps times prices, tokens times prices.

    Training is counted for ``max_training_hours``, because Bedrock bills it by the hour and says beforehand nothing of
    how many it takes.
    """
    prices, test, train = settings.prices, dataset.splits[Split.TEST], dataset.splits[Split.TRAIN]
    calibration = task.calibration.prompts * task.calibration.samples
    answers = test.records * MODELS_ASKED + calibration
    prompt_bytes = test.bytes * MODELS_ASKED + train.bytes / max(train.records, 1) * calibration
    items = {
        "training": settings.workflow.max_training_hours * prices.training_hour,
        "evaluation": prompt_bytes / BYTES_PER_TOKEN / 1000 * prices.input_1k_tokens
        + answers * task.inference.max_tokens / 1000 * prices.output_1k_tokens,
        "model storage, one month": prices.model_month,
    }
    provisioned = settings.serving.provisioned
    if settings.serving.mode is Serving.PROVISIONED and provisioned is not None:
        hours = provisioned.max_pt_hours * provisioned.model_units
        items["provisioned throughput"] = hours * prices.provisioned_unit_hour
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
