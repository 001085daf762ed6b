"""Lint the workflows: the ASL linter's rules, and ours, which no linter knows.

Ours: every function's name is a ``${State}`` of ``rft.keys``; every Task has a timeout and retries with jitter; every
Task catches everything and so reaches clean-up, unless clean-up or the report of a failure lies behind it already; no
Catch trusts that an error has a cause (ASL: Cause is optional); Lambda's own faults are all retried; a number from the
settings is a whole value, ``"{% ${SlotPollSeconds} %}"``.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from rft.keys import State  # noqa: E402  the tool runs from any folder

VALIDATOR = ROOT / "node_modules" / ".bin" / "asl-validator"
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
WHOLE = re.compile(r'"\{% \$\{(\w+)\} %\}"')  # a value that is a number and nothing else; JSONata until it is filled
NUMBER = re.compile(r"(Seconds|Concurrency|Attempts)$")
TEXT = re.compile(r"Bucket$")
CLEAN_UP = State.CLEAN_UP
CAUSE = "$states.errorOutput.Cause"
FAULTS = {  # of the service, not of a function
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
}
Named = tuple[str, dict[str, Any]]


def problems_of(text: str) -> list[str]:
    """Return what our rules say against a workflow; empty if all is well."""
    machine = json.loads(text)
    found = [f"${{{name}}} is neither a state of rft.keys nor a number nor a bucket" for name in unknown(text)]
    found += [f'${{{name}}} is a number: it must be a whole value, "{{% ${{{name}}} %}}"' for name in embedded(text)]
    for name, state in tasks_of(machine):
        found += [f"{name}: {problem}" for problem in _task_problems(name, state)]
    for name, state in [*tasks_of(machine), *maps_of(machine)]:
        found += [f"{name}: {problem}" for problem in _catch_problems(machine, name, state)]
    return found


def unknown(text: str) -> list[str]:
    """Return the placeholders that no stack fills."""
    states = {str(state) for state in State}
    names = sorted(set(PLACEHOLDER.findall(text)))
    return [name for name in names if name not in states and not NUMBER.search(name) and not TEXT.search(name)]


def embedded(text: str) -> list[str]:
    """Return the numbers that stand inside a text: the stacks fill whole values only."""
    return sorted({name for name in PLACEHOLDER.findall(WHOLE.sub("", text)) if NUMBER.search(name)})


def filled(text: str) -> str:
    """Return a workflow with every placeholder replaced by a value of its kind."""

    def value(match: re.Match[str]) -> str:
        if TEXT.search(match[1]):
            return "bucket"
        return f"arn:aws:lambda:us-east-1:111111111111:function:{match[1]}"

    return PLACEHOLDER.sub(value, WHOLE.sub("7", text))


def tasks_of(machine: dict[str, Any]) -> Iterator[Named]:
    """Yield every Task with its name, those inside Maps and Parallels included."""
    for name, state in machine["States"].items():
        if state["Type"] == "Task":
            yield name, state
        for inner in [state.get("ItemProcessor"), *state.get("Branches", [])]:
            if inner:
                yield from tasks_of(inner)


def maps_of(machine: dict[str, Any]) -> Iterator[Named]:
    """Yield the machine's own Maps and Parallels."""
    return ((name, state) for name, state in machine["States"].items() if state["Type"] in ("Map", "Parallel"))


def _task_problems(name: str, state: dict[str, Any]) -> Iterator[str]:
    if "TimeoutSeconds" not in state:
        yield "has no TimeoutSeconds"
    retries = state.get("Retry", [])
    if not retries:
        yield "has no Retry"
    if any(retry.get("JitterStrategy") != "FULL" for retry in retries):
        yield 'retries without "JitterStrategy": "FULL"'
    retried = {error for retry in retries for error in retry["ErrorEquals"]}
    if retries and FAULTS - retried:
        yield f"does not retry {', '.join(sorted(FAULTS - retried))}"
    function = state.get("Arguments", {}).get("FunctionName")
    # Two states may share a function (Report and ReportFailure); the name must then be a part of the state's.
    if isinstance(function, str) and not name.startswith(function.strip("${}")):
        yield f"calls {function}; a state is named after its function"


def _catch_problems(machine: dict[str, Any], name: str, state: dict[str, Any]) -> Iterator[str]:
    text = json.dumps(state.get("Catch", []))
    if text.count(CAUSE) != 2 * text.count(f"$exists({CAUSE})"):
        yield f"catches with {CAUSE} without asking $exists() of it; an error need not have a cause"
    if name not in machine["States"]:
        return  # inside a Map: its failure is the Map's
    if name in reachable(machine, CLEAN_UP):
        return  # behind clean-up: nothing is left to clean
    catches = [catch for catch in state.get("Catch", []) if "States.ALL" in catch["ErrorEquals"]]
    if not catches:
        yield "has no Catch of States.ALL"
    for catch in catches:
        if name != CLEAN_UP and CLEAN_UP not in {catch["Next"], *reachable(machine, catch["Next"])}:
            yield f"catches into {catch['Next']}, from where clean-up is not reached"


def reachable(machine: dict[str, Any], start: str) -> set[str]:
    """Return the states that can follow ``start``, by whatever arrow."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        state = machine["States"][waiting.pop()]
        nexts = [state.get("Next"), state.get("Default")]
        nexts += [arrow["Next"] for kind in ("Choices", "Catch") for arrow in state.get(kind, [])]
        new = {name for name in nexts if name} - seen
        seen |= new
        waiting += new
    return seen


def validate(path: Path) -> str:
    """Return what the ASL linter says against a workflow; empty if all is well."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_text(filled(path.read_text()))
        done = subprocess.run([VALIDATOR, "--json-path", copy], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip()


def main(paths: list[Path]) -> int:
    """Lint files; return the exit code."""
    failed = False
    for path in paths:
        found = problems_of(path.read_text())
        if complaint := validate(path):
            found.append(complaint)
        for problem in found:
            print(f"{path}: {problem}")
        failed = failed or bool(found)
        if not found:
            print(f"{path}: well")
    return int(failed or not paths)


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
