"""Answers through a grader, however it is called: the function of a task folder here, or the deployed one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from time import perf_counter
from typing import Any, Final

import msgspec
from msgspec import Struct

from rft.errors import GraderBroken
from rft.evaluation.scoring import grader_event, read_scores
from rft.rewards.errors import GraderError

PER_CALL: Final = 64  # rollouts
PER_CALL_BYTES: Final = 2 << 20  # of prompts and answers; Lambda takes 6 MB of JSON, which may escape each character

Call = Callable[[list[dict[str, Any]]], Any]


class Kind(StrEnum):
    """What an answer is."""

    ROLLOUT = "rollout"  # of the base model
    RIGHT = "right"
    WRONG = "wrong"
    CHOSEN = "chosen"  # by people
    REJECTED = "rejected"
    RATED = "rated"
    PROBE = "probe"
    GOLDEN = "golden"  # of a task's golden samples


class Answer(Struct, frozen=True, kw_only=True):
    """An answer to be scored; ``name`` tells it from the record's others of its kind."""

    record: Mapping[str, Any]
    kind: Kind
    name: str = ""
    text: str

    @property
    def of(self) -> str:
        """The record's id."""
        found: str = self.record["id"]
        return found

    @property
    def id(self) -> str:
        """The id under which the grader sees the answer: a record has many."""
        return "/".join(part for part in (self.of, self.kind, self.name) if part)


class Failure(Struct, frozen=True, kw_only=True):
    """An answer that the grader gave no score for."""

    id: str
    why: str


class Graded(Struct, frozen=True, kw_only=True):
    """What a grader made of answers."""

    scores: dict[str, float]  # by id; without those that failed
    failures: list[Failure]
    seconds: float  # of the grader for one answer
    calls: int = 1  # at once
    slowest: float = 0.0  # seconds for one answer in the slowest call


def grade_all(answers: Sequence[Answer], call: Call, *, apart: bool = True) -> Graded:
    """Return the scores of answers; where a call fails, its answers are tried one by one, to name those at fault.

    ``call`` takes Bedrock's event and returns the grader's answer; it raises GraderError or GraderBroken. Without
    ``apart`` the first failure is raised, for graders whose failures take time.

    Raises:
        GraderError: or GraderBroken, without ``apart``.

    """
    scores: dict[str, float] = {}
    failures: list[Failure] = []
    began = perf_counter()
    for some in _calls(answers):
        try:
            scores |= _grade(some, call)
        except (GraderError, GraderBroken):
            if not apart:
                raise
            for one in some:
                try:
                    scores |= _grade([one], call)
                except (GraderError, GraderBroken) as error:
                    failures.append(Failure(id=one.id, why=str(error)))
    return Graded(scores=scores, failures=failures, seconds=(perf_counter() - began) / max(len(answers), 1))


def grade_at_once(answers: Sequence[Answer], call: Call, calls: int) -> Graded:
    """Return the scores of answers that are spread over so many calls at once, as a training step calls the grader.

    Raises:
        GraderError: or GraderBroken, the grader gave an answer no score.

    """

    def timed(some: Sequence[Answer]) -> tuple[dict[str, float], float]:
        began = perf_counter()
        scores: dict[str, float] = {}
        for part in _calls(some):
            scores |= _grade(part, call)
        return scores, (perf_counter() - began) / len(some)

    parts = [some for start in range(calls) if (some := answers[start::calls])]
    began = perf_counter()
    with ThreadPoolExecutor(len(parts)) as pool:
        found = list(pool.map(timed, parts))
    return Graded(
        scores={name: score for scores, _ in found for name, score in scores.items()},
        failures=[],
        seconds=(perf_counter() - began) / len(answers),
        calls=len(parts),
        slowest=max(seconds for _, seconds in found),
    )


def _calls(answers: Sequence[Answer]) -> Iterator[list[Answer]]:
    """Yield as many answers as one call takes."""
    some: list[Answer] = []
    size = 0
    for answer in answers:
        own = len(msgspec.json.encode(answer.record)) + len(answer.text.encode(errors="replace"))
        if some and (len(some) == PER_CALL or size + own > PER_CALL_BYTES):
            yield some
            some, size = [], 0
        some.append(answer)
        size += own
    if some:
        yield some


def _grade(answers: Sequence[Answer], call: Call) -> dict[str, float]:
    records = [{**answer.record, "id": answer.id} for answer in answers]
    event = grader_event(records, [answer.text for answer in answers])
    return read_scores(event, call(event))
