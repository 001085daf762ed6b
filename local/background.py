"""An embedded AWS that outlives the command that started it: ``rft local up`` and ``down``."""

import os
import shutil
import time
from pathlib import Path

import msgspec

from local.embedded import ROOT, EmbeddedAws, EmbeddedAwsError, stop_groups

HOME = ROOT / ".local"
STATE = HOME / "embedded.json"


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A detached embedded AWS."""

    url: str
    bedrock_url: str
    pids: list[int]
    started: list[int]  # start times of the processes in clock ticks, so that a reused pid is not taken for ours
    folder: str
    since: float  # seconds since the epoch


def up(*, port: int | None = None) -> Running:
    """Start a detached embedded AWS, or return the one that runs.

    Raises:
        EmbeddedAwsError: it cannot start; the message names the fix.

    """
    found = status()
    if found is not None:
        return found
    HOME.mkdir(exist_ok=True)
    aws = EmbeddedAws(port=port, log=HOME / "embedded.log")
    aws.start()
    running = Running(
        url=aws.url,
        bedrock_url=aws.bedrock_url,
        pids=aws.pids,
        started=[_start_time(pid) for pid in aws.pids],
        folder=str(aws.folder),
        since=time.time(),
    )
    STATE.write_bytes(msgspec.json.encode(running))
    aws.release()
    return running


def down() -> bool:
    """End the detached embedded AWS and remove what it kept; False if none runs."""
    found = status()
    if found is None:
        return False
    stop_groups(found.pids)
    shutil.rmtree(found.folder, ignore_errors=True)
    STATE.unlink(missing_ok=True)
    return True


def status() -> Running | None:
    """Return the detached embedded AWS, or None; the file of a dead one is removed."""
    try:
        found = msgspec.json.decode(STATE.read_bytes(), type=Running)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise EmbeddedAwsError(f"{STATE} is damaged ({error}); remove it and end the processes by hand") from error
    ours = [_start_time(pid) for pid in found.pids] == found.started
    if ours:
        return found
    shutil.rmtree(found.folder, ignore_errors=True)
    STATE.unlink(missing_ok=True)
    return None


def _start_time(pid: int) -> int:
    """Return when a process started, or 0 where it is gone. Without /proc (macOS) being alive has to do."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
    except FileNotFoundError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return 0
    return 1 if not Path("/proc/self").exists() else 0
