"""Demonstrations: a prompt with the answer that a model should have given.

``{"messages": [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]}``
``{"conversations": [{"from": "human", "value": "2 + 2?"}, {"from": "gpt", "value": "4"}]}``
``{"prompt": "2 + 2?", "completion": "4"}``

Only ``completion`` marks a flat record as a demonstration; ``answer``, ``output`` and their like are a reference,
unless the task says that the file holds demonstrations. The
demonstrated answer is the reference answer too, unless the record has one of its own.
"""

from typing import Any

from rft.datasets.codes import Code
from rft.datasets.items import Example, Refused
from rft.datasets.rules import DataRules
from rft.datasets.shapes.chat import fold, read_messages
from rft.datasets.shapes.fields import ANSWERED, COMPLETION, MESSAGES, REFERENCE, Fields, prompt_of, reference_of


def fits(value: dict[str, Any], rules: DataRules) -> bool:
    """Return whether a record looks like a demonstration."""
    if rules.columns.answer is not None or any(isinstance(value.get(name), str) for name in COMPLETION):
        return True
    name = next((name for name in MESSAGES if isinstance(value.get(name), list)), None)
    last = value[name][-1] if name is not None and value[name] else None
    return isinstance(last, dict) and last.get("role", last.get("from")) in ("assistant", "gpt", "bot", "model")


def convert(value: dict[str, Any], raw: bytes | None, rules: DataRules) -> list[Example]:
    """Return the one example of a demonstration.

    Raises:
        Refused: with code and reason.

    """
    fields = Fields(value, rules.columns)
    identity = fields.identity()
    name = next((name for name in MESSAGES if isinstance(value.get(name), list)), None)
    if name is not None:
        turns = read_messages(fields.take(name, keep=True))
        if turns[-1]["role"] not in ("assistant", "bot"):
            raise Refused(Code.EMPTY_ANSWER, "the record does not end with the assistant's answer; add it")
        messages, answer = fold(turns[:-1]) if len(turns) > 1 else [], turns[-1]["content"]
        if not messages:
            raise Refused(Code.NO_USER, "no message is the user's; add the question as a user message")
    else:
        text = fields.text(fields.find(rules.columns.answer, (*COMPLETION, *ANSWERED)), what="completion")
        if text is None or not text.strip():
            raise Refused(Code.EMPTY_ANSWER, "there is no completion; fill it in or leave the record out")
        answer = text
        messages = prompt_of(fields, rules.columns)
    reference = reference_of(fields, fields.find(rules.columns.reference_answer, REFERENCE[:1]))
    return [
        Example(
            messages=messages, id=identity, reference_answer=reference or answer, answer=answer, extra=fields.rest()
        )
    ]
