"""Supervised jobs: what Bedrock demands of request and file, and what it writes at the end."""

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final

from local.bedrock.answer_key import prompt_of, text_of
from local.bedrock.errors import validation
from local.bedrock.imitation import Demonstration, Loss

# Bounds and defaults of Amazon Nova: Bedrock user guide, cm-hp-nova-mm.
BOUNDS: Final = {"epochCount": (1, 5), "learningRate": (1e-6, 1e-4), "learningRateWarmupSteps": (0, 100)}
DEFAULTS: Final = {"epochCount": 2, "learningRate": 1e-5, "learningRateWarmupSteps": 10}
WHOLE: Final = ("epochCount", "learningRateWarmupSteps")
RESERVED: Final = re.compile(r"\b(?:User|Bot|Assistant|System):|<image>|<video>|\[EOS\]")


def check_supervised(params: dict[str, Any]) -> None:
    """Refuse a request that is none of a supervised job.

    Raises:
        ServiceError: a ValidationException.

    """
    if params.get("customizationConfig"):
        raise validation("customizationConfig is not for FINE_TUNING; its hyperparameters go into hyperParameters")
    for name, text in (params.get("hyperParameters") or {}).items():
        if name not in BOUNDS:
            raise validation(f"The hyperparameter {name} is not supported; supported are {', '.join(BOUNDS)}")
        low, high = BOUNDS[name]
        try:
            value = int(text) if name in WHOLE else float(text)
        except ValueError:
            raise validation(f"The hyperparameter {name} is no number: {text!r}") from None
        if not low <= value <= high:
            raise validation(f"The hyperparameter {name} must be between {low} and {high}, is {text}")


def knobs(params: dict[str, Any]) -> dict[str, float]:
    """Return a checked request's hyperparameters with the service's defaults."""
    return {**DEFAULTS, **{name: float(text) for name, text in (params.get("hyperParameters") or {}).items()}}


def read_demonstrations(body: bytes, key: str) -> Iterator[Demonstration]:
    """Yield the records of a file.

    Raises:
        ValueError: with the line of a record that Bedrock would not take.

    """
    for number, line in enumerate(body.removesuffix(b"\n").split(b"\n"), 1):
        try:
            yield _demonstration(json.loads(line))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise ValueError(f"Malformed record in {key}, line {number}: {error}") from error


def _demonstration(record: dict[str, Any]) -> Demonstration:
    if not isinstance(record["schemaVersion"], str):
        raise TypeError("schemaVersion must be a string")
    messages = record["messages"]
    roles = [message["role"] for message in messages]
    if roles != ["user", "assistant"] * (len(roles) // 2) or not roles:
        raise ValueError(f"messages must begin with the user, take turns and end with the assistant, are {roles}")
    texts = [*record.get("system", []), *(part for message in messages for part in message["content"])]
    if not all(isinstance(part["text"], str) for part in texts):
        raise TypeError("text must be a string")
    system = [{"role": "system", "content": record["system"]}] if record.get("system") else []
    prompt = prompt_of([*system, *messages[:-1]])
    if word := RESERVED.search(prompt):
        raise ValueError(f"the prompt holds the reserved keyword {word[0]}")
    return Demonstration(prompt, text_of(messages[-1]["content"]))


def metrics_file(steps: list[Loss]) -> bytes:
    """Return step_wise_training_metrics.csv of a supervised job."""
    rows = [[step.number, step.epoch, step.loss, math.exp(step.loss)] for step in steps]
    return _csv(["step_number", "epoch_number", "training_loss", "perplexity"], rows)


def validation_file(step: int, epoch: int, loss: float) -> bytes:
    """Return validation_metrics.csv."""
    header = ["step_number", "epoch_number", "validation_loss", "perplexity"]
    return _csv(header, [[step, epoch, loss, math.exp(loss)]])


def _csv(header: list[str], rows: list[list[float]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()
