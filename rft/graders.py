"""The graders of a task: the one that trains, the independent one that judges what training made, and their needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from rft.rewards.combine import combine
from rft.rewards.components import TEXT_METRICS
from rft.rewards.errors import BadReward

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rft.tasks import Task

GRADER_SETTINGS: Final = "task.json"  # in a grader's package: what of task.toml its components need
AUDIT_SETTINGS: Final = "audit.json"  # and those of the independent grader
ENTRY: Final = re.compile(r"[A-Za-z_]\w*\.py:[A-Za-z_]\w*")


def grader_entry(task: Task) -> str:
    """Return the variable ``RFT_GRADER`` of a task's grader function, see ``rft.rewards.entry``."""
    if task.reward is not None:
        return f"components:{GRADER_SETTINGS}:reward"
    return f"reward:{task.grader.reward}" if task.grader.reward else f"handler:{task.grader.handler}"


def audit_entry(task: Task) -> str | None:
    """Return the variable ``RFT_AUDIT`` of a task's grader function, or None for a task without independent grader."""
    if task.audit is None:
        return None
    return f"reward:{task.audit['reward']}" if "reward" in task.audit else f"components:{AUDIT_SETTINGS}:audit"


def all_components(task: Task) -> Iterator[dict[str, Any]]:
    """Yield the components that the tables ``[reward]`` and ``[audit]`` of a task list."""
    for table in (task.reward, task.audit):
        yield from (table or {}).get("components", [])


def components_of(task: Task, kind: str) -> list[dict[str, Any]]:
    """Return a task's components of a kind."""
    return [one for one in all_components(task) if one.get("kind") == kind]


def uses_text_metrics(task: Task) -> bool:
    """Return whether a task's grader needs the layer with the libraries of ``rouge``, ``chrf`` and ``bleu``."""
    return task.grader.text_metrics or any(component.get("kind") in TEXT_METRICS for component in all_components(task))


def trains_reward_model(task: Task) -> bool:
    """Return whether each run trains a reward model on its preferences, which the task's grader asks."""
    return any(not component.get("file") for component in components_of(task, "reward_model"))


def grader_problems(task: Task, folder: Path, *, packaged: bool) -> list[str]:
    """Return what is wrong with a task's graders, each with key and fix; a package holds none of their files."""
    entries = [entry for entry in (task.grader.reward, task.grader.handler) if entry]
    if len(entries) + (task.reward is not None) != 1:
        return [
            'grader: give exactly one of reward = "reward.py:reward", handler = "reward.py:lambda_handler" and the '
            "table [reward] with its components"
        ]
    found = [*_table_problems("reward", task.reward, folder, packaged=packaged)]
    for entry in entries:
        found += _entry_problems("grader", entry, folder, packaged=packaged)
    if task.audit is None:
        return found
    if ("reward" in task.audit) == ("components" in task.audit):
        return [*found, 'audit: give one of reward = "audit.py:reward" and components']
    if "components" in task.audit:
        return [*found, *_table_problems("audit", task.audit, folder, packaged=packaged)]
    if unknown := sorted(set(task.audit) - {"reward"}):
        return [*found, f"audit.{unknown[0]}: no such key beside reward; take it out"]
    return [*found, *_entry_problems("audit", str(task.audit["reward"]), folder, packaged=packaged)]


def _table_problems(name: str, table: Mapping[str, Any] | None, folder: Path, *, packaged: bool) -> list[str]:
    if table is None or packaged:
        return []
    try:
        combine(table, str(folder))
    except BadReward as error:
        return [f"{name}: {error}"]
    return []


def _entry_problems(name: str, entry: str, folder: Path, *, packaged: bool) -> list[str]:
    if not ENTRY.fullmatch(entry):
        return [f'{name}: {entry!r} must read "file.py:function"']
    if not packaged and not (folder / entry.split(":")[0]).exists():
        return [f"{name}: no file {entry.split(':')[0]} in {folder}"]
    return []
