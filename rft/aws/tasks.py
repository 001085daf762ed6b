"""The tasks that a function's zip carries."""

import os
from functools import lru_cache
from pathlib import Path

from rft.tasks import Task, load_tasks


@lru_cache(maxsize=1)
def packaged_tasks() -> dict[str, Task]:
    """Return the tasks beside the handler, by name."""
    return load_tasks(_root(), packaged=True)


def packaged_folder(task: str) -> Path:
    """Return a task's folder beside the handler: its task.toml and its protected files."""
    return _root() / task


def _root() -> Path:
    return Path(os.environ.get("LAMBDA_TASK_ROOT", ".")) / "tasks"
