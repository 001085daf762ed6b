"""SampleBatch: read some objects of the logs, and write what is drawn from them."""

from typing import Any

import msgspec

from rft.aws import objects
from rft.aws.logs import draw
from rft.aws.step import Call, step
from rft.datasets.logs.listing import LogBatch, read_listing
from rft.datasets.logs.parts import part_lines
from rft.keys import State, sampled_key
from rft.schemas import LogPlan, Run


@step(State.SAMPLE_BATCH)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Write the sample of one batch; return how many entries it saw."""
    if run.logs is None:
        raise ValueError(f"{run.run_id} has no plan of logs yet")
    batch = msgspec.convert(call.event["batch"], LogBatch)
    return {"batch": batch.batch, "seen": _sample_or_say(run, run.logs, batch, call)}


def _sample_or_say(run: Run, plan: LogPlan, batch: LogBatch, call: Call) -> int:
    """Note on the run why a batch failed: the Map state that it fails only counts its children."""
    try:
        return _sample(run, plan, batch, call)
    except Exception as error:
        call.store.update(run.run_id, message=f"{type(error).__name__} in batch {batch.batch}: {error}")
        raise


def _sample(run: Run, plan: LogPlan, batch: LogBatch, call: Call) -> int:
    listed = read_listing(objects.get_range(call.here.artefacts_bucket, plan.listing_key, batch.start, batch.end))
    sampler = draw(plan.source, listed)
    key = sampled_key(run.task, run.run_id, batch.batch)
    objects.put_bytes(run.source.bucket, key, b"".join(part_lines(sampler)), "application/x-ndjson")
    return sampler.counts.seen
