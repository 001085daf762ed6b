"""The grader function's entry: ``rft.rewards.entry.handler``.

``RFT_TASK`` names the task, whose folder lies beside ``rft/`` in the zip as ``tasks/<task>/``. ``RFT_GRADER`` names
the grader: ``reward:reward.py:reward`` for a function ``(Sample) -> Score``, ``handler:reward.py:lambda_handler`` for a
plain handler in AWS's contract, which runs unchanged, ``components:task.json:reward`` for the table of components in a
JSON file, or in a TOML file where no cold start counts. ``RFT_AUDIT`` names the independent grader, if there is one, in
the same way; it answers calls of the phase ``audit``. ``RFT_ENVIRONMENT`` is a dimension of the metrics. ``grade``
does the same without Lambda.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time

from rft.rewards import run as runs
from rft.rewards.contract import check_answer, read_answer, read_items, score_items, write_answer
from rft.rewards.errors import BadReward, GraderContractError, GraderError
from rft.rewards.metrics import failure_line, metric_lines
from rft.rewards.sample import answer_length

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from rft.rewards.score import Score

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TRAINING = "training"
AUDIT = "audit"
MARGIN_SECONDS = 1.0  # of the function's time, for scoring and answering after the last judge has answered
_functions: dict[tuple[str, str], Callable[..., Any]] = {}


def handler(event: Any, context: Any) -> list[dict[str, Any]]:
    """Score the rollouts of an event and print one metrics line per hundred; print one as well where that fails.

    The alias by which the function was called names the run; ``client_context.custom["phase"]`` says why it was called.

    Raises:
        GraderContractError: event or answer is not in Bedrock's contract.
        GraderError: the reward raised or gave no finite score.

    """
    started = time.perf_counter()
    task = os.environ["RFT_TASK"]
    runs.current = runs.run_of(getattr(context, "invoked_function_arn", ""))
    folder = _task_folder(task)
    about = {
        "environment": os.environ["RFT_ENVIRONMENT"],
        "task": task,
        "run": runs.current,
        "phase": _phase(context),
    }
    try:
        lengths = [answer_length(item) for item in read_items(event)]  # before a handler may change the event
        grader = os.environ["RFT_AUDIT" if about["phase"] == AUDIT else "RFT_GRADER"]
        answer, scores = _grade(folder, grader, event, context)
    except Exception:
        print(failure_line(about=about, timestamp_ms=int(time.time() * 1000)), flush=True)
        raise
    duration_ms = (time.perf_counter() - started) * 1000
    for line in metric_lines(
        scores, lengths, about=about, duration_ms=duration_ms, timestamp_ms=int(time.time() * 1000)
    ):
        print(line, flush=True)
    return answer


def grade(task_folder: str | os.PathLike[str], event: Any, context: Any = None) -> list[dict[str, Any]]:
    """Score the rollouts of an event with the grader of a task folder, here and now; no metrics are printed.

    Raises:
        GraderContractError: event or answer is not in Bedrock's contract.
        GraderError: the reward raised or gave no finite score.

    """
    return grader(task_folder)(event, context)


def grader(task_folder: str | os.PathLike[str], *, audit: bool = False) -> Callable[..., list[dict[str, Any]]]:
    """Return ``grade`` for one task folder, whose task.toml is read once; with ``audit`` of its independent grader."""
    folder, named = os.fspath(task_folder), (_audit_of if audit else grader_of)(task_folder)
    return lambda event, context=None: _grade(folder, named, event, context)[0]


def grader_of(task_folder: str | os.PathLike[str]) -> str:
    """Return a task folder's grader as ``RFT_GRADER`` names it."""
    settings = _settings(os.path.join(task_folder, "task.toml"))
    if "reward" in settings:
        return "components:task.toml:reward"
    table = settings["grader"]
    form = "handler" if "handler" in table else "reward"
    return f"{form}:{table[form]}"


def _audit_of(task_folder: str | os.PathLike[str]) -> str:
    table = _settings(os.path.join(task_folder, "task.toml"))["audit"]
    return f"reward:{table['reward']}" if "reward" in table else "components:task.toml:audit"


def _grade(folder: str, grader: str, event: Any, context: Any) -> tuple[list[dict[str, Any]], list[Score]]:
    form, file, name = grader.split(":")
    function = _function(form, os.path.join(folder, file), name)
    items = read_items(event)
    if form != "handler":
        scores = score_items(items, function, _deadline(context))
        return write_answer(items, scores), scores
    # A handler may change the event it gets; the ids are what its answer is held against.
    asked = [{"id": item.get("id")} for item in items if isinstance(item, dict)]
    try:
        answer = function(event, context)
    except Exception as error:
        raise GraderError(f"{file}: {name} raised {type(error).__name__}: {error}") from error
    if problems := check_answer(asked, answer):
        more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
        raise GraderContractError(f"{file}: {name}: {'; '.join(problems[:3])}{more}")
    return answer, read_answer(answer)


def _deadline(context: Any) -> float | None:
    """Return when scoring must be over, on ``time.monotonic``'s clock; None where nothing stops it."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    return None if left is None else time.monotonic() + left() / 1000 - MARGIN_SECONDS


def _function(form: str, path: str, name: str) -> Callable[..., Any]:
    """Return what a grader calls, made once."""
    if (path, name) not in _functions:
        _functions[path, name] = _combine(path, name) if form == "components" else _load(path, name)
    return _functions[path, name]


def _combine(path: str, name: str) -> Callable[..., Any]:
    from rft.rewards.combine import combine

    try:
        return combine(_settings(path)[name], os.path.dirname(path))
    except BadReward as error:
        raise GraderError(f"{path}: {name}: {error}") from None


def _settings(path: str) -> dict[str, Any]:
    if path.endswith(".json"):
        import json as reader
    else:
        import tomllib as reader  # type: ignore[no-redef]
    with open(path, "rb") as stream:
        found: dict[str, Any] = reader.load(stream)
    return found


def _load(path: str, name: str) -> Callable[..., Any]:
    """Return a function of a task's file; the folder's other modules can be imported by it."""
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.append(folder)
    module_name = f"rft_task_{os.path.basename(folder).replace('-', '_')}_{os.path.basename(path)[:-3]}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise GraderError(f"{path} is no Python file; correct [grader] in task.toml")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[module_name]
        raise GraderError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    function: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(function):
        raise GraderError(f"{path} has no function {name}; correct [grader] in task.toml")
    return function


def _task_folder(task: str) -> str:
    for root in (ROOT, os.environ.get("LAMBDA_TASK_ROOT", ROOT)):
        folder = os.path.join(root, "tasks", task)
        if os.path.isdir(folder):
            return folder
    raise GraderError(f"no folder tasks/{task} beside the reward library; package the task with its grader")


def _phase(context: Any) -> str:
    custom = getattr(getattr(context, "client_context", None), "custom", None)
    phase = custom.get("phase") if isinstance(custom, dict) else None
    return phase if isinstance(phase, str) and phase else TRAINING


def _warm_up() -> None:
    form, file, name = os.environ["RFT_GRADER"].split(":")
    _function(form, os.path.join(_task_folder(os.environ["RFT_TASK"]), file), name)


if "RFT_GRADER" in os.environ:  # in Lambda: imports belong to the start, which has the whole processor
    _warm_up()
