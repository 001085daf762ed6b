"""A task whose runs train a reward model is tried here with one that is given; the shipped one passes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rft.rewards.model import trained
from tests.unit.cli.helpers import Outcome

pytestmark = pytest.mark.xdist_group("reward-model-of-a-run")

ROOT = Path(__file__).parents[3]
FILE = ROOT / "tasks" / "preferences" / "data" / "preferences.jsonl"
Rft = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def none_given() -> Iterator[None]:
    yield
    trained._given.clear()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from rft.reward_model.intake import read_preferences
    from rft.reward_model.making import make
    from rft.tasks import load_task

    task = load_task(ROOT / "tasks" / "preferences")
    with FILE.open("rb") as stream:
        made, _ = make(read_preferences(stream, task.data), share=task.splits.test)
    assert made is not None
    path = tmp_path_factory.mktemp("model") / "liked.reward-model"
    path.write_bytes(made.to_bytes())
    return path


@pytest.mark.parametrize("command", ["grade", "calibrate", "rehearse"])
def test_without_one_the_fix_is_named(rft: Rft, command: str) -> None:
    outcome = rft(command, str(FILE), "--task", "preferences")
    assert outcome.code == 2
    assert "rft reward-model train FILE --task preferences --out M" in outcome.err


def test_calibration_and_rehearsal_pass_the_shipped_task(rft: Rft, model: Path) -> None:
    options = (str(FILE), "--task", "preferences", "--reward-model", str(model))
    calibrated = rft("calibrate", *options)
    assert (calibrated.code, calibrated.out.splitlines()[0][:4]) == (0, "pass")
    rehearsed = rft("rehearse", *options)
    assert rehearsed.code == 0
    assert rehearsed.out.startswith("pass: preferences: right wins: ")


@pytest.mark.parametrize(
    ("task", "content", "said"),
    [
        ("arithmetic", b"", "asks no reward model of a run"),
        ("preferences", b"other", "this is no reward model"),
        ("preferences", None, "No such file"),
    ],
)
def test_another_file_or_task_is_refused(rft: Rft, tmp_path: Path, task: str, content: bytes | None, said: str) -> None:
    path = tmp_path / "model"
    if content is not None:
        path.write_bytes(content)
    outcome = rft("grade", str(FILE), "--task", task, "--reward-model", str(path))
    assert outcome.code == 2
    assert said in outcome.err
