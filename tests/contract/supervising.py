"""A task that asks for a supervised job first, with a dataset version that shows what to imitate."""

import json
from typing import Any

from msgspec.structs import replace

from local.bedrock import store as local_store
from rft.aws.tasks import packaged_tasks
from rft.datasets.items import Shape
from rft.json_text import json_text
from rft.keys import Step, dataset_key
from rft.training.demonstrations import SHOWN_IN
from rft.training.sft import SupervisedFirst
from tests.contract.launching import LaunchWorld, record
from tests.unit.report.manifests import manifest

SHOWN = 120
READING = (Step.PREFLIGHT, Step.ESTIMATE_COST, Step.LAUNCH_TRAINING, Step.CHECK_TRAINING)


def supervise(launch: LaunchWorld, *, shown: int = SHOWN, shape: Shape = Shape.DEMONSTRATIONS, **table: Any) -> None:
    """Have the task ask for a supervised job, and its dataset show so many answers."""
    tasks = packaged_tasks()
    task = replace(tasks["arithmetic"], sft=SupervisedFirst(first=True, **table))
    for step in READING:
        launch.patch.setattr(f"lambdas.{step}.handler.packaged_tasks", lambda: {**tasks, "arithmetic": task})
    field = SHOWN_IN.get(shape, "answer")
    launch.lines = [
        json.dumps({**record(n), field: f"#### {n}", "rejected": f"{n}?"}).encode() + b"\n" for n in range(shown)
    ]
    made = manifest()
    described = replace(made, profile=replace(made.profile, shape=shape))
    launch.objects[f"datasets-bucket/{dataset_key('arithmetic', 'abc123', 'manifest.json')}"] = json_text(described)


def supervised_job(launch: LaunchWorld, run_id: str = "arithmetic-1") -> local_store.Job:
    """Return a run's supervised job as Bedrock holds it."""
    found = launch.run(run_id).supervised
    assert found
    return launch.bedrock.store.jobs[found.job.arn]


def in_supervised(launch: LaunchWorld, run_id: str = "arithmetic-1", **options: Any) -> local_store.Job:
    """Have a run with a slot whose supervised job is in progress."""
    launch.ready(run_id, **options)
    assert launch.store.take_slot(0, run_id)
    launch.store.update(run_id, slot=0)
    launch.invoke(Step.LAUNCH_TRAINING, run_id=run_id)
    return supervised_job(launch, run_id)
