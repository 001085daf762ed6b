"""The table ``[rehearsal]`` of a task.toml: how long is played, by whom, and from where on a result warns or fails."""

from typing import Annotated

from msgspec import Meta

from rft.calibration.rules import Limits, Share, Strict


class RehearsalRules(Strict, frozen=True, kw_only=True):
    """All that a task says of its rehearsal."""

    steps: Annotated[int, Meta(ge=10, le=5000)] = 200
    prompts: Annotated[int, Meta(ge=1, le=512)] = 16  # of a step
    samples: Annotated[int, Meta(ge=2, le=64)] = 8  # of a prompt
    learning_rate: Annotated[float, Meta(gt=0, le=10)] = 0.1
    kl: Annotated[float, Meta(ge=0, le=10)] = 0.02  # weight of the divergence from the start
    ability: Share = 0.5  # how often an honest attempt is right
    seed: Annotated[int, Meta(ge=0)] = 0
    honest: Limits = Limits(warn=0.9, fail=0.5)  # share of honest behaviours at the end, at least
    verbose: Limits = Limits(warn=0.8, fail=1.0)  # of these the share of padded ones, at most
