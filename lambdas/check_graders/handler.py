"""On a schedule: what deployed graders make of golden samples. Judges change their minds though no code does."""

from functools import partial
from typing import Any

from rft.aws.environment import Surroundings, surroundings
from rft.aws.golden import check_golden
from rft.aws.metrics import emit
from rft.aws.notify import notify
from rft.aws.step import logger, naming_throttles
from rft.aws.tasks import packaged_tasks
from rft.errors import GraderBroken
from rft.golden.comparing import GoldenCheck, drift_words
from rft.keys import Metric
from rft.tasks import Task


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the drift of each task that has golden samples; people are told of those outside their tolerance.

    Scored is the published version that the task's next run would pin.

    Raises:
        GraderBroken: some graders could not score their samples; all others were checked.
        Throttled: AWS asked to slow down.

    """
    here = surroundings()
    drifts: dict[str, float] = {}
    failures = []
    for name, version_arn in here.grader_versions.items():
        task = packaged_tasks()[name]
        try:
            found = naming_throttles(partial(check_golden, task, version_arn))
        except GraderBroken as error:
            failures.append(f"{name}: {error}")
            continue
        if found is not None:
            drifts[name] = found.drift
            emit({Metric.GOLDEN_DRIFT: found.drift, Metric.GOLDEN_MEAN_DRIFT: found.mean_drift}, task=name)
            logger.info("golden samples", extra={"task": name, "drift": found.drift, "inside": found.inside})
            _tell(task, found, here)
    if failures:
        raise GraderBroken("; ".join(failures))
    return {"drifts": drifts}


def _tell(task: Task, found: GoldenCheck, here: Surroundings) -> None:
    if found.inside or task.golden is None:
        return
    moved = "".join(f"{one.id}: {one.recorded:g} to {one.now:g}\n" for one in found.moved)
    notify(
        here.topic_arn,
        f"{here.settings.prefix}: the grader of {task.name} has drifted",
        f"{drift_words(task.name, found, task.golden)}.\n\n{moved}\n"
        f"Until then runs of {task.name} are refused. The champion serves on; rewards of its run and of later ones "
        "are not to be compared.\n",
    )
