"""Curate a dropped file: each example ends in one split or in quarantine; the version is its content."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from rft.datasets.checks.balance import balance_findings
from rft.datasets.checks.leakage import Protected
from rft.datasets.checks.pseudonyms import Pseudonyms, derived_key
from rft.datasets.codes import HARMLESS, Code, Severity
from rft.datasets.collector import Collector, ordered
from rft.datasets.comparing import Comparison
from rft.datasets.express.lane import Lane, batches, open_to
from rft.datasets.findings import Finding, Place
from rft.datasets.intake import Intake, Watcher
from rft.datasets.items import Container, Item, Refused, Shape
from rft.datasets.limits import over_limits
from rft.datasets.message import SHOWN, message_of, problem
from rft.datasets.profile import Profile, profile_of
from rft.datasets.sampling import Sampling
from rft.datasets.shapes import detect
from rft.datasets.sources.compression import Source
from rft.datasets.sources.containers import Reading, open_reading
from rft.datasets.sources.text import SPACE
from rft.datasets.table import Table
from rft.datasets.watchers import Alike, Asked, Languages, Opinion, Pairs
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
PAIRED: Final = (Shape.PREFERENCES, Shape.JUDGEMENTS, Shape.RANKINGS)
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
        TaskInvalid: a protected file is missing or unreadable, or ``[data]`` asks for what is unknown.

    """
    source = _Hashing(stream, around.progress)
    reading = open_reading(source, name=name)
    first, items = _beginning(reading)
    curation = _Curation(reading, _shape(reading, first, task), first, task=task, work=work, around=around)
    try:
        for batch in batches(items):
            curation.take(batch)
        return curation.finish(source)
    finally:
        curation.files.close()


def _beginning(reading: Reading) -> tuple[list[dict[str, Any]], Iterator[Item]]:
    """Return the values of the first records, and all items."""
    items = iter(reading)
    first: list[Item] = []
    values: list[dict[str, Any]] = []
    size = 0
    for item in items:
        first.append(item)
        size += len(item.data)
        if len(first) > LOOKED_AT or size > LOOKED_AT_BYTES:
            break
        with suppress(Refused):  # it says so when its turn comes
            values.append(reading.decode(item))
    return values, chain(first, items)


def _shape(reading: Reading, first: list[dict[str, Any]], task: Task) -> Shape:
    try:
        return detect(first, task.data)
    except DatasetUnreadable as error:
        if reading.container is not Container.CSV:
            raise
        taken = "the file was taken for CSV with its header on line 1; for JSONL, write one JSON object a line"
        raise DatasetUnreadable(f"{error}; {taken}") from None


