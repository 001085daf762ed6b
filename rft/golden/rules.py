"""``[golden]`` of a task.toml: how far the scores of golden samples may move."""

from typing import Annotated

from msgspec import Meta, Struct

Difference = Annotated[float, Meta(ge=0)]


class GoldenRules(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Absolute differences of scores. What moves further is a new version of the grader."""

    tolerance: Difference = 0.0  # of each sample; a judge needs more than 0
    mean_tolerance: Difference | None = None  # of the mean of all samples; None: no further than the samples
