"""How long workflows may take, in seconds, from the settings."""

import math

from rft import waits
from rft.settings import Settings

WORK = 4 * 3600  # what an execution does beside waiting: validation, calibration, two evaluations, reports
REPORT = 3600  # what a clean-up execution does beside waiting


def training_seconds(settings: Settings) -> int:
    """Return when a training execution times out: its waits at their longest, and its work."""
    return math.ceil(waits.longest_seconds(settings.workflow) + WORK)


def clean_up_seconds(settings: Settings) -> int:
    """Return when a clean-up execution times out: its attempts at their longest, and its report."""
    return waits.clean_up_seconds(settings.workflow) + REPORT
