"""Curate a dropped file: every line ends in one split or in quarantine, and the result is addressed by its content."""

import base64
import hashlib
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from rft.datasets.codes import Code
from rft.datasets.items import Refused
from rft.datasets.limits import problems_of
from rft.datasets.reading import Line, Source, read_lines
from rft.datasets.records import PromptRecord, read_record
from rft.datasets.splitting import prompt_key, split_of
from rft.keys import Split, dataset_key
from rft.names import digest
from rft.schemas import Manifest, Quarantined, SplitFile
from rft.tasks import Task

QUARANTINE: Final = "quarantine.jsonl"
MANIFEST: Final = "manifest.json"
SHOWN: Final = 3  # refused lines that a message names


class Curated(Struct, frozen=True, kw_only=True):
    """A dataset version on the local disk."""

    manifest: Manifest
    files: dict[str, Path]  # object key -> local file: the splits and the quarantine
    message: str  # for a person: what was accepted, or why not and how to mend it

    @property
    def accepted(self) -> bool:
        """Whether the version may train."""
        return not self.manifest.problems

    @property
    def manifest_key(self) -> str:
        """The manifest's object key."""
        return dataset_key(self.manifest.task, self.manifest.version, MANIFEST)


def curate(stream: Source, *, task: Task, code_version: str, work: Path) -> Curated:
    """Read a dropped file and write its dataset version below ``work``.

    Lines in = train + validation + test + quarantined, always. The same bytes and task give the same files and
    manifest. Empty lines at the end of the file are not counted. Memory: one line, and a mark for each id.

    Raises:
        DatasetUnreadable: the file as a whole cannot be read; the message names the place.

    """
    source = _Hashing(stream)
    writers = {split: _Writer(work / f"{split}.jsonl") for split in Split}
    quarantine = _Writer(work / QUARANTINE)
    ids = _Ids()
    lines = empty = 0
    end: tuple[int, int, _Mark] | None = None  # how things stood before the empty lines that may end the file
    shown: list[Quarantined] = []
    try:
        for line in read_lines(source):
            if line.cut or line.data.strip(b" \t\r"):
                end = None
            elif end is None:
                end = (lines, empty, quarantine.mark())
            lines += 1
            try:
                record = read_record(line)
                writers[split_of(prompt_key(record.user), task.splits)].write(record.line(ids.assign(record)))
            except Refused as refused:
                empty += refused.code is Code.EMPTY_LINE
                kept = _quarantined(line, refused)
                quarantine.write(msgspec.json.encode(kept) + b"\n")
                if len(shown) < SHOWN and refused.code is not Code.EMPTY_LINE:
                    shown.append(kept)
        if end is not None:
            lines, empty, mark = end
            quarantine.rewind(mark)
    finally:
        for writer in (*writers.values(), quarantine):
            writer.close()
    hashes = {split.value: writer.sha256 for split, writer in writers.items()}
    version = digest({"splits": hashes, "quarantine": quarantine.sha256}, length=16)
    counts = {split: writer.lines for split, writer in writers.items()}
    bad = quarantine.lines - empty
    manifest = Manifest(
        task=task.name,
        version=version,
        source_sha256=source.sha256,
        lines=lines,
        splits={split.value: writer.split_file(task.name, version) for split, writer in writers.items()},
        quarantined=quarantine.lines,
        quarantine_key=dataset_key(task.name, version, QUARANTINE),
        problems=problems_of(counts, bad=bad, lines=lines - empty, task=task),
        code_version=code_version,
    )
    return Curated(
        manifest=manifest,
        files={dataset_key(task.name, version, writer.path.name): writer.path for writer in writers.values()}
        | {manifest.quarantine_key: quarantine.path},
        message=_message(manifest, shown),
    )


def _message(manifest: Manifest, shown: list[Quarantined]) -> str:
    counts = ", ".join(f"{file.records} {name}" for name, file in manifest.splits.items())
    said = [f"Line {item.line}: {item.reason} ({item.code})." for item in shown]
    if manifest.quarantined > len(shown):
        said.append(f"All {manifest.quarantined} refused lines: {manifest.quarantine_key}.")
    if manifest.problems:
        return " ".join(["Dataset rejected:", *manifest.problems, *said])
    accepted = f"{manifest.lines} lines: {counts}, {manifest.quarantined} quarantined."
    return " ".join([accepted, *said])


def _quarantined(line: Line, refused: Refused) -> Quarantined:
    original = base64.b64encode(line.data).decode()
    return Quarantined(line=line.number, code=refused.code, reason=refused.reason, original=original)


class _Hashing:
    """A stream that knows the hash of what was read from it."""

    def __init__(self, stream: Source) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._hash.update(data)
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class _Mark(NamedTuple):
    """Where a writer stood."""

    lines: int
    bytes: int
    hash: "hashlib._Hash"


class _Ids:
    """Ids of one dataset version: none twice, and one for each record that has none."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def assign(self, record: PromptRecord) -> str | None:
        """Return the id for a record without one, None for a record with its own.

        Raises:
            Refused: the record's id was there before.

        """
        if record.id is not None:
            if not self._take(record.id):
                raise Refused(
                    Code.DUPLICATE_ID, f"the id {record.id[:60]!r} stands on an earlier line; make ids unique"
                )
            return None
        stem = f"r-{hashlib.sha256(record.data).hexdigest()[:16]}"
        identity, copy = stem, 1
        while not self._take(identity):
            copy += 1
            identity = f"{stem}-{copy}"
        return identity

    def _take(self, identity: str) -> bool:
        mark = hashlib.blake2b(identity.encode(), digest_size=16).digest()
        if mark in self._seen:
            return False
        self._seen.add(mark)
        return True


class _Writer:
    """A local file with the count and the hash of its lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = self.bytes = 0
        self._hash = hashlib.sha256()
        self._stream = path.open("wb")

    def write(self, line: bytes) -> None:
        self._stream.write(line)
        self._hash.update(line)
        self.lines += 1
        self.bytes += len(line)

    def mark(self) -> _Mark:
        return _Mark(self.lines, self.bytes, self._hash.copy())

    def rewind(self, mark: _Mark) -> None:
        self.lines, self.bytes, self._hash = mark
        self._stream.truncate(self.bytes)

    def close(self) -> None:
        self._stream.close()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def split_file(self, task: str, version: str) -> SplitFile:
        key = dataset_key(task, version, self.path.name)
        return SplitFile(key=key, records=self.lines, bytes=self.bytes, sha256=self.sha256)
