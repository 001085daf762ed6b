"""How long workflows may take, in seconds, from the settings."""

import math

from rft.settings import Settings


def training_seconds(settings: Settings) -> int:
    """Return when a training execution times out: its waits at their longest, and four hours for everything else."""
    waits = settings.workflow
    hours = waits.slot_hours + waits.max_training_hours + 4
    return math.ceil(hours * 3600 + 3 * waits.deployment_minutes * 60)


def clean_up_seconds() -> int:
    """Return when a clean-up execution times out: sixty attempts a minute apart, and room for the report."""
    return 2 * 3600
