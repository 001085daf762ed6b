"""The processes: they start clean, die clean, and say what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from local import background, embedded
from local.embedded import EmbeddedAws, EmbeddedAwsError, free_port

pytestmark = pytest.mark.xdist_group("emulator")


def alive(pid: int) -> bool:
    return (
        Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    )


def test_nothing_is_left_after_stop(probe):
    aws = EmbeddedAws()
    aws.start()
    pids, folder = aws.pids, aws.folder
    assert all(alive(pid) for pid in pids)
    aws.stop()
    aws.stop()
    assert not any(alive(pid) for pid in pids)
    assert not folder.exists()


def test_a_copied_state_folder_starts_another(tmp_path):
    import shutil

    with EmbeddedAws(state=tmp_path / "one") as first:
        first.client("s3").create_bucket(Bucket="kept")
        first.client("s3").put_object(Bucket="kept", Key="a", Body=b"x")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    with EmbeddedAws(state=tmp_path / "two", save=False) as second:
        assert second.client("s3").get_object(Bucket="kept", Key="a")["Body"].read() == b"x"
        second.client("s3").create_bucket(Bucket="lost")
    with EmbeddedAws(state=tmp_path / "two", save=False) as third:
        assert [bucket["Name"] for bucket in third.client("s3").list_buckets()["Buckets"]] == ["kept"]


def test_a_port_that_is_taken_is_said(probe):
    with pytest.raises(EmbeddedAwsError, match="already in use"):
        EmbeddedAws(port=probe.aws.port).start()


def test_a_port_that_somebody_took_meanwhile_is_left_to_them(probe):
    aws = EmbeddedAws()
    aws.port = probe.aws.port  # it was free when it was chosen
    with aws:
        assert aws.port != probe.aws.port
        assert aws.client("s3").list_buckets()["Buckets"] == []


def test_a_missing_environment_names_the_fix(monkeypatch, tmp_path):
    monkeypatch.setattr(embedded, "ROOT", tmp_path)
    with pytest.raises(EmbeddedAwsError, match="make setup"):
        embedded.emulator_python()


def test_another_version_is_refused():
    code = (
        "import importlib.metadata as m, sys\nm.version = lambda name: '9.9.9'\n"
        "import local.emulator.guard as g\ng.version = m.version\ng.check_version()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=embedded.ROOT, check=False)
    assert done.returncode == 1
    assert "9.9.9" in done.stderr
    assert "make setup" in done.stderr


def test_a_patch_without_its_target_is_refused():
    from local.emulator.guard import replace

    with pytest.raises(RuntimeError, match="does not fit"):
        replace(embedded, "no_such_name", 1)


def test_the_detached_one_comes_up_is_found_and_goes(monkeypatch, tmp_path):
    monkeypatch.setattr(background, "HOME", tmp_path)
    monkeypatch.setattr(background, "STATE", tmp_path / "embedded.json")
    assert background.status() is None
    assert background.down() is False
    running = background.up(port=free_port())
    try:
        assert background.status() == running
        assert background.up() == running, "a second up finds the first"
    finally:
        assert background.down() is True
    assert background.status() is None
    assert not any(alive(pid) for pid in running.pids)


def test_a_stale_or_damaged_state_file_is_handled(monkeypatch, tmp_path):
    state = tmp_path / "embedded.json"
    monkeypatch.setattr(background, "STATE", state)
    state.write_text("{oops")
    with pytest.raises(EmbeddedAwsError, match="damaged"):
        background.status()
    gone = background.Running(
        url="http://127.0.0.1:1",
        bedrock_url="http://127.0.0.1:2",
        pids=[2**22 - 1],
        started=[5],
        folder=str(tmp_path / "x"),
        since=0,
    )
    import msgspec

    state.write_bytes(msgspec.json.encode(gone))
    assert background.status() is None
    assert not state.exists()
