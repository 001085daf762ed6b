"""``rft dataset diff`` on versions of an environment: found by their ids, streamed, with no more rights than needed."""

import io
import json
from pathlib import Path

import pytest

from rft import names
from rft.datasets.curate import Surroundings, curate
from rft.keys import Split
from rft.schemas import Manifest
from rft.tasks import load_task
from tests.contract.account import HERE
from tests.contract.conftest import ROOT
from tests.contract.test_people import Watched, judge, watched  # noqa: F401  (a fixture)
from tests.contract.test_removal import account  # noqa: F401  (a fixture)

SAMPLE = (ROOT / "tasks" / "arithmetic" / "data" / "arithmetic.jsonl").read_bytes()


def store(watched: Watched, data: bytes, work: Path) -> Manifest:  # noqa: F811
    """Put a dataset version into the account."""
    work.mkdir()
    task = load_task(ROOT / "tasks" / "arithmetic")
    made = curate(io.BytesIO(data), task=task, work=work, around=Surroundings(code_version="1"))
    region, number = HERE.split(":")
    bucket = names.bucket_name(watched.world.settings.prefix, "datasets", number, region)
    for key, path in made.files.items():
        watched.world.objects[f"{bucket}/{key}"] = path.read_bytes()
    return made.manifest


@pytest.fixture
def versions(watched: Watched, tmp_path: Path) -> tuple[Manifest, Manifest]:  # noqa: F811
    """Return two versions, of which the second lacks ten records and refuses a line."""
    less = b"".join(SAMPLE.splitlines(keepends=True)[10:])
    return store(watched, SAMPLE, tmp_path / "a"), store(watched, less + b"broken\n", tmp_path / "b")


def test_versions_are_found_by_id_or_its_first_digits(
    watched: Watched,  # noqa: F811
    versions: tuple[Manifest, Manifest],
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, after = versions
    assert watched.rft("dataset", "diff", before.version, after.version[:6], "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["before"], said["after"]) == (before.version, after.version)
    assert (said["records"]["kept"], said["records"]["removed"]) == (590, 10)
    assert said["quarantine"] == {"kept": 0, "entered": 1, "left": 0}
    assert watched.rft("dataset", "diff", before.version, before.version, "--task", "arithmetic") == 0


def test_a_version_of_the_account_is_compared_with_a_folder(
    watched: Watched,  # noqa: F811
    versions: tuple[Manifest, Manifest],
    tmp_path: Path,
) -> None:
    assert watched.rft("dataset", "diff", versions[1].version, str(tmp_path / "b")) == 0
    assert watched.rft("dataset", "diff", versions[0].version, str(tmp_path / "b")) == 1


def test_a_quarantine_that_was_forgotten_with_its_drop_is_told(
    watched: Watched,  # noqa: F811
    versions: tuple[Manifest, Manifest],
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, after = versions
    for key in [key for key in watched.world.objects if key.endswith(after.quarantine_key)]:
        del watched.world.objects[key]
    assert watched.rft("dataset", "diff", before.version, after.version) == 1
    assert "quarantine: no longer there" in capsys.readouterr().out


def test_versions_that_cannot_be_found_are_told(
    watched: Watched,  # noqa: F811
    versions: tuple[Manifest, Manifest],
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = versions[0].version
    for arguments, said in (
        (["0123456789abcdef"], "no version 0123456789abcdef of arithmetic or "),
        ([first, "--task", "tickets"], f"no version {first} of tickets"),
        ([first, "--task", "poetry"], "no task poetry; known tasks: arithmetic, "),
        (["012"], "no such folder, and no id of a version"),
    ):
        assert watched.rft("dataset", "diff", arguments[0], first, *arguments[1:]) == 2
        assert said in capsys.readouterr().err


def test_digits_that_several_versions_begin_with_are_told(
    watched: Watched,  # noqa: F811
    versions: tuple[Manifest, Manifest],
    capsys: pytest.CaptureFixture[str],
) -> None:
    bucket, objects = next(iter(watched.world.objects)).split("/")[0], watched.world.objects
    for version in ("0123456789abcdef", "0123456789abcdee"):
        objects[f"{bucket}/datasets/arithmetic/{version}/manifest.json"] = b"{}"
    objects[f"{bucket}/datasets/arithmetic/0123000000000000/train.jsonl"] = b""  # no manifest yet: no version yet
    assert watched.rft("dataset", "diff", "0123", versions[0].version) == 2
    assert "2 versions of arithmetic or " in capsys.readouterr().err
    assert watched.rft("dataset", "diff", "0123456789abcdef", versions[0].version) == 2
    assert "is no manifest of this version of rft" in capsys.readouterr().err


def test_someone_who_compares_versions(watched: Watched, versions: tuple[Manifest, Manifest]) -> None:  # noqa: F811
    watched.requests.clear()
    assert watched.rft("dataset", "diff", versions[0].version, versions[1].version) == 1
    read = {params["Key"].rsplit("/", 1)[1] for _, operation, params in watched.requests if operation == "GetObject"}
    assert read == {"manifest.json", "quarantine.jsonl", *(f"{split}.jsonl" for split in Split)}
    judge("reader", watched)
