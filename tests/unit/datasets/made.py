"""A small task, files for it, and their dataset versions."""

import io
import json
from pathlib import Path
from typing import Any

import msgspec

from rft.datasets.codes import Code, Severity
from rft.datasets.curate import Curated, Surroundings, curate
from rft.datasets.rules import DataRules
from rft.schemas import Quarantined
from rft.tasks import GateRule, Grader, Model, Splits, Task

TASK = Task(
    name="sums",
    description="Teaches sums to a model",
    model=Model(base_model="amazon.nova-2-lite-v1:0:256k", baseline_inference_id="us.amazon.nova-2-lite-v1:0"),
    grader=Grader(reward="reward.py:reward"),
    splits=Splits(validation=0.1, test=0.2),
    gate=GateRule(min_records=20),
    data=DataRules(checks={Code.LANGUAGE_BALANCE: Severity.OFF}),  # its model takes half a second to load
)


def record(text: str, **more: Any) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": text}], **more}).encode()


def made(data: bytes, work: Path, task: Task = TASK) -> Curated:
    work.mkdir(exist_ok=True, parents=True)
    return curate(io.BytesIO(data), task=task, work=work, around=Surroundings(code_version="1"))


def good(count: int, start: int = 0) -> bytes:
    return b"".join(
        record(f"What is {i} plus {i}?", id=f"s-{i}", reference_answer=str(2 * i)) + b"\n"
        for i in range(start, start + count)
    )


def contents(curated: Curated) -> dict[str, list[bytes]]:
    return {path.name: path.read_bytes().splitlines() for path in curated.files.values() if path.suffix == ".jsonl"}


def with_data(**data: Any) -> Task:
    checks = {Code.LANGUAGE_BALANCE: Severity.OFF} | data.pop("checks", {})
    return msgspec.structs.replace(TASK, data=DataRules(checks=checks, **data))


def codes(curated: Curated) -> dict[int, str]:
    lines = contents(curated)["quarantine.jsonl"]
    return {item.line: item.code for item in (msgspec.json.decode(line, type=Quarantined) for line in lines)}
