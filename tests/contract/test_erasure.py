"""``rft dataset erase``: a person is taken out of every version, and the models trained on them are named."""

import base64
import io
import json
import re
from typing import Any

import msgspec
import pytest

from rft import names
from rft.cli import session as command_session
from rft.cli.main import app
from rft.cli.target import Target
from rft.datasets.checks.pseudonyms import Pseudonyms, derived_key
from rft.keys import Serving, Step, sampled_key
from rft.schemas import Manifest
from tests.contract.account import HERE, service_error
from tests.contract.conftest import ROOT, settings_of
from tests.contract.test_people import Watched, judge
from tests.contract.world import World

REGION, ACCOUNT = HERE.split(":")
RUN = {"run_id": "arithmetic-1"}
SAMPLE = (ROOT / "tasks" / "arithmetic" / "data" / "arithmetic.jsonl").read_bytes()


class Versioned(World):
    """The account with buckets that keep every version of an object, the newest first."""

    versions: dict[tuple[str, str], list[tuple[str, bytes]]]

    def _s3_PutObject(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        body = params["Body"]
        data = body if isinstance(body, bytes) else body.read()
        held = self.versions.setdefault((params["Bucket"], params["Key"]), [])
        if held and params.get("IfNoneMatch"):
            raise service_error(client, "PreconditionFailed", "there", "PutObject")
        held.insert(0, (f"v{sum(map(len, self.versions.values()))}", data))
        return {"VersionId": held[0][0]}

    def _s3_GetObject(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        held = self.versions.get((params["Bucket"], params["Key"]), [])
        for version, data in held:
            if params.get("VersionId", version) == version:
                return {"Body": io.BytesIO(data)}
        raise service_error(client, "NoSuchKey", "no key", "GetObject")

    def _s3_ListObjectVersions(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        keys = sorted(key for bucket, key in self.versions if bucket == params["Bucket"])
        found = [key for key in keys if key.startswith(params["Prefix"]) and key > params.get("KeyMarker", "")]
        page = [{"Key": key, "VersionId": one} for key in found[:2] for one, _ in self.versions[params["Bucket"], key]]
        more = {"NextKeyMarker": found[1], "NextVersionIdMarker": "x"} if len(found) > 2 else {}
        return {"Versions": page, "IsTruncated": bool(more), **more}

    def _s3_DeleteObject(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        held = self.versions[params["Bucket"], params["Key"]]
        left = [one for one in held if one[0] != params["VersionId"]]
        if left:
            self.versions[params["Bucket"], params["Key"]] = left
        else:
            del self.versions[params["Bucket"], params["Key"]]
        return {}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Versioned:
    monkeypatch.setattr(Versioned, "versions", {}, raising=False)
    made = Versioned(settings_of(Serving.ON_DEMAND), monkeypatch)
    monkeypatch.setenv("RFT_DATASETS_BUCKET", bucket(made, "datasets"))
    return made


@pytest.fixture
def rft(world: Versioned, monkeypatch: pytest.MonkeyPatch) -> Any:
    target = Target(settings=world.settings, root=ROOT, embedded=True)
    monkeypatch.setattr(command_session.Session, "target", lambda *_: target)

    def call(*arguments: str) -> int:
        return command_session.run(app, ["dataset", "erase", *arguments], command_session.Session())

    return call


def bucket(world: World, role: str) -> str:
    return names.bucket_name(world.settings.prefix, role, ACCOUNT, REGION)


def record(text: str, **more: Any) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": text}], **more}).encode() + b"\n"


def drop(world: Versioned, data: bytes) -> Manifest:
    """Drop a file and let the data step work on it."""
    intake, key = bucket(world, "intake"), "incoming/arithmetic/a.jsonl"
    world.begin()
    version = world._s3_PutObject(None, {"Bucket": intake, "Key": key, "Body": data})["VersionId"]
    source = msgspec.structs.replace(world.run().source, bucket=intake, key=key, version_id=version)
    world.store.update("arithmetic-1", source=source)
    world.invoke(Step.VALIDATE_DATA, **RUN)
    dataset = world.run().dataset
    assert dataset is not None
    return msgspec.json.decode(
        world._s3_GetObject(None, {"Bucket": dataset.bucket, "Key": dataset.manifest_key})["Body"].read(), type=Manifest
    )


def everything(world: Versioned) -> str:
    """Return the bytes of all versions of all objects, what quarantines hold decoded too."""
    parts = []
    for held in world.versions.values():
        for _, data in held:
            text = data.decode(errors="replace")
            parts += [text, *(base64.b64decode(found).decode() for found in re.findall(r'"original":"([^"]*)"', text))]
    return "\n".join(parts)


ANN = record("Ann Lee asks: what is 1 + 1?", id="ann", reference_answer="2")
OTHERS = record("Annlee asks: what is 5 + 5?", id="other", reference_answer="10")
MAIL = record("What is 2 + 2? Tell ann.lee@gmail.com", reference_answer="4")
BROKEN = b'{"messages": "ann lee"}\n'


def test_a_person_goes_from_splits_quarantine_and_drops(
    world: Versioned, rft: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = drop(world, SAMPLE + ANN + OTHERS + MAIL + BROKEN)
    before = everything(world)
    capsys.readouterr()
    arguments = ("Ann Lee", "ANN.LEE@gmail.com", "--task", "arithmetic", "--env", "local", "--json")
    assert rft(*arguments) == 0
    looked = json.loads(capsys.readouterr().out)
    assert everything(world) == before
    assert rft(*arguments, "--yes") == 0
    done = json.loads(capsys.readouterr().out)
    assert done == {**looked, "done": True}
    assert done["versions"] == [manifest.version]
    model = next(iter(world.bedrock.store.models))
    assert [one["model_arn"] for one in done["models"]] == [model]
    left = everything(world).casefold()
    assert not re.search(r"\bann\b|ann\.lee", left)
    assert "annlee asks" in left
    kept = sum(
        world._s3_GetObject(None, {"Bucket": bucket(world, "datasets"), "Key": file.key})["Body"].read().count(b"\n")
        for file in manifest.splits.values()
    )
    assert kept == 601
    assert rft(*arguments) == 0
    assert json.loads(capsys.readouterr().out)["objects"] == []


def test_a_person_goes_from_what_was_drawn_from_logs(
    world: Versioned, rft: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    intake = bucket(world, "intake")
    for number, lines in enumerate((ANN, OTHERS)):
        key = sampled_key("arithmetic", "arithmetic-1", number)
        world._s3_PutObject(None, {"Bucket": intake, "Key": key, "Body": b'{"seen":1}\n' + lines})
    assert rft("Ann Lee", "--task", "arithmetic", "--env", "local", "--yes", "--json") == 0
    assert [one["key"] for one in json.loads(capsys.readouterr().out)["objects"]] == [
        "sampled/arithmetic/arithmetic-1/0.jsonl"
    ]
    assert list(world.versions) == [(intake, "sampled/arithmetic/arithmetic-1/1.jsonl")]


def test_a_person_goes_from_what_runs_have_written(
    world: Versioned, rft: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    artefacts = bucket(world, "artefacts")
    written = {
        "runs/arithmetic-0f/reward-model.json": b'{"wrong": [{"prompt": "Ann Lee asks: what is 1 + 1?"}]}',
        "runs/arithmetic-0f-r2/evaluation/scores/baseline/00000.jsonl": b'{"id":"Ann Lee","scores":{}}\n',
        "runs/arithmetic-0f/report.html": b"<p>Ann&#32;Lee</p>",
        "runs/arithmetic-0f/calibration.json": b'{"measures": []}',
        "runs/arithmetic-hard-0f/reward-model.json": b'{"wrong": [{"prompt": "Ann Lee asks"}]}',
    }
    for key, body in written.items():
        world._s3_PutObject(None, {"Bucket": artefacts, "Key": key, "Body": body})
    assert rft("Ann Lee", "--task", "arithmetic", "--env", "local") == 0
    assert "would erase runs/arithmetic-0f/report.html: the run's file, whole" in capsys.readouterr().out
    assert rft("Ann Lee", "--task", "arithmetic", "--env", "local", "--yes") == 0
    assert sorted(key for _, key in world.versions) == sorted(list(written)[3:])


def test_a_pseudonym_is_found_by_the_value_behind_it(
    world: Versioned, rft: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    pseudonym = Pseudonyms(derived_key("arithmetic")).of("email", "ann.lee@gmail.com")
    manifest = drop(world, SAMPLE + record(f"What is 3 + 3? Tell {pseudonym}"))
    assert rft("Ann.Lee@gmail.com", "--task", "arithmetic", "--env", "local", "--yes") == 0
    said = capsys.readouterr().out
    assert any(f"erased {file.key}: 1 records" in said for file in manifest.splits.values())
    assert pseudonym not in everything(world)


def test_a_page_that_names_the_person_goes_whole(world: Versioned, rft: Any) -> None:
    told = json.dumps({"messages": [{"role": "Sean O'Hara", "content": "What is 8 + 8?"}]}).encode() + b"\n"
    manifest = drop(world, SAMPLE + told)
    page = (bucket(world, "datasets"), manifest.report_key)
    assert "Sean O&#x27;Hara" in world.versions[page][0][1].decode()
    assert rft("Sean O'Hara", "--task", "arithmetic", "--env", "local", "--yes") == 0
    assert not world.versions.get(page)


def test_the_champion_is_named(world: Versioned, rft: Any, capsys: pytest.CaptureFixture[str]) -> None:
    drop(world, SAMPLE + ANN)
    model = next(iter(world.bedrock.store.models))
    world.parameters[names.champion_parameter(world.settings.prefix, "arithmetic")] = json.dumps({"model_arn": model})
    assert rft("Ann Lee", "--task", "arithmetic", "--env", "local") == 0
    said = capsys.readouterr().out
    assert f"{model} is the champion" in said
    assert "nothing was erased; add --yes" in said


def test_calls_that_cannot_be(world: Versioned, rft: Any) -> None:
    assert rft("An", "--task", "arithmetic", "--env", "local") == 2
    assert rft("Ann Lee", "--task", "poetry", "--env", "local") == 2


def test_someone_who_erases(world: Versioned, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(world, SAMPLE + ANN + BROKEN)
    key = sampled_key("arithmetic", "arithmetic-1", 0)
    world._s3_PutObject(None, {"Bucket": bucket(world, "intake"), "Key": key, "Body": ANN})
    told = {"Bucket": bucket(world, "artefacts"), "Key": "runs/arithmetic-0f/report.json", "Body": ANN}
    world._s3_PutObject(None, told)
    watched = Watched(world, monkeypatch)  # type: ignore[arg-type]
    assert watched.rft("dataset", "erase", "Ann Lee", "--task", "arithmetic", "--env", "local", "--yes") == 0
    judge("eraser", watched)
