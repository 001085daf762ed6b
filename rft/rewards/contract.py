"""Bedrock's grader contract: a bare list of rollouts in, a bare list of scores out, every id exactly once.

Source: Bedrock user guide, reward-functions.html. AWS's samples also meet events ``{"trajectories": [...]}``.
"""

from __future__ import annotations

from collections import Counter
from math import isfinite

from rft.rewards.errors import GraderContractError, GraderError, UnreadableAnswer
from rft.rewards.sample import read_sample
from rft.rewards.score import Score

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from rft.rewards.sample import Sample

KINDS = ("Reward", "Metric")
PARSE_FAILURE = "parse_failure"


def read_items(event: Any) -> list[Any]:
    """Return the rollouts of an event.

    Raises:
        GraderContractError: the event is neither a list nor ``{"trajectories": [...]}``.

    """
    if isinstance(event, list):
        return event
    if isinstance(event, dict) and isinstance(event.get("trajectories"), list):
        items: list[Any] = event["trajectories"]
        return items
    raise GraderContractError(f"the event is {_name(event)}; Bedrock sends a list of rollouts")


def score_items(items: list[Any], reward: Callable[[Sample], Score], deadline: float | None = None) -> list[Score]:
    """Return the score of every rollout, in order; an answer that the reward calls unreadable has 0.

    A reward that ``prepares`` sees all rollouts first; ``deadline``, on ``time.monotonic``'s clock, is for that.

    Raises:
        GraderContractError: an item has no id.
        GraderError: the reward raised or returned something else than a ``Score``: an outage is no silent zero.

    """
    scores = []
    samples = [read_sample(item, place) for place, item in enumerate(items)]
    _prepare(reward, samples, deadline)
    for sample in samples:
        try:
            score = reward(sample)
        except UnreadableAnswer:
            score = Score(0.0, parse_failure=True)
        except GraderError:
            raise
        except Exception as error:
            raise GraderError(f"sample {sample.id}: the reward raised {type(error).__name__}: {error}") from error
        if not isinstance(score, Score):
            returned = f"a value of type {type(score).__name__}"
            raise GraderError(f"sample {sample.id}: the reward returned {returned}; return a Score")
        scores.append(score)
    return scores


def _prepare(reward: Callable[[Sample], Score], samples: list[Sample], deadline: float | None) -> None:
    prepare = getattr(reward, "prepare", None)
    if prepare is None:
        return
    try:
        prepare(samples, deadline)
    except GraderError:
        raise
    except Exception as error:
        raise GraderError(f"preparing {len(samples)} samples raised {type(error).__name__}: {error}") from error


def write_answer(items: list[Any], scores: list[Score]) -> list[dict[str, Any]]:
    """Return Bedrock's answer: the ids as they came, the rewards, and the components."""
    return [
        {
            "id": item["id"],
            "aggregate_reward_score": score.value,
            "metrics_list": [
                *({"name": name, "value": part, "type": "Reward"} for name, part in score.components.items()),
                {"name": PARSE_FAILURE, "value": float(score.parse_failure), "type": "Metric"},
            ],
        }
        for item, score in zip(items, scores, strict=True)
    ]


def read_answer(answer: list[dict[str, Any]]) -> list[Score]:
    """Return the scores of an answer that ``check_answer`` found good; names that our metrics use are left out."""
    scores = []
    for entry in answer:
        parts = {part["name"]: float(part["value"]) for part in entry.get("metrics_list") or []}
        failed = parts.pop(PARSE_FAILURE, 0.0) > 0
        score = Score(entry["aggregate_reward_score"], parse_failure=failed)
        for name, part in parts.items():
            try:
                score.components.update(Score(0.0, {name: part}).components)
            except ValueError:
                continue
        scores.append(score)
    return scores


def check_answer(event: Any, answer: Any) -> list[str]:
    """Return what is wrong with a grader's answer to ``event``; an empty list if nothing is.

    Extra keys are allowed (AWS's samples return some). Several rollouts of one event may share an id; then the answer
    must hold it as often.
    """
    if isinstance(answer, dict) and "body" in answer:
        return ["the answer is an object with a body, as for API Gateway; Bedrock wants the bare list"]
    if not isinstance(answer, list):
        return [f"the answer is {_name(answer)}; Bedrock wants a list with one entry per rollout"]
    problems: list[str] = []
    given: Counter[Any] = Counter()
    for place, entry in enumerate(answer):
        if not isinstance(entry, dict):
            problems.append(f"answer[{place}] is {_name(entry)}, not an object")
            continue
        identity = entry.get("id")
        if isinstance(identity, (str, int)) and not isinstance(identity, bool):
            given[identity] += 1
        else:
            problems.append(f"answer[{place}] has no id")
        if (trouble := _number(entry.get("aggregate_reward_score"))) is not None:
            problems.append(f"answer[{place}].aggregate_reward_score {trouble}")
        problems.extend(f"answer[{place}].metrics_list{trouble}" for trouble in _parts(entry.get("metrics_list")))
    wanted: Counter[Any] = Counter(item.get("id") for item in read_items(event) if isinstance(item, dict))
    problems.extend(f"id {identity!r} is missing from the answer" for identity in wanted - given)
    problems.extend(f"id {identity!r} is in the answer more often than in the event" for identity in given - wanted)
    return problems


def _parts(parts: Any) -> list[str]:
    if parts is None:
        return []
    if not isinstance(parts, list):
        return [f" is {_name(parts)}, not a list"]
    problems = []
    for place, part in enumerate(parts):
        if not isinstance(part, dict) or not isinstance(part.get("name"), str):
            problems.append(f"[{place}] has no name")
        elif (trouble := _number(part.get("value"))) is not None:
            problems.append(f"[{place}].value {trouble}")
        elif part.get("type") not in KINDS:
            problems.append(f"[{place}].type is {part.get('type')!r}; Reward or Metric")
    return problems


def _number(value: Any) -> str | None:
    if value is None:
        return "is missing"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"is {_name(value)}, not a number"
    return None if isfinite(value) else f"is {value}, not finite"


def _name(value: Any) -> str:
    return "null" if value is None else f"of type {type(value).__name__}"
