"""The tasks that a function's zip carries."""

import os
from functools import lru_cache
from pathlib import Path

from rft.tasks import Task, load_tasks


@lru_cache(maxsize=1)
def packaged_tasks() -> dict[str, Task]:
    """Return the tasks beside the handler, by name."""
    return load_tasks(Path(os.environ.get("LAMBDA_TASK_ROOT", ".")) / "tasks", packaged=True)
