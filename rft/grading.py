"""Answers of a file through a task's grader: one at a time, so that each has its own time and its own failure."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import fmean, pstdev
from time import perf_counter
from typing import Any

from msgspec import Struct

from rft.errors import GraderBroken
from rft.evaluation.scoring import grader_event, read_scores
from rft.rewards.contract import read_answer
from rft.rewards.errors import GraderError
from rft.rewards.sample import ANSWERING, read_text

Call = Callable[[list[dict[str, Any]]], Any]


class Rollout(Struct, frozen=True, kw_only=True):
    """An answer to grade, and the record that it answers."""

    line: int  # of the file
    place: int  # among the answers of its line, from 1
    answer: str
    record: dict[str, Any]  # with id and messages


class Refused(Struct, frozen=True, kw_only=True):
    """A line that holds no answer to grade."""

    line: int
    reason: str  # with the fix


class Graded(Struct, frozen=True, kw_only=True):
    """What the grader made of an answer."""

    line: int
    place: int
    id: str  # the record's own, or its line
    answer: str
    score: float | None  # None: the grader failed
    components: dict[str, float]
    parse_failure: bool
    error: str | None
    seconds: float  # of the call


class Summary(Struct, frozen=True, kw_only=True):
    """All answers together."""

    answers: int
    failed: int  # the grader raised, or broke the contract
    parse_failures: int
    mean: float | None  # of the scores; None without any
    spread: float | None  # their standard deviation
    components: dict[str, float]  # means, over the answers that have the component
    seconds: float  # of the grader for one answer, mean


def read_rollouts(lines: Iterable[bytes]) -> Iterator[Rollout | Refused]:
    """Yield the answers of a file of JSON lines, or why a line has none.

    A record holds ``messages`` or a ``prompt``, and ``answer``, or a list ``answers``, or messages that end with the
    assistant's. What else it holds reaches the grader as in training.
    """
    for number, line in enumerate(lines, start=1):
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        try:
            record, answers = _read(line, number)
        except ValueError as error:
            yield Refused(line=number, reason=str(error))
            continue
        for place, answer in enumerate(answers, start=1):
            yield Rollout(line=number, place=place, answer=answer, record=record)


def grade_one(rollout: Rollout, call: Call) -> Graded:
    """Return what a grader makes of an answer.

    ``call`` takes Bedrock's event and returns the grader's answer; it raises GraderError or GraderBroken.
    """
    event = grader_event([rollout.record], [rollout.answer])
    score, error = None, None
    began = perf_counter()
    try:
        answered = call(event)
        seconds = perf_counter() - began
        read_scores(event, answered)
        (score,) = read_answer(answered)
    except (GraderError, GraderBroken) as failure:
        seconds = perf_counter() - began
        error = _whole(str(failure))
    return Graded(
        line=rollout.line,
        place=rollout.place,
        id=_whole(rollout.record["id"]),
        answer=_whole(rollout.answer),
        score=None if score is None else score.value,
        components={} if score is None else score.components,
        parse_failure=score is not None and score.parse_failure,
        error=error,
        seconds=seconds,
    )


def summary(graded: Sequence[Graded]) -> Summary:
    """Return all answers together."""
    scores = [one.score for one in graded if one.score is not None]
    parts: dict[str, list[float]] = {}
    for one in graded:
        for name, value in one.components.items():
            parts.setdefault(name, []).append(value)
    return Summary(
        answers=len(graded),
        failed=len(graded) - len(scores),
        parse_failures=sum(one.parse_failure for one in graded),
        mean=fmean(scores) if scores else None,
        spread=pstdev(scores) if scores else None,
        components={name: fmean(values) for name, values in parts.items()},
        seconds=fmean(one.seconds for one in graded) if graded else 0.0,
    )


def _whole(text: str) -> str:
    """Return a text that can be written: halves of surrogate pairs, which JSON may hold, are replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _read(line: bytes, number: int) -> tuple[dict[str, Any], list[str]]:
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError:
        raise ValueError("is no UTF-8 text; save the file as UTF-8, uncompressed") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is no JSON ({error}); write one object a line") from None
    if not isinstance(value, dict):
        raise ValueError(f"is {type(value).__name__}, no object; write one object a line")
    messages = _messages(value)
    answers = _answers(value, messages)
    rest = {name: one for name, one in value.items() if name not in ("answer", "answers", "prompt")}
    identity = value.get("id")
    name = str(identity) if isinstance(identity, (str, int)) and identity != "" else f"line {number}"
    return {**rest, "id": name, "messages": messages}, answers


def _messages(value: Mapping[str, Any]) -> list[Any]:
    if "messages" not in value:
        prompt = value.get("prompt", "")
        if not isinstance(prompt, str):
            raise ValueError("prompt: must be text; write a conversation as messages")
        return [{"role": "user", "content": prompt}] if prompt else []
    messages = value["messages"]
    if not isinstance(messages, list):
        raise ValueError('messages: must be a list such as [{"role": "user", "content": "..."}]')
    return list(messages)


def _answers(value: Mapping[str, Any], messages: list[Any]) -> list[str]:
    """Return the answers of a record; one that the messages end with is taken off them."""
    if "answer" in value and "answers" in value:
        raise ValueError("has answer and answers; leave one of them out")
    if "answer" in value:
        answers = [value["answer"]]
    elif "answers" in value:
        answers = value["answers"]
    elif messages and isinstance(messages[-1], dict) and messages[-1].get("role") in ANSWERING:
        answers = [read_text(messages.pop().get("content"))]
    else:
        raise ValueError('has no answer; add "answer": "..." or "answers": ["...", ...]')
    if not isinstance(answers, list) or not answers or not all(isinstance(one, str) for one in answers):
        raise ValueError('answer must be text, answers a list of texts: "answers": ["...", "..."]')
    return answers
