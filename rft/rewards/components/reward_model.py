"""Component ``reward_model``: what people preferred."""

from __future__ import annotations

import os

from rft.rewards.errors import BadReward
from rft.rewards.model import BadModel, RewardModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def reward_model(*, file: str = "", folder: str) -> Component:
    """Return the probability that people prefer the answer to one of mean worth, as a reward model learnt it.

    Range: 0 to 1. ``file`` is what ``rft reward-model train`` wrote, in the task's folder; without it, the model is
    the one that each run trains on its own preferences. An answer without a word has 0.
    Source: Bradley and Terry, Biometrika 39, 1952, see ``rft.rewards.model``.
    """
    if not file:
        return _of_run
    model = _read(file, folder)

    def score(sample: Sample) -> float:
        return model.reward(sample.prompt, sample.answer)

    return score


def _of_run(sample: Sample) -> float:
    from rft.rewards.model.trained import model_of_run

    return model_of_run().reward(sample.prompt, sample.answer)


def _read(file: str, folder: str) -> RewardModel:
    path = os.path.join(folder, file)
    place = os.path.relpath(os.path.realpath(path), os.path.realpath(folder)).split(os.sep)
    if place[0] in (os.pardir, "data"):
        raise BadReward(f"file: {file} does not go into the grader; put it into the task's folder, outside data/")
    try:
        with open(path, "rb") as stream:
            return RewardModel.from_bytes(stream.read())
    except OSError:
        raise BadReward(f"file: no file {file} in the task's folder; train it with `rft reward-model train`") from None
    except BadModel as error:
        raise BadReward(f"file: {file}: {error}") from None
