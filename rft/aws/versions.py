"""Dataset versions in an environment: found by the beginning of their ids, and read."""

from collections.abc import Iterable

from msgspec import ValidationError

from rft.aws.objects import get_json, list_keys, read_lines
from rft.datasets.difference import Version
from rft.errors import DatasetUnreadable
from rft.keys import DATASETS, dataset_key
from rft.schemas import Manifest


def versions_of(bucket: str, tasks: Iterable[str], start: str) -> list[tuple[str, str]]:
    """Return task and id of each dataset version whose id begins so."""
    found = set()
    for task in tasks:
        for key in list_keys(bucket, f"{DATASETS}{task}/{start}"):
            _, _, version, name = key.split("/", 3)
            if name == "manifest.json":  # it is written last
                found.add((task, version))
    return sorted(found)


def open_version(bucket: str, task: str, version: str) -> Version:
    """Return a dataset version; its files are streamed when their lines are asked for.

    Raises:
        DatasetUnreadable: another version of this project wrote its manifest.

    """
    key = dataset_key(task, version, "manifest.json")
    try:
        manifest = get_json(bucket, key, Manifest)
    except ValidationError as error:
        raise DatasetUnreadable(f"s3://{bucket}/{key} is no manifest of this version of rft: {error}") from None
    return Version(
        manifest=manifest,
        lines=lambda stem: read_lines(bucket, dataset_key(task, version, f"{stem}.jsonl")),
        has_quarantine=manifest.quarantine_key in set(list_keys(bucket, dataset_key(task, version, ""))),
    )
