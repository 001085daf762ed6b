"""Answers through a grader, however it is called: the function of a task folder here, or the deployed one."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from time import perf_counter
from typing import Any, Final

from msgspec import Struct

from rft.errors import GraderBroken
from rft.evaluation.scoring import grader_event, read_scores
from rft.rewards.errors import GraderError

PER_CALL: Final = 64  # rollouts

Call = Callable[[list[dict[str, Any]]], Any]


class Kind(StrEnum):
    """What an answer is."""

    RIGHT = "right"
    WRONG = "wrong"
    CHOSEN = "chosen"  # by people
    REJECTED = "rejected"
    RATED = "rated"
    PROBE = "probe"


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


def grade_all(answers: Sequence[Answer], call: Call) -> Graded:
    """Return the scores of answers; where a call fails, its answers are tried one by one, to name those at fault.

    ``call`` takes Bedrock's event and returns the grader's answer; it raises GraderError or GraderBroken.
    """
    scores: dict[str, float] = {}
    failures: list[Failure] = []
    began = perf_counter()
    for start in range(0, len(answers), PER_CALL):
        some = answers[start : start + PER_CALL]
        try:
            scores |= _grade(some, call)
        except (GraderError, GraderBroken):
            for one in some:
                try:
                    scores |= _grade([one], call)
                except (GraderError, GraderBroken) as error:
                    failures.append(Failure(id=one.id, why=str(error)))
    return Graded(scores=scores, failures=failures, seconds=(perf_counter() - began) / max(len(answers), 1))


def _grade(answers: Sequence[Answer], call: Call) -> dict[str, float]:
    records = [{**answer.record, "id": answer.id} for answer in answers]
    event = grader_event(records, [answer.text for answer in answers])
    return read_scores(event, call(event))
