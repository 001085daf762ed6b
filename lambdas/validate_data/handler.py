"""ValidateData: the dropped object becomes a dataset version in the datasets bucket, or a message that says why not."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rft.aws import shared
from rft.aws.logs import merged_source
from rft.aws.metrics import emit
from rft.aws.objects import open_object, put_new
from rft.aws.second_opinion import ManagedOpinion
from rft.aws.step import Call, step
from rft.aws.tasks import packaged_folder, packaged_tasks
from rft.datasets.checks.pseudonyms import Pseudonyms
from rft.datasets.curate import Surroundings, curate
from rft.datasets.sampling import Sampling
from rft.datasets.sources.compression import Source
from rft.datasets.version import code_version
from rft.errors import DatasetUnreadable
from rft.keys import Metric, State
from rft.schemas import Dataset, Manifest, Run
from rft.tasks import Task, protected_files


@step(State.VALIDATE_DATA)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Stream the pinned version of the dropped object, or what was drawn from logs; check, split, store, and say so.

    A rejected version is stored as well: its quarantine file is what a person mends the drop with. The manifest comes
    last; what is there already has the same content and stays.
    """
    bucket = call.here.datasets_bucket
    task = packaged_tasks()[run.task]
    with tempfile.TemporaryDirectory() as folder:
        try:
            with _opened(run, call) as (stream, sampling):
                around = _around(task, call, sampling)
                curated = curate(stream, task=task, work=Path(folder), around=around)
        except DatasetUnreadable as error:
            call.store.update(run.run_id, message=f"Dataset rejected: {error}.")
            return {"accepted": False}
        for key, path in curated.files.items():
            put_new(bucket, key, path)
    manifest = curated.manifest
    call.store.update(run.run_id, dataset=_dataset(manifest, bucket, curated.manifest_key), message=curated.message)
    if curated.accepted:
        shared.accepted(call.store.table, task.name, manifest.version)
    accepted = manifest.examples - manifest.quarantined
    emit({Metric.RECORDS_ACCEPTED: accepted, Metric.RECORDS_QUARANTINED: manifest.quarantined}, task=run.task)
    return {"accepted": curated.accepted}


@contextmanager
def _opened(run: Run, call: Call) -> Iterator[tuple[Source, Sampling | None]]:
    """Yield the records, and how they were drawn if the drop names logs."""
    dropped = run.source
    if run.logs is not None:
        yield merged_source(run, run.logs, call.here.settings)
        return
    with open_object(dropped.bucket, dropped.key, dropped.version_id) as stream:
        yield stream, None


def _around(task: Task, call: Call, sampling: Sampling | None) -> Surroundings:
    table = call.store.table
    personal = task.data.personal
    return Surroundings(
        code_version=code_version(),
        parent_of=lambda version: shared.parent_of(table, task.name, version),
        protected=protected_files(task, packaged_folder(task.name)),
        pseudonyms=Pseudonyms(shared.pseudonym_key(table, task.name)) if personal.action == "redact" else None,
        opinion=ManagedOpinion(task.data) if personal.second_opinion != "none" else None,
        sampling=sampling,
    )


def _dataset(manifest: Manifest, bucket: str, manifest_key: str) -> Dataset:
    return Dataset(
        bucket=bucket,
        version=manifest.version,
        manifest_key=manifest_key,
        splits=manifest.splits,
        quarantined=manifest.quarantined,
        quarantine_key=manifest.quarantine_key,
    )
