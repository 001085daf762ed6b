"""ValidateData: versions that follow each other, and the key under which values get their pseudonyms."""

import json
from pathlib import Path

import msgspec
import pytest

from lambdas.validate_data import handler as module
from rft.datasets.codes import Code
from rft.datasets.rules import DataRules, Personal
from rft.keys import Step
from rft.schemas import Manifest
from rft.tasks import load_tasks
from stacks.grants import GRANTS
from stacks.opinions import opinion_grants
from tests.contract.world import World

ROOT = Path(__file__).parents[2]
RUN = {"run_id": "arithmetic-1"}
SAMPLE = (ROOT / "tasks" / "arithmetic" / "data" / "arithmetic.jsonl").read_bytes()


def drop(world: World, data: bytes) -> Manifest:
    world.objects["intake-bucket/incoming/arithmetic/a.jsonl"] = data
    world.invoke(Step.VALIDATE_DATA, **RUN)
    dataset = world.run().dataset
    assert dataset is not None
    return msgspec.json.decode(world.objects[f"datasets-bucket/{dataset.manifest_key}"], type=Manifest)


def test_a_version_names_the_accepted_one_before_it(world: World) -> None:
    world.begin()
    first = drop(world, SAMPLE)
    assert first.parent_version is None
    again = drop(world, SAMPLE)
    assert again == first
    rejected = drop(world, SAMPLE[:5000])
    assert (bool(rejected.problems), rejected.parent_version) == (True, first.version)
    second = drop(world, SAMPLE + b"broken")
    assert second.parent_version == first.version
    assert drop(world, SAMPLE + b"broken").parent_version == first.version
    for manifest, said in ((second, first.version), (second, "line 601"), (rejected, "may not train")):
        assert said in world.objects[f"datasets-bucket/{manifest.report_key}"].decode()


def test_a_second_opinion_is_asked_about_a_sample(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.begin()
    tasks = load_tasks(ROOT / "tasks")
    asking = DataRules(personal=Personal(second_opinion="comprehend", sample=5))
    tasks["arithmetic"] = msgspec.structs.replace(tasks["arithmetic"], data=asking)
    monkeypatch.setattr(module, "packaged_tasks", lambda: tasks)
    granted = (*GRANTS[Step.VALIDATE_DATA], *opinion_grants(tasks.values()))
    monkeypatch.setitem(GRANTS, Step.VALIDATE_DATA, granted)
    name = {"Type": "NAME", "Score": 0.99, "BeginOffset": 0, "EndOffset": 3}
    answer = lambda *_: {"Entities": [name]}  # noqa: E731
    monkeypatch.setattr(World, "_comprehend_DetectPiiEntities", answer, raising=False)
    (finding,) = [one for one in drop(world, SAMPLE).findings if one.code is Code.SECOND_OPINION]
    assert (finding.count, finding.of) == (5, 5)
    assert len(world.made("DetectPiiEntities")) == 5


def test_what_is_redacted_has_the_same_pseudonym_in_every_version(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    tasks = load_tasks(ROOT / "tasks")
    redacting = DataRules(personal=Personal(action="redact"))
    tasks["arithmetic"] = msgspec.structs.replace(tasks["arithmetic"], data=redacting)
    monkeypatch.setattr(module, "packaged_tasks", lambda: tasks)
    seen = set()
    for number in range(2):
        question = f"Question {number}: who is ann.lee@gmail.com?"
        record = json.dumps({"id": f"m{number}", "messages": [{"role": "user", "content": question}]}).encode()
        manifest = drop(world, SAMPLE + record)
        lines = b"".join(world.objects[f"datasets-bucket/{file.key}"] for file in manifest.splits.values())
        (line,) = [json.loads(line) for line in lines.splitlines() if json.loads(line)["id"] == f"m{number}"]
        seen.add(line["messages"][0]["content"].partition("who is ")[2])
    (pseudonym,) = seen
    assert pseudonym.startswith("<email-")
    key = world.items["task#arithmetic"]["pseudonym_key"]["S"]
    assert len(bytes.fromhex(key)) == 32