class _Curation:
    """One file on its way."""

    def __init__(
        self,
        reading: Reading,
        shape: Shape,
        first: list[dict[str, Any]],
        *,
        task: Task,
        work: Path,
        around: Surroundings,
    ) -> None:
        rules = task.data
        self._reading, self._shape, self._task, self._rules, self._around = reading, shape, task, rules, around
        self._table = Table()
        self._work = work
        self.files = Files(work, self._table)
        self._collector = Collector(rules)
        self._protected = _protected(task, around.protected)
        self._languages = Languages() if rules.severity(Code.LANGUAGE_BALANCE) is not Severity.OFF else None
        self._alike = Alike(rules, self.files) if rules.near_duplicates else None
        self._pairs = Pairs() if shape in PAIRED else None
        asked = Asked(around.opinion) if around.opinion is not None else None
        watchers: list[Watcher] = [one for one in (self._languages, self._alike, self._pairs, asked) if one is not None]
        self._intake = Intake(
            task,
            shape,
            lines=reading.container is not Container.CSV,
            table=self._table,
            files=self.files,
            collector=self._collector,
            pseudonyms=around.pseudonyms or Pseudonyms(derived_key(task.name)),
            watchers=watchers,
        )
        usual = shape is Shape.PROMPTS and reading.container is not Container.CSV and open_to(rules)
        self._lane = (
            Lane(first, self._intake, task=task, table=self._table, files=self.files, watchers=watchers)
            if usual
            else None
        )
        self._comparison = Comparison(self._table, rules, self._collector, paired=shape in PAIRED)
        self._records = 0
        self._blank = 0  # empty lines one behind the other
        self._last_blank = -1  # number of the last of them
        self._first: list[Place] = []  # of what was refused for a reason that is worth a message

    def take(self, batch: list[Item]) -> None:
        """Admit each item, or put it into quarantine."""
        self._records += len(batch)
        for item in batch if self._lane is None else self._lane.hand_back(batch):
            self._take(item)

    def _take(self, item: Item) -> None:
        if not item.cut and not item.data.strip(SPACE):
            if item.number != self._last_blank + 1:
                self.files.mark()
                self._blank = 0
            self._blank += 1
            self._last_blank = item.number
        try:
            self._intake.admit(item, self._reading.decode(item))
        except Refused as refused:
            self.files.refuse(item, refused.code, refused.reason)
            self._collector.add(refused.code, item.line, refused.reason)
            if refused.code is not Code.EMPTY_LINE and len(self._first) < SHOWN:
                self._first.append(Place(item.line, f"{refused.reason} ({refused.code})"))

    def finish(self, source: "_Hashing") -> Curated:
        """Compare the rows among each other, write the files and say what came out."""
        if self._last_blank == self._records and self._reading.container is Container.JSONL:
            self._records -= self._blank
            self.files.rewind(Code.EMPTY_LINE, self._blank)
            self._collector.forget(Code.EMPTY_LINE, self._blank)
        findings = self._comparison.run(alike=self._alike, protected=self._protected)
        examples = len(self._table) + self.files.refused.total()
        profile = profile_of(
            self._table,
            self._comparison.alive(),
            container=self._reading.container,
            shape=self._shape,
            sample=self._languages.sample if self._languages is not None else None,
            preferences=self._pairs.quality.profile() if self._pairs is not None else None,
            clusters=self._comparison.cluster_sizes,
        )
        findings += self._collector.findings(examples)
        findings += self._intake.personal.findings(self._rules, of=examples)
        findings += balance_findings(
            rows=profile.slices,
            lengths=profile.lengths,
            languages=profile.languages,
            sample=profile.language_sample,
            rules=self._rules,
        )
        if self._pairs is not None:
            findings += self._pairs.quality.findings(self._rules)
        if self._around.opinion is not None and (opinion := self._around.opinion.finding()):
            findings.append(opinion)
        return self._version(source, findings, profile, examples)

    def _version(self, source: "_Hashing", findings: list[Finding], profile: Profile, examples: int) -> Curated:
        task, gone = self._task, self._comparison.gone
        refused = self.files.refused + Counter(code for code, _ in gone.values())
        made = self.files.finish(gone)
        hashes = {path.name: self.files.sha256(path) for path in made}
        version = digest(hashes, length=16)
        splits = {
            split: self._split_file(path, made, hashes, version)
            for split in Split
            for path in made
            if path.stem == split
        }
        harmless = sum(count for code, count in refused.items() if code in HARMLESS)
        findings = ordered(
            findings
            + over_limits(
                {split: file.records for split, file in splits.items()},
                bad=refused.total() - harmless,
                examples=examples - harmless,
                task=task,
            )
        )
        manifest = Manifest(
            task=task.name,
            version=version,
            parent_version=self._around.parent_of(version),
            source_sha256=source.sha256,
            source_bytes=source.size,
            records=self._records,
            examples=examples,
            splits={split.value: file for split, file in splits.items()},
            quarantined=refused.total(),
            quarantined_by={
                str(code): count for code, count in sorted(refused.items(), key=lambda pair: (-pair[1], pair[0]))
            },
            quarantine_key=dataset_key(task.name, version, QUARANTINE),
            report_key=dataset_key(task.name, version, DATASET_REPORT),
            problems=[problem(finding) for finding in findings if finding.severity is Severity.REJECT],
            findings=findings,
            profile=profile,
            rules=self._rules,
            shares={"validation": task.splits.validation, "test": task.splits.test},
            code_version=self._around.code_version,
            sampling=self._around.sampling,
        )
        page, path = self._work / DATASET_REPORT, self._work / MANIFEST
        page.write_bytes(report_of(manifest, first_refused(self._work / QUARANTINE)).encode())
        path.write_bytes(json_text(manifest))
        return Curated(
            manifest=manifest,
            files={dataset_key(task.name, version, one.name): one for one in (*made, page, path)},
            message=message_of(manifest, self._first_refused()),
        )

    def _split_file(self, path: Path, made: dict[Path, int], hashes: dict[str, str], version: str) -> SplitFile:
        return SplitFile(
            key=dataset_key(self._task.name, version, path.name),
            records=made[path],
            bytes=path.stat().st_size,
            sha256=hashes[path.name],
        )

    def _first_refused(self) -> list[Place]:
        """Return the first places of what was refused, by a record's own fault or beside others."""
        gone = self._comparison.gone
        late = [Place(self._table.line[row], f"{gone[row][1]} ({gone[row][0]})") for row in sorted(gone)[:SHOWN]]
        return sorted([*self._first, *late], key=lambda place: place.line)[:SHOWN]


def _protected(task: Task, files: dict[str, Path]) -> Protected | None:
    if not task.data.protected:
        return None
    protected = Protected()
    for name in task.data.protected:
        with files[name].open(encoding="utf-8") as lines:
            protected.load(name, lines)
    return protected


class _Hashing:
    """A stream that knows the hash and the size of what was read from it."""

    def __init__(self, stream: Source, progress: Progress | None) -> None:
        self._stream = stream
        self._progress = progress
        self._hash = hashlib.sha256()
        self.size = 0

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._hash.update(data)
        self.size += len(data)
        if self._progress is not None:
            self._progress(self.size)
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()
