"""The table ``[sft]`` of a task.toml: whether a supervised job comes before the reinforcement job, and which."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct


class SupervisedFirst(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A supervised job on the chosen answers or demonstrations, whose model is the reinforcement job's base.

    Bounds and defaults are those of Amazon Nova: Bedrock user guide, cm-hp-nova-mm.
    """

    first: bool = False
    epochs: Annotated[int, Meta(ge=1, le=5)] = 2
    learning_rate: Annotated[float, Meta(ge=1e-6, le=1e-4)] = 1e-5
    warmup_steps: Annotated[int, Meta(ge=0, le=100)] = 10
    without: Literal["fail", "go_on"] = "fail"  # where Bedrock takes no custom model as base: end, or leave it out

    def request(self) -> dict[str, str]:
        """Return the values as Bedrock's map of strings, numbers without an exponent."""
        return {
            "epochCount": str(self.epochs),
            "learningRate": f"{Decimal(repr(self.learning_rate)):f}",
            "learningRateWarmupSteps": str(self.warmup_steps),
        }
