"""What a reward function returns."""

from __future__ import annotations

from math import isfinite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Names that the grader's metrics line or its answer uses for something else.
RESERVED = frozenset(
    (
        "Reward",
        "Rollouts",
        "ParseFailures",
        "GraderDuration",
        "GraderFailures",
        "RewardSpread",
        "ResponseLength",
        "environment",
        "task",
        "run",
        "phase",
        "_aws",
        "parse_failure",
    )
)


class Score:
    """A finite reward with the components it is made of.

    ``value`` is the reward; Bedrock enforces no range, ours is 0 (worthless) to 1 (perfect). ``components`` explain it
    and become metrics of the same names. ``parse_failure`` says that nothing in the answer could be read; it is
    counted, and the value should be low.

    Raises:
        ValueError: a value is not a finite number, or a component bears a reserved name.

    """

    __slots__ = ("components", "parse_failure", "value")

    def __init__(
        self, value: float, components: Mapping[str, float] | None = None, *, parse_failure: bool = False
    ) -> None:
        self.value = _finite("value", value)
        self.parse_failure = parse_failure
        self.components: dict[str, float] = {}
        for name, part in (components or {}).items():
            if not name or name in RESERVED:
                raise ValueError(f"component {name!r}: this name is reserved; choose another")
            self.components[name] = _finite(name, part)

    def __repr__(self) -> str:
        return f"Score({self.value}, {self.components}, parse_failure={self.parse_failure})"


def _finite(name: str, value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
        return float(value)
    raise ValueError(f"{name} is {value!r}; a score must be a finite number")
