"""The example whose reward can be played, or another reward in its place: a task folder and records for it."""

import json
from pathlib import Path

EXAMPLE = Path(__file__).parents[3] / "examples" / "hackable" / "hackable"
REWARD = (EXAMPLE / "reward.py").read_text()
TOML = (EXAMPLE / "task.toml").read_text()


def make_task(root: Path, reward: str = REWARD, *, toml: str = "", name: str = "hackable") -> Path:
    """Write a task below ``root``; return a file of records for it."""
    folder = root / "tasks" / name
    folder.mkdir(parents=True)
    (folder / "task.toml").write_text(TOML + toml)
    (folder / "reward.py").write_text(reward)
    file = root / f"{name}.jsonl"
    file.write_text(
        "".join(
            json.dumps({"prompt": f"What is {number} and {number * 7}?", "reference_answer": str(number * 8)}) + "\n"
            for number in range(1, 151)
        )
    )
    return file
