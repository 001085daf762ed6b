"""Preference pairs: a prompt with a chosen and a rejected answer.

``{"prompt": "2 + 2?", "chosen": "4", "rejected": "5"}``, the answers also as chat lists (with or without the prompt in
them), as transcripts with ``Human:`` and ``Assistant:`` turns, or beside ``messages``. ``tie`` says that neither is
better. A history of several turns becomes one user message, since Bedrock trains single turns.
"""

from typing import Any

from rft.datasets.codes import Code
from rft.datasets.items import Example, Refused
from rft.datasets.rules import DataRules
from rft.datasets.shapes.chat import INSTRUCTING, Message, fold, read_messages, read_transcript
from rft.datasets.shapes.fields import (
    CHOSEN,
    PROMPT,
    REFERENCE,
    REJECTED,
    Fields,
    kind_of,
    prompt_of,
    reference_of,
    system_of,
)


def fits(value: dict[str, Any], rules: DataRules) -> bool:
    """Return whether a record looks like a preference pair."""
    fields = Fields(value, rules.columns)
    return fields.find(rules.columns.chosen, CHOSEN) is not None and (
        fields.find(rules.columns.rejected, REJECTED) is not None
    )


def convert(value: dict[str, Any], raw: bytes | None, rules: DataRules) -> list[Example]:
    """Return the one example of a pair.

    Raises:
        Refused: with code and reason.

    """
    columns = rules.columns
    fields = Fields(value, columns)
    identity = fields.identity()
    names = fields.find(columns.chosen, CHOSEN), fields.find(columns.rejected, REJECTED)
    for name, word in zip(names, ("chosen", "rejected"), strict=True):
        if name is None:
            raise Refused(Code.BAD_PREFERENCE, f"there is no {word} answer; give both, or leave the pair out")
    sides = [_side(fields.get(name), str(name)) for name in names]
    histories = [history for history, _ in sides if history]
    for name, (history, _) in zip(names, sides, strict=True):
        fields.take(name, keep=bool(history) or not isinstance(fields.get(name), str))
    if len(histories) == 2 and histories[0] != histories[1]:
        raise Refused(
            Code.BAD_PREFERENCE, "chosen and rejected answer different histories; a pair shares all but the answer"
        )
    messages = _history(histories[0], fields, rules) if histories else _prompt(fields, value, rules)
    tie = _tie(fields)
    reference = reference_of(fields, fields.find(columns.reference_answer, REFERENCE[:1]))
    return [
        Example(
            messages=messages,
            id=identity,
            reference_answer=reference,
            chosen=sides[0][1],
            rejected=sides[1][1],
            tie=tie,
            extra=fields.rest(),
        )
    ]


def _history(history: list[Message], fields: Fields, rules: DataRules) -> list[Message]:
    """Return the prompt that both answers bring along; a prompt beside them is often its first question only."""
    instructed = history[0]["role"] in INSTRUCTING
    return fold(history if instructed else [*system_of(fields, rules.columns), *history])


def _tie(fields: Fields) -> bool:
    tie = fields.get("tie")
    if isinstance(tie, str):  # a cell of a CSV file
        tie = {"true": True, "false": False, "1": True, "0": False, "": False}.get(tie.strip().casefold(), tie)
    if tie is not None and not isinstance(tie, bool):
        raise Refused(Code.BAD_PREFERENCE, f"tie is {kind_of(tie)}; write true or false")
    fields.take("tie", keep=tie is not fields.get("tie"))
    return bool(tie)


def _prompt(fields: Fields, value: dict[str, Any], rules: DataRules) -> list[Message]:
    if isinstance(value.get("messages"), list):
        messages = fold(read_messages(value["messages"]))
        fields.take("messages", keep=messages != value["messages"])
        return messages
    name = fields.find(rules.columns.prompt, PROMPT)
    given = fields.get(name)
    if isinstance(given, list):
        return fold(read_messages(fields.take(name, keep=True)))
    if isinstance(given, str) and (turns := read_transcript(given)) is not None:
        fields.take(name, keep=True)
        if turns[-1]["role"] == "assistant" and not turns[-1]["content"]:
            turns.pop()  # "Assistant:" where the answer goes
        return fold(turns)
    return prompt_of(fields, rules.columns)


def _side(answer: Any, name: str) -> tuple[list[Message], str]:
    """Return the history that an answer brings along, perhaps none, and the answer's text."""
    if isinstance(answer, dict):
        answer = [answer]
    turns = read_messages(answer) if isinstance(answer, list) else None
    if turns is None:
        if not isinstance(answer, str) or not answer.strip():
            raise Refused(Code.BAD_PREFERENCE, f"{name} is {kind_of(answer)}; write the answer as text")
        turns = read_transcript(answer)
        if turns is None or len(turns) < 2:
            return [], answer
    last = turns[-1]
    if last["role"] not in ("assistant", "bot") or not last["content"].strip():
        raise Refused(Code.BAD_PREFERENCE, f"{name} does not end with an answer; end it with the assistant's turn")
    return turns[:-1], last["content"]
