"""Curating a file of 20,000 records of 1.5 kB: against decoding it, and against the schema check of AWS's Nova SDK."""

import contextlib
import importlib
import importlib.util
import io
import json
import logging
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Final
from unittest.mock import patch

import msgspec

from bench.timing import Ratio, in_turns
from rft.datasets.codes import Code, Severity
from rft.datasets.curate import Surroundings, curate
from rft.datasets.rules import Curation, DataRules
from rft.tasks import Grader, Model, Task

RECORDS: Final = 20_000
SIZE: Final = 1_330  # characters of a prompt; a record has about 1.5 kB
SEED: Final = 1
PEER: Final = "amzn_nova_forge"
_PARTS: Final = (
    "core", "dataset", "dataset.configs", "dataset.dataset_validator", "rft_multiturn", "util", "validation",
)  # fmt: skip
_OFF: Final = Severity.OFF
FAST: Final = DataRules(
    near_duplicates=False,
    curation=Curation(category="category"),
    checks={Code.PERSONAL_DATA: _OFF, Code.SECRET: _OFF, Code.LANGUAGE_BALANCE: _OFF},
)
FULL: Final = DataRules(curation=Curation(category="category"), checks={Code.LANGUAGE_BALANCE: _OFF})


def measure(*, repeats: int) -> list[Ratio]:
    """Time both sets of checks and what they are measured by, by the clock, in turns; then again in processor time.

    The two differ for ours alone, which hashes and writes in a second thread. The Nova SDK takes part where it can be
    imported.
    """
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        write(path, RECORDS)
        decode = msgspec.json.Decoder().decode
        against: dict[str, Callable[[], object]] = {
            "json.loads of each line": lambda: _each(path, json.loads),
            "msgspec's decoder on each line": lambda: _each(path, decode),
        }
        if (check := peer()) is not None:
            against["the Nova SDK's reading and schema check"] = lambda: check(path)
        subjects: dict[str, Callable[[], object]] = {
            "schema, limits, duplicates, leaks, balance, splits": lambda: _curated(path, FAST),
            "all that, near duplicates, personal data, secrets": lambda: _curated(path, FULL),
        }
        for clock, name in ((time.perf_counter, "by the clock"), (time.process_time, "in processor time")):
            times = in_turns({**subjects, **against}, repeats, clock=clock)
            ratios += [
                Ratio(
                    subject=f"{RECORDS:,} records of 1.5 kB, {name}: {subject}",
                    against=other,
                    subject_seconds=times[subject],
                    against_seconds=times[other],
                )
                for subject in subjects
                for other in against
            ]
    return ratios


def write(path: Path, count: int) -> None:
    """Write usual records, always the same: prose of made-up words, in every eighth line feeds and quotation marks."""
    draw = random.Random(SEED)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(5_000)]
    system = {"role": "system", "content": "Answer with one number."}
    with path.open("w", encoding="utf-8") as lines:
        for number in range(count):
            text = f"What is {number}?" if number % 8 else f'What is the "number" {number}?\n'
            while len(text) < SIZE:
                sentence = " ".join(draw.choices(words, k=draw.randint(6, 18))).capitalize()
                text += f" {sentence}."
            record = {
                "id": f"r{number}",
                "messages": [system, {"role": "user", "content": text}],
                "reference_answer": str(number),
                "category": draw.choice("abcd"),
            }
            lines.write(json.dumps(record) + "\n")


def peer() -> Callable[[Path], None] | None:
    """Return what the SDK does with a JSONL file of RFT records: read it, and check its schema; None without the SDK.

    Its packages are entered without their ``__init__``, which load what neither needs. What its loader does with a line
    stands here, since the loader itself needs all that the SDK can load.
    """
    found = importlib.util.find_spec(PEER)
    if found is None or not found.submodule_search_locations:
        return None
    base = Path(found.submodule_search_locations[0])
    for part in ("", *_PARTS):
        package = ModuleType(f"{PEER}.{part}".rstrip("."))
        package.__path__ = [str(base.joinpath(*part.split(".")))]
        sys.modules[package.__name__] = package
    vars(sys.modules[f"{PEER}.rft_multiturn"])["RFTMultiturnInfrastructure"] = None  # named by what reads files
    logging.getLogger("nova_forge_sdk").setLevel(logging.ERROR)
    read = importlib.import_module(f"{PEER}.util.recipe").load_file_content
    model = importlib.import_module(f"{PEER}.core.enums").Model.NOVA_LITE_2
    validator = importlib.import_module(f"{PEER}.dataset.dataset_validator.rft_dataset_validator").RFTDatasetValidator

    def check(path: Path) -> None:
        lines = map(str.strip, read(file_path=str(path), extension=".jsonl", encoding="utf-8-sig"))
        with patch("boto3.client"), contextlib.redirect_stdout(io.StringIO()):
            validator(model).validate((json.loads(line) for line in lines if line), model)

    return check


def _each(path: Path, decode: Callable[[bytes], object]) -> None:
    with path.open("rb") as lines:
        for line in lines:
            decode(line)


def _curated(path: Path, rules: DataRules) -> None:
    task = Task(
        name="numbers",
        description="Repeats the number it is asked for",
        model=Model(base_model="amazon.nova-2-lite-v1:0:256k", baseline_inference_id="us.amazon.nova-2-lite-v1:0"),
        grader=Grader(reward="reward.py:reward"),
        data=rules,
    )
    with tempfile.TemporaryDirectory() as work, path.open("rb") as stream:
        version = curate(stream, task=task, work=Path(work), around=Surroundings(code_version="bench"))
    if not version.accepted or version.manifest.quarantined:
        raise RuntimeError(version.message)
