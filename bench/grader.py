"""What the grader function costs beyond the task's reward function: reading, checking, answering, metrics."""

import contextlib
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.timing import Ratio, in_turns
from rft.cli.target import ROOT
from rft.rewards.sample import read_sample
from tasks.arithmetic.reward import reward

ROLLOUTS = 1_000
PER_CALL = 64  # rollouts in one call of the function
TASK = "arithmetic"


def measure(*, repeats: int) -> Ratio:
    """Time 1,000 rollouts through the function's handler, from JSON to JSON, against bare calls of the reward."""
    os.environ |= {"RFT_ENVIRONMENT": "local", "RFT_TASK": TASK, "RFT_GRADER": "reward:reward.py:reward"}
    from rft.rewards import entry  # looks for its grader when it is imported

    rollouts = rollouts_of(TASK, ROLLOUTS)
    events = [json.dumps(rollouts[start : start + PER_CALL]) for start in range(0, ROLLOUTS, PER_CALL)]
    samples = [read_sample(rollout, place) for place, rollout in enumerate(rollouts)]
    context = SimpleNamespace(invoked_function_arn="arn:aws:lambda:us-east-1:0:function:rft-grader-arithmetic:a-run")

    def through_the_function() -> None:
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            for event in events:
                json.dumps(entry.handler(json.loads(event), context))

    def bare() -> None:
        for sample in samples:
            reward(sample)

    times = in_turns({"function": through_the_function, "bare": bare}, repeats)
    return Ratio(
        subject=f"grader, {ROLLOUTS:,} rollouts in calls of {PER_CALL}",
        against="the bare reward function",
        subject_seconds=times["function"],
        against_seconds=times["bare"],
    )


def rollouts_of(task: str, count: int) -> list[dict[str, Any]]:
    """Return rollouts of a task's sample records, every other one right."""
    path = ROOT / "tasks" / task / "data" / f"{task}.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    found = []
    for number in range(count):
        record = records[number % len(records)]
        answer = f"I add what I know.\n#### {record['reference_answer']}" if number % 2 else "I do not know."
        messages = [*record["messages"], {"role": "assistant", "content": answer}]
        found.append({**record, "id": f"r-{number}", "messages": messages})
    return found
