"""docs/rewards.md lists every component with all its settings, and no other."""

import re
import tomllib
from pathlib import Path

import pytest

from rft.rewards import Sample
from rft.rewards.combine import combine
from rft.rewards.components import KINDS, maker, settings_of

PAGE = (Path(__file__).parents[4] / "docs" / "rewards.md").read_text()
ROWS = dict(re.findall(r"^\| `(\w+)` \| 0 [^|]*\| ([^|]*)\|", PAGE, re.MULTILINE))


def test_the_table_lists_the_kinds_that_there_are() -> None:
    assert tuple(ROWS) == KINDS


def test_the_example_is_a_reward() -> None:
    table = next(block for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if 'name = "right"' in block)
    reward = combine(tomllib.loads(table)["reward"], "")
    right, wrong = (reward(Sample("s", (), f"So\n#### {number}", "72")) for number in (72, 71))
    assert (right.value, wrong.value) == (1.0, 0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_names_every_setting_of_its_kind(kind: str) -> None:
    assert set(re.findall(r"`(\w+)`", ROWS[kind])) == set(settings_of(maker(kind)))
