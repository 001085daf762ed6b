"""What the grader makes of the baseline's answers, before anything is paid. Pure."""

from collections.abc import Iterable, Sequence
from heapq import nsmallest
from statistics import fmean, pstdev

from rft.names import digest
from rft.schemas import Calibration


def chosen_lines(lines: Iterable[bytes], count: int) -> list[bytes]:
    """Return ``count`` records of a split: the same ones whenever the split is the same, and no first ones only.

    Only the chosen ones are kept in memory.
    """
    return nsmallest(count, lines, key=lambda line: digest(line.decode()))


def judge(first: Sequence[float], second: Sequence[float]) -> Calibration:
    """Return the calibration of the same answers scored twice, in the same order."""
    return Calibration(
        prompts=len(first), mean=fmean(first), spread=pstdev(first), deterministic=list(first) == list(second)
    )


def problem(calibration: Calibration) -> str | None:
    """Return why the grader cannot teach, with the fix, or None."""
    if not calibration.deterministic:
        return "the grader scores the same answers differently each time; remove what is random from it"
    if calibration.spread == 0:
        return (
            f"all {calibration.prompts} answers of the baseline score {calibration.mean:g}, so there is nothing to "
            "learn from; give partial credit, or choose records that the baseline sometimes gets right"
        )
    return None
