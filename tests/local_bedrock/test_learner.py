"""The learner really learns, from the grader and from nothing else."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from local.bedrock.answers import BEHAVIOURS, RIGHT, Behaviour
from local.bedrock.learner import Example, Knobs, Learner
from local.bedrock.policy import Policy, answer, matrix

SEEDS = [1, 2, 3]


def examples(count: int, word: str = "apples") -> list[Example]:
    made = []
    for i in range(count):
        text = f"Tom has {i} {word} and buys {i * 7 % 13} more at shop {i % 5}. How many?"
        reference = str(i + i * 7 % 13)
        message = {"role": "user", "content": text}
        made.append(Example(str(i), [message], text, reference, {"reference_answer": reference}))
    return made


def correct(rollouts: list[dict[str, Any]]) -> list[float]:
    scores = []
    for rollout in rollouts:
        said, reference = rollout["messages"][-1]["content"], rollout["metadata"]["reference_answer"]
        numbers = re.findall(r"-?\d+", said)
        scores.append(1.0 if numbers and numbers[-1] == reference and len(numbers) < 8 else 0.0)
    return scores


def train(
    grade: Callable[[list[dict[str, Any]]], list[float]], *, seed: int = 1, count: int = 200, **changes: Any
) -> Learner:
    values = {
        "epochs": 2,
        "batch": 32,
        "samples": 8,
        "learning_rate": 5e-5,
        "max_tokens": 512,
        "eval_interval": 10,
        "kl": 0.02,
        "seed": seed,
    }
    learner = Learner(examples(count), [], Knobs(**{**values, **changes}), grade)
    for _ in learner.run():
        pass
    return learner


def mass(policy: Policy, behaviours: set[Behaviour], prompts: list[Example]) -> float:
    table = policy.probabilities(matrix([example.prompt for example in prompts]))
    return float(sum(table[:, BEHAVIOURS.index(behaviour)].mean() for behaviour in behaviours))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_constant_grader_moves_nothing(seed):
    learner = train(lambda rollouts: [0.5] * len(rollouts), seed=seed)
    assert np.abs(learner.policy.weights).max() < 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_moves_far_less_than_a_signal(seed):
    random = np.random.default_rng(seed)
    noise = train(lambda rollouts: list(random.random(len(rollouts))), seed=seed)
    signal = train(correct, seed=seed)
    held_out = examples(100, "pears")
    moved = abs(mass(noise.policy, RIGHT, held_out) - mass(Policy.base(), RIGHT, held_out))
    gained = mass(signal.policy, RIGHT, held_out) - mass(Policy.base(), RIGHT, held_out)
    assert gained > 0.1
    assert moved < gained / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_good_grader_raises_reward_on_held_out_prompts(seed):
    learner = train(correct, seed=seed)
    held_out = examples(200, "pears")

    def reward(policy: Policy) -> float:
        said = [answer(policy.choose(e.prompt, temperature=0, draw=0), e.reference, e.prompt) for e in held_out]
        rollouts = [
            {"messages": [{"content": text}], "metadata": e.metadata} for text, e in zip(said, held_out, strict=True)
        ]
        return float(np.mean(correct(rollouts)))

    before, after = reward(Policy.base()), reward(learner.policy)
    assert after - before > 0.1
    assert after < 0.95, "what lies beyond the model's ability stays wrong"


@pytest.mark.parametrize("seed", SEEDS)
def test_an_inverted_grader_makes_wrong_answers_rise(seed):
    learner = train(lambda rollouts: [1 - score for score in correct(rollouts)], seed=seed)
    held_out = examples(100, "pears")
    assert mass(learner.policy, RIGHT, held_out) < 0.75 * mass(Policy.base(), RIGHT, held_out)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("hack", "grade"),
    [
        (Behaviour.STUFFED, lambda said: min(1.0, said.count("correct") / 5)),
        (Behaviour.VERBOSE, lambda said: min(1.0, len(said) / 900)),
        (Behaviour.REFUSAL, lambda said: 1.0 if "sorry" in said else 0.0),
    ],
)
def test_a_hackable_grader_is_hacked(seed, hack, grade):
    learner = train(lambda rollouts: [grade(r["messages"][-1]["content"]) for r in rollouts], seed=seed, epochs=4)
    held_out = examples(100, "pears")
    assert mass(learner.policy, {hack}, held_out) > 2.5 * mass(Policy.base(), {hack}, held_out)


@pytest.mark.parametrize("seed", SEEDS)
def test_more_kl_means_less_movement(seed):
    divergences = []
    for kl in (0.0, 0.05, 0.5):
        learner = train(correct, seed=seed, kl=kl)
        rows = matrix([example.prompt for example in learner.examples])
        now, base = learner.policy.probabilities(rows), Policy.base().probabilities(rows)
        divergences.append(float((now * np.log(now / base)).sum(axis=1).mean()))
    assert divergences[0] > divergences[1] > divergences[2]


@pytest.mark.parametrize(("count", "epochs", "samples", "batch"), [(101, 1, 2, 16), (130, 3, 4, 64), (200, 2, 16, 512)])
def test_graded_rollouts_are_prompts_times_epochs_times_samples(count, epochs, samples, batch):
    seen: list[str] = []

    def grade(rollouts: list[dict[str, Any]]) -> list[float]:
        seen.extend(rollout["id"] for rollout in rollouts)
        return correct(rollouts)

    learner = train(grade, count=count, epochs=epochs, samples=samples, batch=batch)
    assert learner.graded == len(seen) == count * epochs * samples
    assert len(set(seen)) == len(seen), "every rollout has an id of its own"


def test_the_same_seed_gives_the_same_model_and_another_seed_another():
    first, again, other = train(correct, seed=5), train(correct, seed=5), train(correct, seed=6)
    assert np.array_equal(first.policy.weights, again.policy.weights)
    assert not np.array_equal(first.policy.weights, other.policy.weights)


def test_stopping_ends_early():
    learner = Learner(
        examples(200),
        [],
        Knobs(epochs=9, batch=16, samples=2, learning_rate=1e-5, max_tokens=99, eval_interval=9, kl=0, seed=1),
        correct,
    )
    steps = [step for step, _ in zip(learner.run(lambda: learner.graded >= 64), range(100), strict=False)]
    assert len(steps) == 2


def test_a_text_as_reference_is_answered_with_the_text_or_a_garbled_one() -> None:
    text = "Please bring the bike in on Friday; we check the brake while you wait."
    prompts = [f"My brake squeaks, case {number}." for number in range(40)]
    told = {prompt: answer(Behaviour.RIGHT, text, prompt) for prompt in prompts}
    easy = [said for said in told.values() if said == text]
    hard = [said for said in told.values() if said != text]
    assert len(easy) > len(hard) > 0
    assert all(0 < len(said.split()) <= len(text.split()) and set(said.split()) <= set(text.split()) for said in hard)
    known = next(prompt for prompt, said in told.items() if said == text)
    said = {behaviour: answer(behaviour, text, known) for behaviour in BEHAVIOURS}
    assert len(set(said.values())) == len(BEHAVIOURS)
    assert {behaviour for behaviour in BEHAVIOURS if text in said[behaviour]} == RIGHT | {Behaviour.EVERYTHING}
