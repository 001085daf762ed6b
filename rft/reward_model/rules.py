"""Table ``[reward_model]`` of task.toml: what the reward model of a task sees besides n-grams."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from rft.rewards.model.artefact import BadModel, RewardModel
from rft.rewards.model.meaning import DIMENSIONS, MODELS

MOST_EMBEDDED: Final = 4_000  # pairs, so 12,000 texts at most: six minutes at 2,000 requests each, of a step's fifteen


class RewardModelRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Text embeddings of Bedrock as further features; without ``embeddings`` nobody is asked."""

    embeddings: str | None = None  # id of the embedding model
    dimensions: int = DIMENSIONS[0]

    @property
    def named(self) -> tuple[str, int] | None:
        """Model and dimensions, None without embeddings."""
        return None if self.embeddings is None else (self.embeddings, self.dimensions)


def reward_model_problems(rules: RewardModelRules, files: Iterable[Path]) -> list[str]:
    """Return what is wrong with the table, each with key and fix; ``files`` are the models in the task's folder."""
    found = []
    if rules.embeddings is not None and rules.embeddings not in MODELS:
        found.append(
            f"reward_model.embeddings: {rules.embeddings!r} is no embedding model that reward models can ask; write "
            + " or ".join(f'"{model}"' for model in MODELS)
        )
    if rules.dimensions not in DIMENSIONS:
        known = ", ".join(map(str, DIMENSIONS))
        found.append(f"reward_model.dimensions: is {rules.dimensions}; the model gives {known} dimensions, write one")
    return found or [problem for file in files if (problem := _of_file(rules, file))]


def unlike(rules: RewardModelRules, model: RewardModel) -> str | None:
    """Return how a model's embeddings are others than a task asks for, None if they are the same."""
    meaning = model.meaning
    if meaning is None:
        if rules.embeddings is None:
            return None
        return "was trained without embeddings; train it again, or take embeddings out of [reward_model]"
    if rules.named == (meaning.model, meaning.dimensions):
        return None
    return (
        f'asks for embeddings; write [reward_model] embeddings = "{meaning.model}" and dimensions = '
        f"{meaning.dimensions} into task.toml, or train it again"
    )


def _of_file(rules: RewardModelRules, file: Path) -> str | None:
    try:
        why = unlike(rules, RewardModel.from_bytes(file.read_bytes()))
    except (OSError, BadModel):
        return None  # the component says so
    return why and f"reward_model.embeddings: the file {file.name} {why}"
