"""Curate a dropped file: each example ends in one split or in quarantine; the version is its content."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from rft.datasets.checks.pseudonyms import Pseudonyms
from rft.datasets.codes import HARMLESS, Severity
from rft.datasets.collector import ordered
from rft.datasets.curation import Curation, Outcome
from rft.datasets.hashing import Hashing, Sum
from rft.datasets.items import Container, Refused, Shape
from rft.datasets.limits import over_limits, too_little_to_imitate
from rft.datasets.message import message_of, problem
from rft.datasets.sampling import Sampling
from rft.datasets.shapes import detect
from rft.datasets.sources.blocks import Block
from rft.datasets.sources.compression import Source
from rft.datasets.sources.containers import Reading, open_reading
from rft.datasets.table import Table
from rft.datasets.watchers import Opinion
from rft.datasets.writing import QUARANTINE, Files
from rft.errors import DatasetUnreadable
from rft.json_text import json_text
from rft.keys import DATASET_REPORT, Split, dataset_key
from rft.names import digest
from rft.report.dataset import first_refused, report_of
from rft.schemas import Manifest, SplitFile
from rft.tasks import Task

MANIFEST: Final = "manifest.json"
LOOKED_AT: Final = 100  # records that tell the file's shape
LOOKED_AT_BYTES: Final = 8 << 20
Progress = Callable[[int], None]


class Curated(Struct, frozen=True, kw_only=True):
    """A dataset version on the local disk."""

    manifest: Manifest
    files: dict[str, Path]  # object key -> local file, in the order in which they are stored: the manifest last
    message: str  # for a person: what was accepted, or why not and how to mend it

    @property
    def accepted(self) -> bool:
        """Whether the version may train."""
        return not self.manifest.problems

    @property
    def manifest_key(self) -> str:
        """The manifest's object key."""
        return dataset_key(self.manifest.task, self.manifest.version, MANIFEST)


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the same bytes are curated with: none of it changes the splits, but ``pseudonyms`` where they are used."""

    code_version: str
    parent_of: Callable[[str], str | None] = lambda version: None  # the task's version before one
    protected: dict[str, Path] = {}  # the name in [data] protected -> file
    pseudonyms: Pseudonyms | None = None  # default: under a key that anyone can derive
    opinion: Opinion | None = None
    sampling: Sampling | None = None  # how the file was drawn, if it was
    progress: Progress | None = None  # is told the bytes of the file read so far


def curate(stream: Source, *, task: Task, work: Path, around: Surroundings, name: str = "") -> Curated:
    """Read a dropped file and write its dataset version below ``work``.

    Examples = train + validation + test + quarantined, always. The same bytes and task give the same files and version
    however ``stream`` hands them out. Empty lines at the end are not counted. Memory: 63 bytes an example beside what
    reading takes; 2.8 kB more for each of the first 100,000 examples where near duplicates are looked for.

    Raises:
        DatasetUnreadable: the file as a whole cannot be read; the message names the place.
        TaskInvalid: a protected file is unreadable, or ``[data]`` asks for what is unknown.

    """
    with Hashing() as hashing:
        source = _Hashed(stream, hashing.sha256(), around.progress)
        reading = open_reading(source, name=name)
        first, blocks = _beginning(reading)
        shape = _shape(reading, first, task)
        files = Files(work, Table(), hashing)
        try:
            curation = Curation(reading, shape, first, task=task, files=files, around=around)
            for block in blocks:
                curation.take(block)
            outcome = curation.finish()
            hashes = {path: files.sha256(path) for path in outcome.files}
            return _version(outcome, hashes, source, task=task, work=work, around=around)
        finally:
            files.close()


def _beginning(reading: Reading) -> tuple[list[dict[str, Any]], Iterator[Block]]:
    """Return the values of the first records, and all blocks."""
    blocks = reading.blocks()
    first: list[Block] = []
    values: list[dict[str, Any]] = []
    count = size = 0
    for block in blocks:
        first.append(block)
        for item in block:
            count += 1
            size += len(item.data)
            if count > LOOKED_AT or size > LOOKED_AT_BYTES:
                return values, chain(first, blocks)
            with suppress(Refused):  # it says so when its turn comes
                values.append(reading.decode(item))
    return values, iter(first)


def _shape(reading: Reading, first: list[dict[str, Any]], task: Task) -> Shape:
    try:
        return detect(first, task.data)
    except DatasetUnreadable as error:
        if reading.container is not Container.CSV:
            raise
        taken = "the file was taken for CSV with its header on line 1; for JSONL, write one JSON object a line"
        raise DatasetUnreadable(f"{error}; {taken}") from None


def _version(
    outcome: Outcome, hashes: dict[Path, str], source: "_Hashed", *, task: Task, work: Path, around: Surroundings
) -> Curated:
    version = digest({path.name: sha256 for path, sha256 in hashes.items()}, length=16)

    def key(name: str) -> str:
        return dataset_key(task.name, version, name)

    splits = {
        split: SplitFile(
            key=key(path.name), records=outcome.files[path], bytes=path.stat().st_size, sha256=hashes[path]
        )
        for split in Split
        for path in outcome.files
        if path.stem == split
    }
    refused = outcome.refused
    harmless = sum(count for code, count in refused.items() if code in HARMLESS)
    limits = over_limits(
        {split: file.records for split, file in splits.items()},
        bad=refused.total() - harmless,
        examples=outcome.examples - harmless,
        task=task,
    )
    limits += too_little_to_imitate(outcome.profile.shape, partial(_lines, outcome, Split.TRAIN), task)
    findings = ordered(outcome.findings + limits)
    most_first = sorted(refused.items(), key=lambda pair: (-pair[1], pair[0]))
    manifest = Manifest(
        task=task.name,
        version=version,
        parent_version=around.parent_of(version),
        source_sha256=source.sha256,
        source_bytes=source.size,
        records=outcome.records,
        examples=outcome.examples,
        splits={split.value: file for split, file in splits.items()},
        quarantined=refused.total(),
        quarantined_by={str(code): count for code, count in most_first},
        quarantine_key=key(QUARANTINE),
        report_key=key(DATASET_REPORT),
        problems=[problem(finding) for finding in findings if finding.severity is Severity.REJECT],
        findings=findings,
        profile=outcome.profile,
        rules=task.data,
        shares={"validation": task.splits.validation, "test": task.splits.test},
        code_version=around.code_version,
        sampling=around.sampling,
    )
    page, path = work / DATASET_REPORT, work / MANIFEST
    page.write_bytes(report_of(manifest, first_refused(work / QUARANTINE)).encode())
    path.write_bytes(json_text(manifest))
    return Curated(
        manifest=manifest,
        files={key(one.name): one for one in (*outcome.files, page, path)},
        message=message_of(manifest, outcome.first_refused),
    )


def _lines(outcome: Outcome, split: Split) -> Iterator[bytes]:
    for path in outcome.files:
        if path.stem == split:
            with path.open("rb") as file:
                yield from file


class _Hashed:
    """A stream that knows the hash and the size of what was read from it."""

    def __init__(self, stream: Source, sha256: Sum, progress: Progress | None) -> None:
        self._stream = stream
        self._progress = progress
        self._sha256 = sha256
        self.size = 0

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._sha256.update(data)
        self.size += len(data)
        if self._progress is not None:
            self._progress(self.size)
        return data

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()
