"""ValidateData: the dropped object becomes a dataset version in the datasets bucket, or a message that says why not."""

import tempfile
from pathlib import Path
from typing import Any

from rft.aws.metrics import emit
from rft.aws.objects import json_text, open_object, put_new
from rft.aws.step import Call, step
from rft.aws.tasks import packaged_tasks
from rft.datasets.curate import Curated, Surroundings, curate
from rft.datasets.version import code_version
from rft.errors import DatasetUnreadable
from rft.keys import Metric, State
from rft.schemas import Dataset, Run


@step(State.VALIDATE_DATA)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Stream the pinned version of the dropped object, check and split it, store what came out, and say so.

    A rejected version is stored as well: its quarantine file is what a person mends the drop with.
    """
    source = run.source
    with tempfile.TemporaryDirectory() as folder:
        try:
            with open_object(source.bucket, source.key, source.version_id) as stream:
                curated = curate(
                    stream,
                    task=packaged_tasks()[run.task],
                    work=Path(folder),
                    around=Surroundings(code_version=code_version()),
                )
        except DatasetUnreadable as error:
            call.store.update(run.run_id, message=f"Dataset rejected: {error}.")
            return {"accepted": False}
        _store(curated, call.here.datasets_bucket)
    manifest = curated.manifest
    dataset = Dataset(
        bucket=call.here.datasets_bucket,
        version=manifest.version,
        manifest_key=curated.manifest_key,
        splits=manifest.splits,
        quarantined=manifest.quarantined,
        quarantine_key=manifest.quarantine_key,
    )
    call.store.update(run.run_id, dataset=dataset, message=curated.message)
    accepted = manifest.examples - manifest.quarantined
    emit({Metric.RECORDS_ACCEPTED: accepted, Metric.RECORDS_QUARANTINED: manifest.quarantined}, task=run.task)
    return {"accepted": curated.accepted}


def _store(curated: Curated, bucket: str) -> None:
    """Write the files of a version, the manifest last; what is there already has this content and stays."""
    for key, path in curated.files.items():
        put_new(bucket, key, path)
    put_new(bucket, curated.manifest_key, json_text(curated.manifest), "application/json")
