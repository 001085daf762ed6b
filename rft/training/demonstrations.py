"""The demonstrations of a dataset version in the format of Bedrock's supervised jobs for Amazon Nova. Pure.

Source of format, reserved words and the least number: Amazon Nova user guide, "Preparing data for fine-tuning
understanding models". Only the train split is shown: the user guide of Nova 2 says that supervised training takes no
validation set.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from rft.datasets.items import Shape
from rft.names import digest

SCHEMA: Final = "bedrock-conversation-2024"
LEAST: Final = 100  # demonstrations; the guide recommends so many for each thing to be learned
# A job fails over any of these in a prompt. An answer with one of them may as well stay away.
RESERVED: Final = re.compile(r"\b(?:User|Bot|Assistant|System):|<image>|<video>|\[EOS\]")
SHOWN_IN: Final[Mapping[Shape, str]] = {  # which field of a record shows what a model should have answered
    Shape.PREFERENCES: "chosen",
    Shape.JUDGEMENTS: "chosen",
    Shape.RANKINGS: "chosen",
    Shape.RATINGS: "answer",
    Shape.DEMONSTRATIONS: "answer",
}


class Shown(Struct, kw_only=True):
    """What became of a split's records; counts up while they are read."""

    used: int = 0
    reserved: int = 0  # left out for a reserved word
    rest: int = 0  # left out because they show no answer, a worse one, or one that another record has shown


def rejected_answers(lines: Iterable[bytes]) -> set[str]:
    """Return the hashes of all answers that some pair of a split rejects, each with its prompt."""
    records = map(msgspec.json.decode, lines)
    return {_hash(record, record["rejected"]) for record in records if "rejected" in record and not record.get("tie")}


def demonstrations(lines: Iterable[bytes], shape: Shape, rejected: set[str], shown: Shown) -> Iterator[bytes]:
    """Yield the lines of a supervised training file from those of a split, and count into ``shown``.

    A tie shows nothing, nor does a rating in the lower half of its scale. Of a ranking the best answer is shown alone:
    what another pair rejects (``rejected``, see ``rejected_answers``) is left out. Logged answers show what a model
    said, not what it should have said.
    """
    seen: set[str] = set()
    for line in lines:
        record = msgspec.json.decode(line)
        answer = _answer(record, shape)
        key = _hash(record, answer)
        if answer is None or key in seen or key in rejected:
            shown.rest += 1
        elif any(RESERVED.search(text) for text in (answer, *(one["content"] for one in record["messages"]))):
            shown.reserved += 1
        else:
            seen.add(key)
            shown.used += 1
            yield msgspec.json.encode(_conversation(record["messages"], answer)) + b"\n"


def shown_in(read: Callable[[], Iterable[bytes]], shape: Shape) -> Shown:
    """Return what a split shows; ``read`` yields its lines anew each time, and is called twice."""
    shown = Shown()
    for _ in demonstrations(read(), shape, rejected_answers(read()), shown):
        pass
    return shown


def too_few(shown: Shown, task: str) -> tuple[str, str] | None:
    """Return why a split does not do for a supervised job, and the fix; None if it does."""
    if shown.used >= LEAST:
        return None
    reserved = f" ({shown.reserved} more hold a word that Bedrock reserves, such as User:)" if shown.reserved else ""
    return (
        f"the train split shows {shown.used} answers to imitate{reserved}, and a supervised job needs {LEAST}",
        "drop preference pairs, good ratings or demonstrations (docs/data.md, Shapes), or set first = false in [sft] "
        f"of tasks/{task}/task.toml and deploy",
    )


def _answer(record: dict[str, Any], shape: Shape) -> str | None:
    answer = record.get(SHOWN_IN[shape]) if shape in SHOWN_IN and not record.get("tie") else None
    if shape is Shape.RATINGS:
        rating = record["rating"]
        if rating["value"] <= (rating["low"] + rating["high"]) / 2:
            return None
    return answer if isinstance(answer, str) and answer.strip() else None


def _conversation(messages: list[dict[str, str]], answer: str) -> dict[str, Any]:
    *system, user = [{"text": message["content"]} for message in messages]
    turns = [{"role": "user", "content": [user]}, {"role": "assistant", "content": [{"text": answer}]}]
    frame = {"system": system} if system else {}
    return {"schemaVersion": SCHEMA, **frame, "messages": turns}


def _hash(record: dict[str, Any], answer: str | None) -> str:
    return digest([record["messages"], answer], length=16)
