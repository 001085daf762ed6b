"""Reinforcement: group-relative policy gradient with a KL term to the frozen base.

Per prompt K rollouts are sampled and graded; the advantage of a rollout is its reward less the group's mean, divided by
the group's standard deviation (Shao et al. 2024, DeepSeekMath, GRPO). The gradient of a softmax policy's expected
advantage with respect to its logits is the mean of advantage x (one-hot - probabilities).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from local.bedrock.answers import BEHAVIOURS
from local.bedrock.policy import Array, Policy, answer, matrix

# Bedrock's learning rates are for adapter weights of a language model; this turns them into steps on behaviour logits.
STEP_PER_LEARNING_RATE = 7_000.0
KL_SCALE = 10.0

Grade = Callable[[list[dict[str, Any]]], list[float]]


@dataclass(frozen=True)
class Example:
    """A training record as the learner needs it."""

    id: str
    messages: list[dict[str, Any]]
    prompt: str
    reference: Any
    metadata: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """The job's hyperparameters and the learner's own."""

    epochs: int
    batch: int
    samples: int
    learning_rate: float
    max_tokens: int
    eval_interval: int
    kl: float
    seed: int


@dataclass
class Step:
    """One optimiser step, as it goes into the metrics file."""

    number: int
    epoch: int
    mean: float
    low: float
    high: float
    kl: float
    entropy: float
    length: float
    validation: float | None = None


@dataclass
class Learner:
    """Trains a policy on examples; ``grade`` sends rollouts to the grader and returns their rewards in order."""

    examples: Sequence[Example]
    validation: Sequence[Example]
    knobs: Knobs
    grade: Grade
    policy: Policy = field(default_factory=Policy.base)
    graded: int = 0

    def run(self, stopped: Callable[[], bool] = lambda: False) -> Iterator[Step]:
        """Yield each step; ends early when ``stopped`` says so. Rollouts graded: examples x epochs x samples."""
        random = np.random.default_rng(self.knobs.seed)
        rows = matrix([example.prompt for example in self.examples])
        base = Policy(self.policy.weights.copy())  # of this job: the untouched model, or a custom one
        number = 0
        for epoch in range(1, self.knobs.epochs + 1):
            order = random.permutation(len(self.examples))
            for start in range(0, len(order), self.knobs.batch):
                if stopped():
                    return
                number += 1
                chosen = order[start : start + self.knobs.batch]
                step = self._step(number, epoch, chosen, rows[chosen], base, random)
                if self.validation and number % self.knobs.eval_interval == 0:
                    step.validation = self._validate(random)
                yield step

    def _step(
        self, number: int, epoch: int, chosen: Any, rows: Array, base: Policy, random: np.random.Generator
    ) -> Step:
        knobs = self.knobs
        current = self.policy.probabilities(rows)
        reference = base.probabilities(rows)
        draws = _sample(current, knobs.samples, random)
        rollouts = [
            self._rollout(self.examples[index], int(behaviour), f"{number}-{k}")
            for index, group in zip(chosen, draws, strict=True)
            for k, behaviour in enumerate(group)
        ]
        rewards = np.array(self.grade(rollouts)).reshape(draws.shape)
        self.graded += rewards.size
        spread = rewards.std(axis=1, keepdims=True)
        advantages = np.where(spread > 1e-9, (rewards - rewards.mean(axis=1, keepdims=True)) / (spread + 1e-6), 0.0)
        onehot = np.eye(len(BEHAVIOURS))[draws]
        gain = (advantages[:, :, None] * (onehot - current[:, None, :])).mean(axis=1)
        ratio = np.log(current) - np.log(reference)
        divergence = (current * ratio).sum(axis=1, keepdims=True)
        pull = current * (ratio - divergence)
        gradient = rows.T @ (gain - KL_SCALE * knobs.kl * pull) / len(chosen)
        self.policy.weights += STEP_PER_LEARNING_RATE * knobs.learning_rate * gradient
        lengths = [len(rollout["messages"][-1]["content"]) for rollout in rollouts]
        return Step(
            number=number,
            epoch=epoch,
            mean=float(rewards.mean()),
            low=float(rewards.min()),
            high=float(rewards.max()),
            kl=float(divergence.mean()),
            entropy=float(-(current * np.log(current)).sum(axis=1).mean()),
            length=float(np.mean(lengths)),
        )

    def _validate(self, random: np.random.Generator) -> float:
        rows = matrix([example.prompt for example in self.validation])
        draws = _sample(self.policy.probabilities(rows), 1, random)
        rollouts = [self._rollout(e, int(d[0]), "validation") for e, d in zip(self.validation, draws, strict=True)]
        return float(np.mean(self.grade(rollouts)))

    def _rollout(self, example: Example, behaviour: int, sample: str) -> dict[str, Any]:
        said = answer(BEHAVIOURS[behaviour], example.reference, example.prompt)[: self.knobs.max_tokens * 4]
        return {
            "id": f"{example.id}:{sample}",
            "messages": [*example.messages, {"role": "assistant", "content": said}],
            "metadata": example.metadata,
        }


def _sample(probabilities: Array, count: int, random: np.random.Generator) -> Any:
    mass = np.cumsum(probabilities, axis=1)
    draws = random.random((len(probabilities), count)) * mass[:, -1:]
    return (draws[:, :, None] > mass[:, None, :]).sum(axis=2)
