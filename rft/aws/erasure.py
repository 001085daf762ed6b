"""Erasing a person from an environment: from a task's dataset versions, its drops, and what its runs have written."""

import re
import tempfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from msgspec import Struct

from rft import names
from rft.aws import objects, shared
from rft.aws.store import RunStore
from rft.datasets.checks.pseudonyms import Pseudonyms, derived_key
from rft.datasets.erasure import Person, manifest_without, without
from rft.datasets.items import Refused
from rft.datasets.sources.containers import open_reading
from rft.errors import DatasetUnreadable
from rft.json_text import json_text
from rft.keys import DATASETS, INCOMING, RUNS, SAMPLED
from rft.schemas import Manifest
from rft.settings import Settings

REWRITTEN: Final = (".jsonl", "manifest.json")  # of a dataset version; all else that names the person is deleted


class Held(Struct, frozen=True):
    """An object that names the person, in its present or in an older version of the object."""

    bucket: str
    key: str
    records: int  # that name the person; of what is deleted whole 1 is enough to know

    @property
    def dataset_version(self) -> str | None:
        """The dataset version that the object belongs to; None for drops, samples of logs and files of runs."""
        return self.key.split("/")[2] if self.key.startswith(DATASETS) else None


class Trained(Struct, frozen=True):
    """A model that a run trained on a dataset version that named the person."""

    run_id: str
    model_arn: str
    dataset_version: str


def person_of(settings: Settings, task: str, values: list[str]) -> Person:
    """Return who is looked for, by values and by the pseudonyms that a task's versions hold in their place.

    Raises:
        ValueError: a value is too short.

    """
    key = shared.known_pseudonym_key(names.table_name(settings.prefix), task)
    return Person(values, Pseudonyms(key or derived_key(task)))


def held(settings: Settings, task: str, person: Person) -> Iterator[Held]:
    """Yield every object of a task that names the person, of dataset versions, drops, samples of logs and runs."""
    of_a_run = re.compile(rf"{RUNS}{re.escape(task)}-[0-9a-f]+(-r[0-9]+)?/")  # and of no task whose name begins alike
    for role, prefix in (
        ("datasets", f"{DATASETS}{task}/"),
        ("intake", f"{INCOMING}{task}/"),
        ("intake", f"{SAMPLED}{task}/"),
        ("artefacts", f"{RUNS}{task}-"),
    ):
        bucket = names.bucket_name(settings.prefix, role, settings.account, settings.region)
        for key, versions in objects.versions_below(bucket, prefix):
            if role == "artefacts" and not of_a_run.match(key):
                continue
            count = 0
            for version in versions:
                with objects.open_object(bucket, key, version) as stream:
                    count = max(count, _count(key, stream, person))
            if count:
                yield Held(bucket, key, count)


def erase(one: Held, person: Person) -> None:
    """Take the person out of an object for good.

    A file of a dataset version is written anew, then all its older object versions are deleted; a dropped file, a
    sample of logs and what a run has written are deleted whole. Whatever breaks in between, doing it again ends it.
    """
    old = [version for key, found in objects.versions_below(one.bucket, one.key) if key == one.key for version in found]
    if one.dataset_version is not None and one.key.endswith(REWRITTEN):
        _rewrite(one, person)
    objects.delete_versions(one.bucket, one.key, old)


def trained_on(store: RunStore, task: str, versions: set[str]) -> list[Trained]:
    """Return the models that were trained on one of the dataset versions, those of the youngest run first."""
    return [
        Trained(run.run_id, job.model_arn, run.dataset.version)
        for run in store.all()
        if run.task == task and run.dataset is not None and run.dataset.version in versions
        for job in (run.job, run.supervised.job if run.supervised else None)
        if job is not None and job.model_arn is not None
    ]


def _count(key: str, stream: BinaryIO, person: Person) -> int:
    if key.startswith((INCOMING, SAMPLED)):
        return int(_dropped(stream, person))
    if key.endswith(".jsonl") and key.startswith(DATASETS):
        return sum(line is None for line in without(stream, person))
    text = stream.read().decode(errors="replace")
    return int(person.named_in(unescape(text) if key.endswith(".html") else text))


def _dropped(stream: BinaryIO, person: Person) -> bool:
    """Return whether a dropped file names the person; what cannot be read is looked at as text."""
    try:
        reading = open_reading(stream)
        for item in reading:
            try:
                named = person.named_by(reading.decode(item))
            except Refused:
                named = person.named_in(item.data.decode(errors="replace"))
            if named:
                return True
    except DatasetUnreadable:
        return False
    return False


def _rewrite(one: Held, person: Person) -> None:
    with objects.open_object(one.bucket, one.key) as stream:
        if not one.key.endswith(".jsonl"):
            manifest = msgspec.json.decode(stream.read(), type=Manifest)
            objects.put_bytes(one.bucket, one.key, json_text(manifest_without(manifest, person)), "application/json")
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "left"
            with path.open("wb") as left:
                left.writelines(line for line in without(stream, person) if line is not None)
            objects.put_file(one.bucket, one.key, path)
