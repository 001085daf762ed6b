r"""A tabular softmax policy, learning as GRPO does.

A step samples G answers to each of some prompts. With the rewards r_1 ... r_G of a prompt, the advantage of an answer
is A_i = (r_i - mean(r)) / std(r), and 0 where all rewards are equal: such a prompt teaches nothing (Shao et al.,
DeepSeekMath, 2024, section 4.1). The policy pi = softmax(theta) over behaviours climbs

    J = mean(A_i log pi(b_i)) - beta KL(pi || pi_0)

by the natural gradient, the gradient times the inverse of the Fisher information. For a tabular softmax that is, up to
a constant which softmax ignores, the mean advantage of each behaviour less beta times how far it has come from the
start (Kakade, A Natural Policy Gradient, 2001; Agarwal et al., On the Theory of Policy Gradient Methods, 2021):

    theta_b += rate (mean(A_i | b_i = b) - beta (log(pi_b / pi_0_b) - KL))

The plain gradient would weigh each behaviour by how common it is, and might not find in thousands of steps a rare hack
that a long training does find. Each batch is used once, so that the ratio of new to old policy is 1 and there is
nothing to clip.
"""

from collections.abc import Sequence
from math import exp, fsum, log

EQUAL = 1e-12  # a standard deviation below it is none


def softmax(logits: Sequence[float]) -> list[float]:
    """Return probabilities; logits as large as may be do no harm."""
    top = max(logits)
    shares = [exp(logit - top) for logit in logits]
    total = fsum(shares)
    return [share / total for share in shares]


def advantages(rewards: Sequence[float]) -> list[float]:
    """Return the group-relative advantages of the answers to one prompt, all 0 where the rewards are equal."""
    mean = fsum(rewards) / len(rewards)
    deviation = (fsum((reward - mean) ** 2 for reward in rewards) / len(rewards)) ** 0.5
    if deviation <= EQUAL * max(1.0, abs(mean)):
        return [0.0] * len(rewards)
    return [(reward - mean) / deviation for reward in rewards]


def divergence(policy: Sequence[float], start: Sequence[float]) -> float:
    """Return KL(policy || start) in nats; ``start`` is nowhere 0."""
    return fsum(p * log(p / q) for p, q in zip(policy, start, strict=True) if p > 0)


def step(
    logits: Sequence[float],
    start: Sequence[float],
    groups: Sequence[Sequence[tuple[int, float]]],
    *,
    learning_rate: float,
    kl: float,
) -> list[float]:
    """Return the logits after one step; a group holds a prompt's answers as (behaviour, reward)."""
    policy = softmax(logits)
    sums, counts = [0.0] * len(policy), [0] * len(policy)
    for group in groups:
        for (behaviour, _), gain in zip(group, advantages([reward for _, reward in group]), strict=True):
            sums[behaviour] += gain
            counts[behaviour] += 1
    apart = divergence(policy, start)
    moved = []
    for logit, share, before, total, count in zip(logits, policy, start, sums, counts, strict=True):
        back = log(share / before) - apart if share > 0 else 0.0
        moved.append(logit + learning_rate * (total / max(count, 1) - kl * back))
    return moved
