"""What each worker found, as lines, and all of it together: one sample, and how it was drawn."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from rft.datasets.logs.entries import Counts, Sampler
from rft.datasets.logs.sample import MAX_SAMPLE, Sample
from rft.datasets.logs.source import LogSource
from rft.datasets.sampling import Sampling

METHOD: Final = (
    "bottom-k: of all different entries that were wanted and usable, those with the smallest BLAKE2b-128 hashes of "
    f"their bytes, as many as max_records and {MAX_SAMPLE >> 20} MiB allow"
)
_counts = msgspec.json.Decoder(Counts)


def part_lines(sampler: Sampler) -> Iterator[bytes]:
    r"""Yield a worker's counts and records as lines, each with its ``\n``."""
    yield msgspec.json.encode(sampler.counts) + b"\n"
    for record in sampler.sample.passed_on():
        yield record + b"\n"


def merge(parts: Iterable[Iterable[bytes]], source: LogSource) -> tuple[Sample, Counts]:
    """Return the sample and the counts of all parts; of each, no more lines are read than matter.

    Which worker read what, and the order of the parts, make no difference. Memory: ``MAX_SAMPLE``, and one line.
    """
    sample, counts = Sample(max_records=source.max_records), Counts()
    for part in parts:
        lines = iter(part)
        counts.add(_counts.decode(next(lines)))
        for line in lines:
            if not sample.add(line.removesuffix(b"\n")):
                break
    return sample, counts


def sampling(source: LogSource, counts: Counts, *, kept: int) -> Sampling:
    """Return what the manifest says of a sample."""
    return Sampling(
        s3_uri=source.s3_uri,
        metadata_filter=source.metadata_filter,
        first_day=str(source.first_day) if source.first_day else None,
        last_day=str(source.last_day) if source.last_day else None,
        max_records=source.max_records,
        objects=counts.objects,
        bytes=counts.bytes,
        unreadable_objects=counts.broken,
        seen=counts.seen,
        filtered=counts.filtered,
        unusable=counts.unusable,
        unreadable=counts.unreadable,
        kept=kept,
        notes=counts.notes,
        method=METHOD,
    )


def none_left(source: LogSource, counts: Counts) -> str:
    """Return what to say where no entry was drawn: what became of all of them, with an example."""
    example = next((f"; e.g. {texts[0]}" for texts in counts.notes.values() if texts), "")
    return (
        f"none of the {counts.seen:,} entries in {counts.objects:,} objects below {source.s3_uri} can be used: "
        f"{counts.filtered:,} have other days or metadata than asked for, {counts.unusable:,} are failed calls or hold "
        f"no text, {counts.unreadable:,} cannot be read{example}"
    )
