"""S3 in memory in place of boto3's client."""

import pytest

from rft.aws import clients
from tests.unit.datasets.fake_s3 import FakeS3


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> FakeS3:
    """Return what ``rft.aws.objects`` talks to."""
    fake = FakeS3()
    monkeypatch.setattr(clients, "s3", lambda: fake)
    return fake
