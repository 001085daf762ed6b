"""Ranked answers: a prompt with several answers, and which is better than which.

``{"prompt": "2 + 2?", "answers": [{"text": "4", "rank": 1}, {"text": "5", "rank": 2}]}``
``{"prompt": "2 + 2?", "answers": ["4", "about 4", "5"]}``, the best first
``{"prompt": "2 + 2?", "answers": ["5", "4"], "ranks": [2, 1]}``

A ranking becomes all its pairs; answers of equal rank become ties.
"""

from itertools import combinations
from typing import Any, Final

from rft.datasets.codes import Code
from rft.datasets.items import Example, Refused
from rft.datasets.rules import DataRules
from rft.datasets.shapes.fields import ANSWER_LISTS, Fields, kind_of, prompt_of

MOST: Final = 10
TEXTS: Final = ("text", "answer", "response", "content", "completion")


def fits(value: dict[str, Any], rules: DataRules) -> bool:
    """Return whether a record looks like a ranking."""
    if len(rules.columns.answers) > 2:
        return True
    name = Fields(value, rules.columns).find(None, ANSWER_LISTS)
    return name is not None and isinstance(value[name], list) and len(value[name]) > 1


def convert(value: dict[str, Any], raw: bytes | None, rules: DataRules) -> list[Example]:
    """Return an example for each pair of a ranking.

    Raises:
        Refused: with code and reason.

    """
    fields = Fields(value, rules.columns)
    identity = fields.identity()
    answers = _ranked(fields, rules)
    if not 2 <= len(answers) <= MOST:
        raise Refused(Code.BAD_RANKING, f"there are {len(answers)} answers; rank 2 to {MOST}")
    messages = prompt_of(fields, rules.columns)
    extra = fields.rest()
    examples = []
    for place, (better, worse) in enumerate(combinations(sorted(answers, key=lambda answer: answer[0]), 2), 1):
        examples.append(
            Example(
                messages=[dict(message) for message in messages],
                id=None if identity is None else f"{identity}/{place}",
                chosen=better[1],
                rejected=worse[1],
                tie=better[0] == worse[0],
                extra=extra,
            )
        )
    return examples


def _ranked(fields: Fields, rules: DataRules) -> list[tuple[float, str]]:
    """Return rank, the smallest the best, and text of each answer."""
    if len(rules.columns.answers) > 2:
        texts = [fields.text(name, what="answer") for name in rules.columns.answers]
        return [(place, text) for place, text in enumerate(texts) if text is not None]
    name = fields.find(None, ANSWER_LISTS)
    given = fields.take(name, keep=True)
    if not isinstance(given, list):
        raise Refused(Code.BAD_RANKING, f"{name or 'answers'} is {kind_of(given)}; write a list of answers")
    ranks = fields.take(fields.find(None, ("ranks", "rank", "scores")), keep=True)
    if isinstance(ranks, list) and len(ranks) != len(given):
        raise Refused(Code.BAD_RANKING, f"{len(given)} answers have {len(ranks)} ranks; give each one")
    best_high = fields.get("ranks") is None and fields.get("rank") is None and ranks is not None
    found = []
    for place, answer in enumerate(given):
        said = ranks[place] if isinstance(ranks, list) else None
        found.append(_one(answer, place, said, best_high=best_high))
    return found


def _one(answer: Any, place: int, rank: Any, *, best_high: bool) -> tuple[float, str]:
    text = answer
    if isinstance(answer, dict):
        text = next((answer[name] for name in TEXTS if name in answer), None)
        if rank is None and "rank" in answer:
            rank = answer["rank"]
        elif rank is None and "score" in answer:
            rank, best_high = answer["score"], True
    if not isinstance(text, str) or not text.strip():
        raise Refused(Code.BAD_RANKING, f"answer {place + 1} is {kind_of(text)}; write it as text")
    if rank is None:
        return float(place), text
    if not isinstance(rank, (int, float)) or isinstance(rank, bool):
        raise Refused(Code.BAD_RANKING, f"the rank of answer {place + 1} is {kind_of(rank)}; write a number")
    return (-float(rank) if best_high else float(rank)), text
