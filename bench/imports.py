"""Import of each function's module in a fresh process, against an empty handler: our share of a cold start.

Both sides hold what Lambda's own runtime has imported before it looks for a handler: a function pays for none of it.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.timing import Ratio, in_turns, process
from rft.cli.target import ROOT
from rft.keys import Step
from rft.rewards.entry import grader_of
from rft.tasks import load_tasks

# Source: bootstrap.py, lambda_runtime_client.py and lambda_runtime_marshaller.py of AWS's awslambdaric 3.
RUNTIME = "importlib, json, logging, os, sys, time, traceback, concurrent.futures, decimal, datetime, enum"
COMPONENTS = [
    {"kind": "numeric", "name": "right", "relative": 0.01, "weight": 0.8},
    {"kind": "pattern", "name": "form", "regex": "^#### .+$", "part": "last_line", "weight": 0.2},
    {"kind": "length", "soft": 1500, "limit": 3000, "role": "factor"},
    {"kind": "refusal", "weight": 0, "floor": 0.5},
]
LAYER = ROOT / "build" / "layers" / "host" / "python"


def measure(*, repeats: int) -> list[Ratio]:
    """Time whole processes: start of the interpreter and import. Only what a function carries is on its path."""
    with tempfile.TemporaryDirectory(prefix="rft-bench-") as folder:
        (Path(folder) / "handler.py").write_text("def handler(event, context):\n    return {}\n")
        calls = {"empty": _importing("handler", [Path(folder)], {})}
        for step in Step:
            calls[step] = _importing("handler", [ROOT / "lambdas" / step, ROOT, LAYER], {})
        for name in load_tasks(ROOT / "tasks"):
            variables = {"RFT_TASK": name, "RFT_GRADER": grader_of(ROOT / "tasks" / name)}
            calls[f"grader of {name}"] = _importing("rft.rewards.entry", [ROOT], variables)
        made = Path(folder) / "tasks" / "components"
        made.mkdir(parents=True)
        (made / "task.json").write_text(json.dumps({"reward": {"components": COMPONENTS}}))
        variables = {"RFT_TASK": made.name, "RFT_GRADER": "components:task.json:reward", "LAMBDA_TASK_ROOT": folder}
        calls[f"grader of {len(COMPONENTS)} components"] = _importing("rft.rewards.entry", [ROOT], variables)
        times = in_turns(calls, repeats)
    empty = times.pop("empty")
    return [
        Ratio(subject=str(name), against="an empty handler", subject_seconds=taken, against_seconds=empty)
        for name, taken in times.items()
    ]


def _importing(module: str, places: list[Path], variables: dict[str, str]) -> Callable[[], None]:
    # -I and -S keep this project's virtual environment out.
    code = f"import {RUNTIME}; sys.path[:0] = {[str(place) for place in places]!r}; import {module}"
    environment = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **variables}
    return process([sys.executable, "-I", "-S", "-c", code], cwd=ROOT, environment=environment)
