"""Exit codes that scripts can use, and the errors that lead to them."""

from enum import IntEnum

from rft.errors import RftError
from rft.keys import RunStatus


class Exit(IntEnum):
    """What the command's exit code says."""

    OK = 0  # done; for `watch`: the candidate was promoted
    NOT_PROMOTED = 1  # the run was rejected or failed
    UNUSABLE_CALL = 2  # wrong argument, unknown task or run, wrong settings
    NO_AWS = 3  # AWS unreachable, no credentials, not deployed
    INTERRUPTED = 130  # Ctrl-C, as shells count it


class NoAws(RftError):
    """AWS cannot be used from here; the message names the fix."""


class UnusableCall(RftError):
    """The command was called with something that cannot be; the message names the fix."""


def exit_of(status: RunStatus) -> Exit:
    """Return the exit code of a run that has ended."""
    return Exit.OK if status is RunStatus.PROMOTED else Exit.NOT_PROMOTED
