"""Whether a dataset version may train: service limits, checked after splitting, on what Bedrock receives."""

from collections.abc import Mapping
from math import ceil
from typing import Final

from rft.keys import Split
from rft.tasks import Task

MIN_TRAIN: Final = 100  # prompts; Bedrock user guide, rft-nova-models.html
MAX_TRAIN_AND_VALIDATION: Final = 20_000  # records, Nova 2 Lite; quota L-82EE9228, adjustable
MAX_BAD_SHARE: Final = 0.1  # of the lines that are not empty: more are no slips but a file of another kind


def problems_of(counts: Mapping[Split, int], *, bad: int, lines: int, task: Task) -> list[str]:
    """Return why a dataset version may not train, each with its fix; an empty list if it may.

    ``bad`` of ``lines`` were refused; empty lines count in neither.
    """
    if lines == 0:
        return ["The file has no records; drop JSONL with one prompt record a line."]
    problems = []
    if bad > MAX_BAD_SHARE * lines:
        problems.append(
            f"{bad} of {lines} lines are no prompt records, and {MAX_BAD_SHARE:.0%} are the most; correct them."
        )
    shares = task.splits
    accepted = sum(counts.values())
    if counts[Split.TRAIN] < MIN_TRAIN:
        missing = _more(MIN_TRAIN - counts[Split.TRAIN], 1 - shares.test - shares.validation)
        problems.append(
            f"{counts[Split.TRAIN]} of {accepted} accepted records are left to train on, and Bedrock needs at least "
            f"{MIN_TRAIN}; add {missing} or more records, or lower the shares in [splits] of task.toml."
        )
    sent = counts[Split.TRAIN] + counts[Split.VALIDATION]
    if sent > MAX_TRAIN_AND_VALIDATION:
        problems.append(
            f"{sent:,} records for training and validation, and Bedrock takes at most {MAX_TRAIN_AND_VALIDATION:,}; "
            f"drop about {int(accepted * MAX_TRAIN_AND_VALIDATION / sent):,} records, or hold out more in [splits]."
        )
    if counts[Split.TEST] < task.gate.min_records:
        missing = _more(task.gate.min_records - counts[Split.TEST], shares.test)
        problems.append(
            f"{counts[Split.TEST]} records are held out, and the gate needs {task.gate.min_records}; add {missing} or "
            f"more records, raise splits.test, or lower gate.min_records in task.toml."
        )
    return problems


def _more(missing: int, share: float) -> int:
    """Return how many records to add so that ``missing`` more of them fall into a split of this share."""
    return ceil(missing / share)
