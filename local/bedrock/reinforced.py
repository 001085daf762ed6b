"""Reinforcement jobs: what Bedrock demands of file and grader, and what it writes at the end."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from local.bedrock.access import GraderError
from local.bedrock.answer_key import prompt_of
from local.bedrock.learner import Example, Step
from local.bedrock.store import Job

DEFAULTS = {"epochCount": 1, "batchSize": 128, "learningRate": 1e-5, "maxPromptLength": 8192}
DEFAULTS |= {"trainingSamplePerPrompt": 8, "inferenceMaxTokens": 2048, "evalInterval": 10}
MINIMUM_RECORDS = 100


def values(job: Job) -> dict[str, Any]:
    """Return the job's hyperparameters with the service's defaults."""
    given = job.request["customizationConfig"]["rftConfig"].get("hyperParameters") or {}
    return {**DEFAULTS, **given}


def read_examples(body: bytes, key: str) -> Iterator[Example]:
    """Yield the records of a file.

    Raises:
        ValueError: with the line of a record that Bedrock would not take.

    """
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line and number == body.count(b"\n") + 1:
            return
        try:
            record = json.loads(line)
            messages = record["messages"]
            prompt = prompt_of(messages)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"Malformed record in {key}, line {number}: {error}") from error
        metadata = {name: value for name, value in record.items() if name not in ("id", "messages")}
        reference = record.get("reference_answer", record.get("chosen"))
        yield Example(str(record.get("id", number)), messages, prompt, reference, metadata)


def rewards_of(rollouts: list[dict[str, Any]], answer: Any) -> list[float]:
    """Return the rewards of a grader's answer in the order of the rollouts.

    Raises:
        GraderError: no list, an id missing, doubled or unknown, a score that is no finite number.

    """
    if not isinstance(answer, list):
        raise GraderError(f"the response must be a JSON list, is {type(answer).__name__}")
    scores: dict[str, float] = {}
    for item in answer:
        identity = item.get("id") if isinstance(item, dict) else None
        score = item.get("aggregate_reward_score") if isinstance(item, dict) else None
        if not isinstance(identity, str) or identity in scores:
            raise GraderError(f"the response holds a missing or repeated id: {identity!r}")
        if isinstance(score, bool) or not isinstance(score, int | float) or not abs(score) < float("inf"):
            raise GraderError(f"aggregate_reward_score of {identity} is no finite number: {score!r}")
        scores[identity] = float(score)
    wanted = [rollout["id"] for rollout in rollouts]
    if set(scores) != set(wanted):
        raise GraderError(f"the response holds {len(scores)} ids of {len(wanted)}, or unknown ones")
    return [scores[identity] for identity in wanted]


def metrics_of(steps: list[Step], dropped: int) -> bytes:
    """Return step_wise_training_metrics.csv of a reinforcement job."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["step_number", "epoch_number", "critic/rewards/mean", "critic/rewards/min", "critic/rewards/max"]
        + ["actor/kl", "actor/entropy", "response_length/mean", "val-score/rewards/mean@1", "prompts_dropped"]
    )
    for s in steps:
        row = [s.number, s.epoch, s.mean, s.low, s.high, s.kl, s.entropy, s.length, s.validation, dropped]
        writer.writerow(["" if value is None else value for value in row])
    return out.getvalue().encode()
