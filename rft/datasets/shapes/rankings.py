"""Ranked answers: a prompt with several answers, and which is better than which.

``{"prompt": "2 + 2?", "answers": [{"text": "4", "rank": 1}, {"text": "5", "rank": 2}]}``
``{"prompt": "2 + 2?", "answers": ["4", "about 4", "5"]}``, the best first
``{"prompt": "2 + 2?", "answers": ["5", "4"], "ranks": [2, 1]}``, the smallest rank the best
``{"prompt": "2 + 2?", "answers": ["5", "4"], "ranking": [1, 0]}``, places in ``answers``, the best first

Places count from 0; they count from 1 where no 0 is among them. Instead of ``ranks`` there may be ``scores``, of which
the highest is the best.

A ranking becomes all its pairs; answers of equal rank become ties.
"""

from itertools import combinations
from typing import Any, Final

from rft.datasets.codes import Code
from rft.datasets.items import Example, Refused
from rft.datasets.rules import DataRules
from rft.datasets.shapes.fields import ANSWER_LISTS, Fields, kind_of, prompt_of

MOST: Final = 10
_RANKS: Final = ("ranks", "rank", "scores", "ranking")
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
                id=identity if identity is None or len(answers) == 2 else f"{identity}/{place}",
                chosen=better[1],
                rejected=worse[1],
                tie=better[0] == worse[0],
                extra=dict(extra),
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
    if len(given) > MOST:
        raise Refused(Code.BAD_RANKING, f"there are {len(given)} answers; rank 2 to {MOST}")
    by = fields.find(None, tuple(word for word in _RANKS if word != name))
    ranks = [None] * len(given) if by is None else _ranks(fields.take(by, keep=True), by, len(given))
    return [
        _one(answer, place, said, best_high=by == "scores")
        for place, (answer, said) in enumerate(zip(given, ranks, strict=True))
    ]


def _ranks(given: Any, name: str, count: int) -> list[Any]:
    """Return what is said of each answer, in the order of the answers."""
    if not isinstance(given, list) or len(given) != count:
        shown = f"a list of {len(given)}" if isinstance(given, list) else kind_of(given)
        raise Refused(Code.BAD_RANKING, f"{name} is {shown}, but there are {count} answers; write one number for each")
    if name != "ranking":
        return given
    for first in (0, 1):
        if all(type(place) is int for place in given) and sorted(given) == [*range(first, first + count)]:
            return [given.index(place + first) for place in range(count)]
    raise Refused(
        Code.BAD_RANKING, f"ranking must name each of the {count} answers once, by its place from 0 on, the best first"
    )


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
    try:
        number = float(rank)
    except OverflowError:
        raise Refused(
            Code.BAD_RANKING, f"the rank of answer {place + 1} is beyond all numbers; write 1, 2, 3"
        ) from None
    return (-number if best_high else number), text
