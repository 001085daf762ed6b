"""A dataset version's pairs are those of the dropped file, and its test split judges the model."""

import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

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
    pin = pin_of(report, key="k", report_key="r", dataset_version="v")
    assert (pin.tested, pin.sha256) == (report.held_out.pairs, report.model_sha256)
    assert report.quality.first_wins
    assert (pin.gain, pin.first_wins) == (report.held_out.gain, report.quality.first_wins.share)
    again, _ = make_of_version(splits, task.data)
    assert again is not None
    assert again.to_bytes() == model.to_bytes()


def test_a_version_without_pairs_says_what_to_drop() -> None:
    line = b'{"messages": [{"role": "user", "content": "2 + 2?"}], "reference_answer": "4"}\n'
    model, report = make_of_version({split: [line] for split in Split}, load_task(FOLDER).data)
    assert model is None
    assert report.refused == [NO_PAIRS]
    assert refusal(report, "s3://b/k").startswith("Reward model refused: the task trains a reward model on preferences")


def test_records_with_fields_of_their_own_that_bear_our_names_are_no_pairs() -> None:
    prompt = {"messages": [{"role": "user", "content": "2 + 2?"}], "chosen": "4"}
    odd: list[dict[str, Any]] = [{"votes": 3}, {"tie": "no"}, {"rejected": 5}, {"shown_first": "left"}]
    lines = [json.dumps({**prompt, **more}).encode() for more in odd]
    _, report = make_of_version(dict.fromkeys(Split, lines), load_task(FOLDER).data)
    assert report.refused == [NO_PAIRS]


def test_a_category_is_found_where_its_use_changed_it() -> None:
    rules = load_task(FOLDER).data
    rules = replace(rules, curation=replace(rules.curation, category="annotator1"))

    def lines(start: int, end: int) -> list[bytes]:
        pair = {"chosen": "Thank you, it is done.", "rejected": "No idea, ask somebody else at once."}
        asked = [{"messages": [{"role": "user", "content": f"Where is {number}?"}]} for number in range(start, end)]
        return [json.dumps(one | pair | {"original": {"annotator1": 2}}).encode() for one in asked]

    _, report = make_of_version({Split.TRAIN: lines(0, 60), Split.TEST: lines(60, 80)}, rules)
    assert report.held_out
    assert [(hits.name, hits.pairs) for hits in report.held_out.by_category] == [("2", 20)]
