"""Report: close the run, write report and manifest, tell people. The last step of both workflows, safe to repeat."""

from itertools import islice
from typing import Any

import msgspec

from rft.aws import objects
from rft.aws.metrics import emit
from rft.aws.notify import notify
from rft.aws.step import Call, step
from rft.aws.tasks import packaged_tasks
from rft.clock import now_text
from rft.keys import Metric, RunStatus, State, artefact_key
from rft.report import render
from rft.report.document import SHOWN_LINES, Document, document_of
from rft.report.ending import ending_of
from rft.report.manifest import manifest_of
from rft.schemas import Quarantined, Run
from rft.serving.progress import Progress

ENDED_WELL = (RunStatus.PROMOTED, RunStatus.GATE_REJECTED, RunStatus.DATA_REJECTED)


@step(State.REPORT)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Return the run's final status. A run that has one keeps it."""
    progress = Progress(run=run, settings=call.here.settings, store=call.store)
    if not run.final:
        ending = ending_of(run, error=call.event.get("error", ""), cause=call.event.get("cause", ""))
        progress.note(status=ending.status, message=ending.message, ended_at=now_text(), task_token=None)
    document = _write(run, call)
    if not run.notified:
        uri = f"s3://{call.here.artefacts_bucket}/{artefact_key(run.run_id, 'report.html')}"
        subject = render.subject(call.here.settings.prefix, document, run.run_id)
        notify(call.here.topic_arn, subject, render.text(document, uri))
        failed = 0 if run.status in ENDED_WELL else 1
        emit({Metric.RUNS_ENDED: 1, Metric.RUNS_FAILED: failed}, task=run.task)
        progress.note(notified=True)
    return {"status": str(run.status)}


def _write(run: Run, call: Call) -> Document:
    task = packaged_tasks().get(run.task)
    refused = _refused(run)
    document = document_of(run, task, refused)
    record = {name: value for name, value in msgspec.to_builtins(run).items() if name != "task_token"}
    bucket = call.here.artefacts_bucket
    objects.put_json(bucket, artefact_key(run.run_id, "manifest.json"), manifest_of(run, task))
    objects.put_json(bucket, artefact_key(run.run_id, "report.json"), {"run": record, "quarantined": refused})
    for name, body, kind in (
        ("report.md", render.markdown(document), "text/markdown; charset=utf-8"),
        ("report.html", render.page(document), "text/html; charset=utf-8"),
    ):
        objects.put_bytes(bucket, artefact_key(run.run_id, name), body.encode(), kind)
    return document


def _refused(run: Run) -> list[Quarantined]:
    """Return the first quarantined lines, read no further than needed."""
    if run.dataset is None or not run.dataset.quarantined:
        return []
    lines = objects.read_lines(run.dataset.bucket, run.dataset.quarantine_key)
    return [msgspec.json.decode(line, type=Quarantined) for line in islice(lines, SHOWN_LINES)]
