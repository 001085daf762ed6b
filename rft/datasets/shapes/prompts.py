"""Prompt records: chat prompts with an optional reference answer, and the flat forms that people have.

``{"messages": [{"role": "user", "content": "2 + 2?"}], "reference_answer": "4"}``
``{"question": "2 + 2?", "answer": "4"}``
"""

from typing import Any, Final

from rft.datasets.items import Example
from rft.datasets.rules import DataRules
from rft.datasets.shapes.chat import check_prompt, read_messages
from rft.datasets.shapes.fields import CONTEXT, PROMPT, REFERENCE, Fields, look_up, prompt_of, reference_of


def fits(value: dict[str, Any], rules: DataRules) -> bool:
    """Return whether a record looks like a prompt record."""
    if rules.columns.prompt is not None:
        return look_up(value, rules.columns.prompt) is not None
    return "messages" in value or any(isinstance(value.get(name), str) for name in (*PROMPT, *CONTEXT))


def convert(value: dict[str, Any], raw: bytes | None, rules: DataRules) -> list[Example]:
    """Return the one example of a prompt record.

    Raises:
        Refused: with code and reason.

    """
    messages = value.get("messages")
    # The usual record, taken in one go; everything else is looked at piece by piece, to say what is wrong.
    if rules.columns is _USUAL and type(messages) is list and (len(messages) == 1 or len(messages) == 2):
        last = messages[-1]
        content = last.get("content") if type(last) is dict and len(last) == 2 else None
        if type(content) is str and last.get("role") == "user" and not content.isspace() and content:
            first = messages[0]
            identity, reference = value.get("id"), value.get("reference_answer")
            if (
                (first is last or _instructs(first))
                and ((type(identity) is str and 0 < len(identity) <= 256) or (identity is None and "id" not in value))
                and _plain_reference(reference, value)
            ):
                extra = {name: value[name] for name in value if name not in _TAKEN}
                return [
                    Example(
                        messages=messages,
                        id=identity,
                        reference_answer=reference,
                        extra=extra,
                        whole=_line(raw),
                    )
                ]
    return [_explain(value, rules)]


def _line(raw: bytes | None) -> bytes | None:
    """Return a record's bytes as a line of a split; a carriage return in JSON text is white space, but ends lines."""
    if raw is None:
        return None
    return raw.replace(b"\r", b" ").strip() if b"\r" in raw or raw[:1] != b"{" or raw[-1:] != b"}" else raw


_USUAL: Final = DataRules().columns  # the default is one object: a task that names fields has another
_TAKEN: Final = frozenset(("id", "messages", "reference_answer"))


def _instructs(message: Any) -> bool:
    return (
        type(message) is dict
        and len(message) == 2
        and message.get("role") in ("system", "developer")
        and type(message.get("content")) is str
        and bool(message["content"].strip())
    )


def _plain_reference(reference: Any, value: dict[str, Any]) -> bool:
    if type(reference) is str:
        return bool(reference.strip())
    return (reference is None and "reference_answer" not in value) or (type(reference) is dict and bool(reference))


def _explain(value: dict[str, Any], rules: DataRules) -> Example:
    columns = rules.columns
    fields = Fields(value, columns)
    identity = fields.identity()
    if columns.prompt is None and ("messages" in value or fields.find(None, (*PROMPT, *CONTEXT)) is None):
        given = fields.take("messages", keep=_has_parts(value.get("messages")))
        messages = check_prompt(read_messages(given))
        name = fields.find(columns.reference_answer, ("reference_answer",))
        if name is None and "reference_answer" in value:
            name = "reference_answer"
    else:
        messages = prompt_of(fields, columns)
        name = fields.find(columns.reference_answer, REFERENCE)
    reference = reference_of(fields, name)
    return Example(messages=messages, id=identity, reference_answer=reference, extra=fields.rest())


def _has_parts(messages: Any) -> bool:
    """Return whether a message is made of parts, whose bounds are lost in the text."""
    return isinstance(messages, list) and any(
        isinstance(message, dict) and not isinstance(message.get("content"), str) for message in messages
    )
