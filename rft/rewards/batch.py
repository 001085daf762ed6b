"""What a reward's components do once for all rollouts of an event, before they see them one by one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    from rft.rewards.sample import Sample
    from rft.rewards.score import Score

    Reward = Callable[[Sample], Score]

    class Prepared(Protocol):
        """A component that asks somebody else, and so for all rollouts at once."""

        def prepare(self, samples: Sequence[Sample], deadline: float | None) -> None:
            """Have ready what the component says of samples, before ``deadline`` on ``time.monotonic``'s clock."""
            ...


def prepares(*components: Prepared) -> Callable[[Reward], Reward]:
    """Let a reward function's components see all rollouts of an event first: ``@prepares(JUDGE)`` above it.

    A judge that is not told in this way is asked about one rollout after the other.
    """

    def mark(reward: Reward) -> Reward:
        def prepare(samples: Sequence[Sample], deadline: float | None) -> None:
            for component in components:
                component.prepare(samples, deadline)

        marked: Any = reward
        marked.prepare = prepare
        return reward

    return mark
