"""How many of a task's grader run at once, and how warm they are: settings of an environment.

A step of training sends its rollouts at once and waits for all of them, so every step pays for cold starts. SnapStart
starts environments from a snapshot of the published version; provisioned concurrency keeps some of them running. Lambda
takes one or the other, not both.
"""

from typing import Annotated

from msgspec import Meta, Struct


class GraderConcurrency(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[graders.<task>]`` of an environment file."""

    reserved_concurrency: Annotated[int, Meta(ge=1, le=10_000)] | None = (
        None  # taken from the account's other functions
    )
    snap_start: bool = False  # a snapshot is billed as long as its version exists; releases delete old versions
    provisioned_concurrency: Annotated[int, Meta(ge=0, le=1_000)] = 0  # on the run's alias: billed while the run lives


NONE = GraderConcurrency()


def contradictions(graders: dict[str, GraderConcurrency]) -> list[str]:
    """Return what cannot be, each with its key and the fix."""
    found = []
    for task, wanted in graders.items():
        if wanted.snap_start and wanted.provisioned_concurrency:
            found.append(
                f"graders.{task}: SnapStart and provisioned concurrency exclude each other; "
                "remove snap_start or provisioned_concurrency"
            )
        if wanted.reserved_concurrency is not None and wanted.provisioned_concurrency > wanted.reserved_concurrency:
            found.append(
                f"graders.{task}.provisioned_concurrency: {wanted.provisioned_concurrency} is more than "
                f"reserved_concurrency {wanted.reserved_concurrency}; lower it, or reserve more"
            )
    return found
