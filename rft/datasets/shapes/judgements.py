"""Pairwise judgements: a prompt, two answers, and what one or several annotators said of them, ties included.

``{"instruction": "Shorten: ...", "response1": "...", "response2": "...", "annotator1": 1, "annotator2": 0}``
``{"prompt": "2 + 2?", "response_a": "4", "response_b": "5", "winner": "model_a"}``

What more than half of the annotators prefer is chosen; else the pair is a tie. Every vote is kept.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from rft.datasets.codes import Code
from rft.datasets.items import Example, Refused, Verdict, Vote
from rft.datasets.rules import DataRules
from rft.datasets.shapes.chat import fold, read_messages
from rft.datasets.shapes.fields import PAIRS, VOTE, Fields, kind_of, look_up, prompt_of

_ANNOTATOR: Final = re.compile(r"(?:annotator|annotation|rater|judge|label)_?\d{1,4}")
_FIRST, _SECOND, _TIE = 1, 2, 0


def fits(value: dict[str, Any], rules: DataRules) -> bool:
    """Return whether a record looks like a judged pair."""
    return _answers(value, rules) is not None and bool(_vote_fields(value, rules))


def convert(value: dict[str, Any], raw: bytes | None, rules: DataRules) -> list[Example]:
    """Return the one example of a judged pair.

    Raises:
        Refused: with code and reason.

    """
    fields = Fields(value, rules.columns)
    identity = fields.identity()
    names = _answers(value, rules)
    if names is None:
        raise Refused(Code.BAD_PREFERENCE, "there are not two answers; give both, or name them in columns.answers")
    sides = [_side(fields, name) for name in names]
    votes = _votes(fields, value, names, rules)
    if not votes:
        raise Refused(Code.BAD_VOTE, "nobody has judged the pair; leave it out, or name the fields in columns.votes")
    histories = [history for history, _ in sides if history]
    if len(histories) == 2 and histories[0] != histories[1]:
        raise Refused(
            Code.BAD_PREFERENCE, "the two answers end different histories; a pair shares all turns but the last"
        )
    messages = fold(histories[0]) if histories else prompt_of(fields, rules.columns)
    firsts, seconds = (sum(said == side for _, said in votes) for side in (_FIRST, _SECOND))
    tie = max(firsts, seconds) * 2 <= len(votes)
    second_chosen = seconds > firsts
    chosen, rejected = (sides[1], sides[0]) if second_chosen else (sides[0], sides[1])
    return [
        Example(
            messages=messages,
            id=identity,
            chosen=chosen[1],
            rejected=rejected[1],
            tie=tie,
            votes=[Vote(name, _verdict(said, second_chosen=second_chosen)) for name, said in votes],
            shown_first=Verdict.REJECTED if second_chosen else Verdict.CHOSEN,
            extra=fields.rest(),
        )
    ]


def _verdict(said: int, *, second_chosen: bool) -> Verdict:
    if said == _TIE:
        return Verdict.TIE
    return Verdict.CHOSEN if (said == _SECOND) == second_chosen else Verdict.REJECTED


def _answers(value: dict[str, Any], rules: DataRules) -> tuple[str, str] | None:
    named = rules.columns.answers
    if len(named) == 2:
        return named[0], named[1]
    return next((pair for pair in PAIRS if pair[0] in value and pair[1] in value), None)


def _side(fields: Fields, name: str) -> tuple[list[dict[str, str]], str]:
    answer = fields.get(name)
    if isinstance(answer, list):
        turns = read_messages(fields.take(name, keep=True))
        if turns[-1]["role"] not in ("assistant", "bot"):
            raise Refused(Code.BAD_PREFERENCE, f"{name} does not end with an answer; end it with the assistant's turn")
        return turns[:-1], turns[-1]["content"]
    if isinstance(answer, bool):  # tables that guess types make true of "True"
        return [], "true" if fields.take(name, keep=True) else "false"
    text = fields.text(name, what="answer")
    if text is None:
        raise Refused(Code.BAD_PREFERENCE, f"{name} is missing; give both answers as text")
    return [], text


def _vote_fields(value: dict[str, Any], rules: DataRules) -> list[str]:
    if rules.columns.votes:
        return [name for name in rules.columns.votes if look_up(value, name) is not None]
    found = [name for name in value if _ANNOTATOR.fullmatch(name) and value[name] is not None]
    if found:
        return found
    return [name for name in ("votes", "annotations", *VOTE) if value.get(name) is not None][:1]


def _votes(fields: Fields, value: dict[str, Any], answers: tuple[str, str], rules: DataRules) -> list[tuple[str, int]]:
    words = {
        word.strip().casefold(): side
        for side, named in (
            (_TIE, rules.votes.tie),
            (_SECOND, (answers[1], *rules.votes.second)),
            (_FIRST, (answers[0], *rules.votes.first)),
        )
        for word in named
    }
    votes: list[tuple[str, int]] = []
    for name in _vote_fields(value, rules):
        given = fields.take(name, keep=True)
        if isinstance(given, Mapping):
            votes += [(str(who), _read(said, f"{name}.{who}", words)) for who, said in given.items()]
        elif isinstance(given, list):
            votes += [_listed(said, f"{name}[{place}]", place, words) for place, said in enumerate(given, 1)]
        else:
            votes.append((name, _read(given, name, words)))
    return votes


def _listed(said: Any, where: str, place: int, words: Mapping[str, int]) -> tuple[str, int]:
    if isinstance(said, Mapping):
        who = said.get("annotator", said.get("worker", place))
        return str(who), _read(said.get("verdict", said.get("vote", said.get("label"))), where, words)
    return f"annotator{place}", _read(said, where, words)


def _read(said: Any, where: str, words: Mapping[str, int]) -> int:
    if isinstance(said, (str, int, float)) and not isinstance(said, bool):
        text = str(said).strip().casefold()
        side = words.get(text, words.get(text.removesuffix(".0")))  # tables with gaps make 2.0 of 2
        if side is not None:
            return side
    shown = repr(said)[:40] if isinstance(said, (str, int, float)) else kind_of(said)
    raise Refused(Code.BAD_VOTE, f"{where} says {shown}; say in [data.votes] which values mean first, second and tie")
