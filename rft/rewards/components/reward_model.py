"""Component ``reward_model``: what people preferred."""

from __future__ import annotations

import os

from rft.rewards.components.checks import between
from rft.rewards.errors import BadReward
from rft.rewards.model import BadModel, RewardModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rft.rewards.embedding import Embeddings
    from rft.rewards.sample import Sample


class Liked:
    """Asks a reward model; see ``reward_model``."""

    def __init__(self, model: Callable[[], RewardModel], *, parallel: int, seconds: float) -> None:
        self._model = model
        self._parallel = parallel
        self._seconds = seconds
        self._asked: dict[tuple[str, int], Embeddings] = {}

    def __call__(self, sample: Sample) -> float:
        """Return the probability that people prefer the answer to one of mean worth."""
        model = self._model()
        self._embeddings(model)
        return model.reward(sample.prompt, sample.answer)

    def prepare(self, samples: Sequence[Sample], deadline: float | None) -> None:
        """Have all texts of an event embedded at once, where the model was trained with embeddings."""
        if embeddings := self._embeddings(self._model()):
            answered = [sample for sample in samples if sample.answer.strip()]
            embeddings.prepare([text for one in answered for text in (one.prompt, one.answer)], deadline)

    def _embeddings(self, model: RewardModel) -> Embeddings | None:
        """Return who embeds for a model, and let the model ask there; None where it needs nobody."""
        meaning = model.meaning
        if meaning is None:
            return None
        named = meaning.model, meaning.dimensions
        if named not in self._asked:
            from rft.rewards.embedding import Embeddings  # here: other graders have no use for threads and Bedrock

            self._asked[named] = Embeddings(
                model=meaning.model, dimensions=meaning.dimensions, parallel=self._parallel, seconds=self._seconds
            )
        meaning.vector_of = self._asked[named]
        return self._asked[named]


def reward_model(*, file: str = "", parallel: int = 16, seconds: float = 30.0, folder: str) -> Liked:
    """Return the probability that people prefer the answer to one of mean worth, as a reward model learnt it.

    Range: 0 to 1. ``file`` is what ``rft reward-model train`` wrote, in the task's folder; without it, the model is
    the one that each run trains on its own preferences. An answer without a word has 0. A model that was trained with
    embeddings asks Bedrock for those of prompts and answers, in ``parallel`` threads; ``seconds`` bound one wait.
    Source: Bradley and Terry, Biometrika 39, 1952, see ``rft.rewards.model``.

    Raises:
        BadReward: a wrong setting, or a file that is no model.
        BedrockUnavailable: by the component, where texts cannot be embedded, or not in time.

    """
    between("parallel", parallel, 1, 64)
    between("seconds", seconds, 1, 300)
    if not file:
        return Liked(_of_run, parallel=parallel, seconds=seconds)
    model = _read(file, folder)
    return Liked(lambda: model, parallel=parallel, seconds=seconds)


def _of_run() -> RewardModel:
    from rft.rewards.model.trained import model_of_run

    return model_of_run()


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
