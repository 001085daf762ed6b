"""Whether a dataset version may train: service limits, checked after splitting, on what Bedrock receives."""

from collections.abc import Callable, Iterable, Mapping
from math import ceil
from typing import Final

from rft.datasets.codes import CHECKS, Code
from rft.datasets.findings import Finding
from rft.datasets.items import Shape
from rft.keys import Split
from rft.tasks import Task
from rft.training.demonstrations import LEAST, shown_in, too_few

MIN_TRAIN: Final = 100  # prompts; Bedrock user guide, rft-nova-models.html
MAX_TRAIN_AND_VALIDATION: Final = 20_000  # records, Nova 2 Lite; quota L-82EE9228, adjustable


def over_limits(counts: Mapping[Split, int], *, bad: int, examples: int, task: Task) -> list[Finding]:
    """Return why a dataset version may not train, each with its fix; an empty list if it may.

    ``bad`` of ``examples`` were refused; what is no fault of the file (empty lines, duplicates) counts in neither.
    """

    def found(code: Code, count: int, of: int, threshold: float, message: str, fix: str) -> Finding:
        return Finding(
            code=code,
            severity=task.data.severity(code),
            message=message,
            fix=fix,
            count=count,
            of=of,
            threshold=threshold,
        )

    if examples == 0:
        fix = CHECKS[Code.NO_RECORDS].fix
        return [found(Code.NO_RECORDS, 0, 0, 1, "the file has no records", fix)]
    problems = []
    most = task.data.thresholds.max_bad_share
    if bad > most * examples:
        message = f"{bad:,} of {examples:,} records are refused, and {most:.0%} are the most"
        problems.append(found(Code.TOO_MANY_BAD, bad, examples, most, message, CHECKS[Code.TOO_MANY_BAD].fix))
    shares = task.splits
    accepted = sum(counts.values())
    train, test = counts[Split.TRAIN], counts[Split.TEST]
    if train < MIN_TRAIN:
        missing = _more(MIN_TRAIN - train, 1 - shares.test - shares.validation)
        message = f"{train} of {accepted} accepted records are left to train on, and Bedrock needs at least {MIN_TRAIN}"
        fix = f"add {missing} or more records, or lower the shares in [splits] of task.toml"
        problems.append(found(Code.TOO_FEW_TRAIN, train, accepted, MIN_TRAIN, message, fix))
    sent = train + counts[Split.VALIDATION]
    if sent > MAX_TRAIN_AND_VALIDATION:
        message = (
            f"{sent:,} records for training and validation, and Bedrock takes at most {MAX_TRAIN_AND_VALIDATION:,}"
        )
        fits = int(accepted * MAX_TRAIN_AND_VALIDATION / sent)
        fix = f"drop about {fits:,} records, or hold out more in [splits]"
        problems.append(found(Code.TOO_MANY_RECORDS, sent, accepted, MAX_TRAIN_AND_VALIDATION, message, fix))
    least = task.gate.min_records
    if test < least:
        message = f"{test} records are held out, and the gate needs {least}"
        fix = (
            f"add {_more(least - test, shares.test)} or more records, raise splits.test, or lower gate.min_records in "
            f"task.toml"
        )
        problems.append(found(Code.TOO_FEW_TEST, test, accepted, least, message, fix))
    return problems


def too_little_to_imitate(shape: Shape, read: Callable[[], Iterable[bytes]], task: Task) -> list[Finding]:
    """Return why a version does not do for the supervised job that a task asks for, with the fix; empty if it does.

    ``read`` yields the lines of the train split. The rule is ``rft.training.demonstrations``'.
    """
    if not task.sft.first:
        return []
    shown = shown_in(read, shape)
    refusal = too_few(shown, task.name)
    if refusal is None:
        return []
    message, fix = refusal
    return [
        Finding(
            code=Code.TOO_LITTLE_TO_IMITATE,
            severity=task.data.severity(Code.TOO_LITTLE_TO_IMITATE),
            message=message,
            fix=fix,
            count=shown.used,
            of=shown.used + shown.reserved + shown.rest,
            threshold=LEAST,
        )
    ]


def _more(missing: int, share: float) -> int:
    """Return how many records to add so that ``missing`` more of them fall into a split of this share."""
    return ceil(missing / share)
