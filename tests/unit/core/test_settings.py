"""Environment files: a wrong value is refused with file, key and fix."""

from pathlib import Path

import pytest

from rft.errors import SettingsInvalid
from rft.keys import Serving
from rft.settings import decode_settings, encode_settings, load_settings

ENVIRONMENTS = Path(__file__).parents[3] / "environments"


@pytest.fixture
def write(tmp_path):
    """Return a function that writes dev.toml with a replacement and returns its path."""

    def make(old: str = "", new: str = "") -> Path:
        text = (ENVIRONMENTS / "dev.toml").read_text()
        assert old in text
        path = tmp_path / "dev.toml"
        path.write_text(text.replace(old, new, 1) if old else text)
        return path

    return make


@pytest.mark.parametrize("name", ["local", "dev", "staging", "prod"])
def test_every_shipped_environment_is_valid_and_survives_its_encoding(name):
    settings = load_settings(ENVIRONMENTS / f"{name}.toml")
    assert settings.name == name
    assert decode_settings(encode_settings(settings)) == settings


@pytest.mark.parametrize(
    ("old", "new", "key", "hint"),
    [
        ('account = "111111111111"', 'account = "1234"', "account", "correct this key"),
        ('region = "us-east-1"', 'region = "Virginia"', "region", "correct this key"),
        ('mode = "on_demand"', 'mode = "sometimes"', "serving.mode", "correct this key"),
        ('mode = "on_demand"', 'mode = "provisioned"', "serving.provisioned", "max_pt_hours"),
        ('["us-east-1a", "us-east-1b"]', '["us-west-2a", "us-west-2b"]', "availability_zones", "us-east-1"),
        ('["us-east-1", "us-east-2", "us-west-2"]', '["us-west-2"]', "residency_regions", "add it"),
        ('name = "dev"', 'name = "test"', "name", "dev.toml"),
        ("notify_emails", 'log_buckets = ["s3://logs"]\nnotify_emails', "log_buckets[", "correct this key"),
        ("notify_emails", 'log_key_arns = ["alias/logs"]\nnotify_emails', "log_key_arns[", "correct this key"),
        ("max_training_hours = 8.0", "max_training_hours = -1.0", "workflow.max_training_hours", "correct this key"),
        ("max_training_hours = 8.0", "max_trainig_hours = 8.0", "max_trainig_hours", "workflow"),
        ("[caps]\nmax_run_usd = 600.0", "[caps]", "max_run_usd", "caps"),
        ("[caps]", "[caps", "not valid TOML", "line"),
        ("max_training_hours = 8.0", "training_poll_seconds = 2", "workflow", "slot_poll_seconds"),
        ("max_training_hours = 8.0", "slot_poll_seconds = 30", "workflow", "history events"),
        ("[caps]", "[graders.a]\nreserved_concurrency = 0\n[caps]", "reserved_concurrency", "correct this key"),
        (
            "[caps]",
            "[graders.a]\nsnap_start = true\nprovisioned_concurrency = 2\n[caps]",
            "graders.a",
            "remove snap_start or provisioned_concurrency",
        ),
        (
            "[caps]",
            "[graders.a]\nreserved_concurrency = 1\nprovisioned_concurrency = 2\n[caps]",
            "graders.a.provisioned_concurrency",
            "reserve more",
        ),
        ("max_training_hours = 8.0", "deployment_poll_seconds = 1", "workflow", "deployment_poll_seconds"),
    ],
)
def test_a_wrong_value_is_refused_with_file_key_and_fix(write, old, new, key, hint):
    path = write(old, new)
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(path)
    assert str(path) in str(caught.value)
    assert key in str(caught.value)
    assert hint in str(caught.value)


def test_an_unknown_environment_names_the_known_ones():
    with pytest.raises(SettingsInvalid, match="known environments: dev, local, prod, staging"):
        load_settings(ENVIRONMENTS / "production.toml")


COMMITTED = '[serving]\nmode = "provisioned"\n[serving.provisioned]\nmax_pt_hours = 2.0\ncommitment = "OneMonth"\n'


def test_a_commitment_needs_its_approval_by_name(write):
    with pytest.raises(SettingsInvalid, match='approved_commitment = "OneMonth"'):
        load_settings(write('[serving]\nmode = "on_demand"\n', COMMITTED))
    with pytest.raises(SettingsInvalid, match="approved_commitment"):
        load_settings(write('[serving]\nmode = "on_demand"\n', COMMITTED + 'approved_commitment = "SixMonths"\n'))
    approved = load_settings(write('[serving]\nmode = "on_demand"\n', COMMITTED + 'approved_commitment = "OneMonth"\n'))
    assert approved.serving.mode is Serving.PROVISIONED


def test_a_region_without_reinforcement_fine_tuning_is_refused(write):
    path = write()
    path.write_text(path.read_text().replace("us-east-1", "eu-central-1"))
    with pytest.raises(SettingsInvalid, match=r"region: .*us-east-1 and us-west-2 only"):
        load_settings(path)
