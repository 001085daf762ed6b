"""The training file of a supervised job: made of a dataset version, and kept beside its splits."""

import hashlib
import tempfile
from pathlib import Path

from msgspec import Struct

from rft.aws import objects
from rft.errors import TooFewDemonstrations
from rft.keys import Split, dataset_key
from rft.schemas import Dataset, Manifest
from rft.training.demonstrations import Shown, demonstrations, rejected_answers, too_few


class Demonstrations(Struct, frozen=True, kw_only=True):
    """A training file that Bedrock may read, with what it was made of."""

    uri: str
    sha256: str
    shown: Shown


def write_demonstrations(dataset: Dataset, task: str) -> Demonstrations:
    """Write the train split's demonstrations below ``datasets/``, where an erasure finds them, under their hash.

    Too few are refused with the dataset version already; here as well, before money is spent on them.

    Raises:
        TooFewDemonstrations: with the fix.

    """
    train = dataset.splits[Split.TRAIN].key
    shape = objects.get_json(dataset.bucket, dataset.manifest_key, Manifest).profile.shape
    rejected = rejected_answers(objects.read_lines(dataset.bucket, train))
    shown, content = Shown(), hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demonstrations"
        with path.open("wb") as file:
            for line in demonstrations(objects.read_lines(dataset.bucket, train), shape, rejected, shown):
                content.update(line)
                file.write(line)
        if refusal := too_few(shown, task):
            raise TooFewDemonstrations(f"dataset version {dataset.version}: {'; '.join(refusal)}")
        sha256 = content.hexdigest()
        key = dataset_key(task, dataset.version, f"demonstrations-{sha256[:16]}.jsonl")
        objects.put_new(dataset.bucket, key, path)
    return Demonstrations(uri=f"s3://{dataset.bucket}/{key}", sha256=sha256, shown=shown)
