"""A dataset version's pairs are those of the dropped file, and its test split judges the model."""

from pathlib import Path

from rft.datasets.curate import Surroundings, curate
from rft.keys import Split
from rft.reward_model.intake import read_preferences
from rft.reward_model.making import make
from rft.reward_model.version import NO_PAIRS, make_of_version, pin_of, refusal
from rft.tasks import load_task

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tasks" / "preferences"


def test_the_workflow_trains_what_the_command_line_trains(tmp_path: Path) -> None:
    task, file = load_task(FOLDER), FOLDER / "data" / "preferences.jsonl"
    with file.open("rb") as stream:
        curated = curate(stream, task=task, work=tmp_path, around=Surroundings(code_version="x"))
    splits = {
        split: curated.files[curated.manifest.splits[split].key].read_bytes().splitlines(keepends=True)
        for split in Split
    }
    model, report = make_of_version(splits, task.data)
    with file.open("rb") as stream:
        here, expected = make(read_preferences(stream, task.data), share=task.splits.test)
    assert model is not None
    assert here is not None
    assert (report.seen, report.refused_records) == (expected.seen, 0)
    assert report.quality is not None
    assert expected.quality is not None
    assert report.quality.agreement == expected.quality.agreement
    assert report.held_out is not None
    assert expected.held_out is not None
    # the same pairs in another order: sums differ in their last digits
    assert report.held_out.pairs == expected.held_out.pairs
    assert report.held_out.accuracy == expected.held_out.accuracy
    assert {hits.name for hits in report.held_out.by_category} == {"advice", "delivery", "price", "repair"}
    pin = pin_of(report, key="k", report_key="r")
    assert (pin.tested, pin.sha256) == (report.held_out.pairs, report.model_sha256)
    again, _ = make_of_version(splits, task.data)
    assert again is not None
    assert again.to_bytes() == model.to_bytes()


def test_a_version_without_pairs_says_what_to_drop() -> None:
    line = b'{"messages": [{"role": "user", "content": "2 + 2?"}], "reference_answer": "4"}\n'
    model, report = make_of_version({split: [line] for split in Split}, load_task(FOLDER).data)
    assert model is None
    assert report.refused == [NO_PAIRS]
    assert refusal(report, "s3://b/k").startswith("Reward model refused: the task trains a reward model on preferences")
