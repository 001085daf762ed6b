"""Golden samples recorded again for another reward, as ``rft golden record`` does before a deployment."""

import shutil
from pathlib import Path

from rft.golden.comparing import record
from rft.golden.rules import GoldenRules
from rft.golden.samples import GOLDEN_FILE, read_golden, write_golden
from rft.golden.scoring import score_golden
from rft.rewards.entry import grader
from tests.pipeline.pipeline import ROOT

ARITHMETIC = ROOT / "tasks" / "arithmetic"
SHIPPED = (ARITHMETIC / GOLDEN_FILE).read_bytes()


def recorded_with(source: str, scratch: Path) -> bytes:
    """Return the samples of ``arithmetic`` with the scores that a reward of this source gives them."""
    folder = scratch / "arithmetic"
    shutil.copytree(ARITHMETIC, folder)
    (folder / "reward.py").write_text(source)
    samples = read_golden(folder / GOLDEN_FILE)
    return write_golden(record(samples, score_golden(samples, grader(folder)), GoldenRules()))
