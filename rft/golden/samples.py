"""The file ``golden.jsonl`` of a task folder: a line a sample, read strictly and written in the same form."""

import json
from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from rft.errors import TaskInvalid
from rft.names import digest

GOLDEN_FILE: Final = "golden.jsonl"
MOST: Final = 200  # samples; each run scores them all
ASSISTANT: Final = "assistant"


class GoldenSample(Struct, frozen=True, kw_only=True):
    """An answer to a record, and the score that the grader is known to give it."""

    record: dict[str, Any]  # id, the prompt's messages, reference_answer and what else the grader may see
    answer: str
    score: float | None  # None: not recorded yet

    @property
    def id(self) -> str:
        """The sample's name."""
        found: str = self.record["id"]
        return found


def read_golden(path: Path, *, scored: bool = True) -> list[GoldenSample]:
    """Return the samples of a file; without ``scored`` a line needs no score.

    Raises:
        TaskInvalid: there is no such file, or a line is wrong; the message names the line and the fix.

    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        raise TaskInvalid(
            f"{path}: missing, and [golden] of task.toml asks for it; write samples and run "
            f"`rft golden record --task {path.parent.name}`, or remove [golden]"
        ) from None
    samples: list[GoldenSample] = []
    lines_of: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            sample = _read(line, scored=scored)
            if sample.id in lines_of:
                raise ValueError(f"id {sample.id!r} stands in line {lines_of[sample.id]} as well; give it another")
        except ValueError as error:
            raise TaskInvalid(f"{path}: line {number}: {error}") from None
        lines_of[sample.id] = number
        samples.append(sample)
    if not 0 < len(samples) <= MOST:
        raise TaskInvalid(f"{path}: holds {len(samples)} samples; keep 1 to {MOST}")
    return samples


def write_golden(samples: Iterable[GoldenSample]) -> bytes:
    """Return the file of samples; reading it gives the samples back."""
    return "".join(f"{json.dumps(_line(one), ensure_ascii=False)}\n" for one in samples).encode()


def fingerprint(samples: Sequence[GoldenSample]) -> str:
    """Return 12 hexadecimal digits that tell what the samples are and which scores are expected of them."""
    return digest([_line(one) for one in samples])


def _line(sample: GoldenSample) -> dict[str, Any]:
    answer = {"role": ASSISTANT, "content": sample.answer}
    scored = {} if sample.score is None else {"score": sample.score}
    return {**sample.record, "messages": [*sample.record["messages"], answer], **scored}


def _read(line: bytes, *, scored: bool) -> GoldenSample:
    try:
        value = json.loads(line)
        json.dumps(value, ensure_ascii=False).encode()  # a lone half of a surrogate pair cannot be written back
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is no JSON in UTF-8 ({error}); write one object a line") from None
    if not isinstance(value, dict):
        raise ValueError(f"is {type(value).__name__}, no object; write one object a line")
    identity = value.get("id")
    if not isinstance(identity, str) or not identity:
        raise ValueError('has no id; add "id": "...", a name that is shown when the score moves')
    prompt, answer = _messages(value.get("messages"))
    score = value.pop("score", None)
    if score is None:
        if scored:
            raise ValueError("has no score; run `rft golden record` for this task, and review what it wrote")
    elif isinstance(score, bool) or not isinstance(score, (int, float)) or not isfinite(score):
        raise ValueError(f"score is {score!r}, no finite number; `rft golden record` writes it")
    return GoldenSample(
        record={**value, "messages": prompt}, answer=answer, score=None if score is None else float(score)
    )


def _messages(value: Any) -> tuple[list[dict[str, str]], str]:
    """Return the prompt's messages and the answer."""
    fix = 'write [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]'
    if not isinstance(value, list) or not all(_is_message(one) for one in value):
        raise ValueError(f"messages must be a list of objects with role and content as texts; {fix}")
    if not value or value[-1]["role"] != ASSISTANT or not any(one["role"] == "user" for one in value):
        raise ValueError(f"messages must hold the user's and end with the assistant's, which is scored; {fix}")
    return value[:-1], value[-1]["content"]


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in ("role", "content"))
