"""ValidateData: from the dropped object to the version in the bucket and the section of the run record."""

import gzip
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from lambdas.validate_data import handler as module
from rft.aws import metrics, step
from rft.keys import RunStatus
from rft.schemas import Manifest, Run, Source
from rft.tasks import load_tasks
from tests.unit.datasets.fake_s3 import FakeS3

ROOT = Path(__file__).parents[3]
ARITHMETIC = (ROOT / "tasks" / "arithmetic" / "data" / "arithmetic.jsonl").read_bytes()


class Store:
    """One run in memory."""

    def __init__(self) -> None:
        self.table = "runs"
        self.run = Run(
            run_id="r",
            task="arithmetic",
            environment="dev",
            attempt=1,
            source=Source(bucket="intake", key="incoming/arithmetic/x.jsonl", version_id="v1", size=1),
            status=RunStatus.RUNNING,
            started_at="2026-01-01T00:00:00+00:00",
            updated_at="2026-01-01T00:00:00+00:00",
        )

    def load(self, run_id: str) -> Run:
        return self.run

    def update(self, run_id: str, **sections: Any) -> None:
        self.run = msgspec.structs.replace(self.run, **sections)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return the runs table's stand-in."""
    made = Store()
    monkeypatch.setattr(step, "store", lambda: made)
    monkeypatch.setattr(step, "surroundings", lambda: SimpleNamespace(datasets_bucket="datasets"))
    monkeypatch.setattr(module, "shared", SimpleNamespace(parent_of=lambda *_: None, accepted=lambda *_: None))
    monkeypatch.setattr(metrics, "surroundings", lambda: SimpleNamespace(settings=SimpleNamespace(name="dev")))
    monkeypatch.setattr(module, "packaged_tasks", lambda: load_tasks(ROOT / "tasks"))
    return made


def drop(s3: FakeS3, data: bytes) -> None:
    s3.versions["intake", "incoming/arithmetic/x.jsonl", "v1"] = data


def test_a_good_drop_becomes_a_version(s3: FakeS3, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    drop(s3, gzip.compress(ARITHMETIC + b"broken\n", mtime=0))
    assert module.handler({"run_id": "r"}, None) == {"accepted": True}
    dataset = store.run.dataset
    assert dataset is not None
    assert (dataset.bucket, dataset.quarantined) == ("datasets", 1)
    assert store.run.message.startswith("601 records: ")
    assert "Line 601: not JSON" in store.run.message
    manifest = msgspec.json.decode(s3.objects["datasets", dataset.manifest_key], type=Manifest)
    assert manifest.records == 601
    for file in dataset.splits.values():
        assert s3.objects["datasets", file.key].count(b"\n") == file.records
    assert s3.objects["datasets", dataset.quarantine_key].count(b"\n") == 1
    assert s3.writes[-1] == dataset.manifest_key
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [line["RecordsAccepted"] for line in printed if "RecordsAccepted" in line] in ([600], [[600]])
    assert [line["RecordsQuarantined"] for line in printed if "RecordsQuarantined" in line] in ([1], [[1]])


def test_doing_it_twice_writes_once(s3: FakeS3, store: Store) -> None:
    drop(s3, ARITHMETIC)
    assert module.handler({"run_id": "r"}, None) == {"accepted": True}
    first, written = store.run.dataset, len(s3.writes)
    assert module.handler({"run_id": "r"}, None) == {"accepted": True}
    assert store.run.dataset == first
    assert len(s3.writes) == written == 6


def test_a_rejected_drop_keeps_its_quarantine(s3: FakeS3, store: Store) -> None:
    drop(s3, b'{"a": 1}\n{"messages": []}\n')
    assert module.handler({"run_id": "r"}, None) == {"accepted": False}
    assert store.run.dataset is not None
    assert s3.objects["datasets", store.run.dataset.quarantine_key].count(b"\n") == 2
    assert "2 of 2 records are refused" in store.run.message


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0\0", gzip.compress(ARITHMETIC, mtime=0)[:-50]])
def test_an_unreadable_drop_ends_in_a_message(s3: FakeS3, store: Store, data: bytes) -> None:
    drop(s3, data)
    assert module.handler({"run_id": "r"}, None) == {"accepted": False}
    assert store.run.dataset is None
    assert store.run.message.startswith("Dataset rejected: the ")
    assert s3.writes == []
