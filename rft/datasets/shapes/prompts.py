"""Prompt records: chat prompts with an optional reference answer, and the flat forms that people have.

``{"messages": [{"role": "user", "content": "2 + 2?"}], "reference_answer": "4"}``
``{"question": "2 + 2?", "answer": "4"}``
"""

from typing import Any, Final

from rft.datasets.items import Example
from rft.datasets.rules import DataRules
from rft.datasets.shapes.chat import check_prompt, read_messages
from rft.datasets.shapes.fields import CONTEXT, OURS, PROMPT, REFERENCE, Fields, look_up, prompt_of, reference_of


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
    # The usual record, taken in one go; everything else is looked at piece by piece, to say what is wrong.
    messages = value.get("messages")
    if type(messages) is list and messages and rules.columns is USUAL:
        last = messages[-1]
        if (
            type(last) is dict
            and len(last) == 2
            and last.get("role") == "user"
            and type(content := last.get("content")) is str
            and content
            and not content.isspace()
            and (len(messages) == 1 or (len(messages) == 2 and _instructs(messages[0])))
        ):
            extra = value.copy()
            del extra["messages"]
            identity, reference = extra.pop("id", _ABSENT), extra.pop("reference_answer", _ABSENT)
            if (
                (identity is _ABSENT or (type(identity) is str and 0 < len(identity) <= 256))
                and (reference is _ABSENT or _plain_reference(reference))
                and OURS.isdisjoint(extra)
            ):
                return [
                    Example(
                        messages=messages,
                        id=None if identity is _ABSENT else identity,
                        reference_answer=None if reference is _ABSENT else reference,
                        extra=extra,
                        whole=raw if raw is None or _plain_line(raw) else raw.replace(b"\r", b" ").strip(),
                    )
                ]
    return [_explain(value, rules)]


def _plain_line(raw: bytes) -> bool:
    """Return whether bytes can be a line as they are: a carriage return, white space in JSON, would end it."""
    return raw.startswith(b"{") and raw.endswith(b"}") and b"\r" not in raw


USUAL: Final = DataRules().columns  # the default is one object: a task that names fields has another
_ABSENT: Final[Any] = object()


def _instructs(message: Any) -> bool:
    return (
        type(message) is dict
        and len(message) == 2
        and message.get("role") in ("system", "developer")
        and type(message.get("content")) is str
        and bool(message["content"].strip())
    )


def _plain_reference(reference: Any) -> bool:
    if type(reference) is str:
        return bool(reference) and not reference.isspace()
    return type(reference) is dict and bool(reference)


def _explain(value: dict[str, Any], rules: DataRules) -> Example:
    columns = rules.columns
    fields = Fields(value, columns)
    identity = fields.identity()
    if columns.prompt is None and ("messages" in value or fields.find(None, (*PROMPT, *CONTEXT)) is None):
        messages = check_prompt(read_messages(value.get("messages")))
        fields.take("messages", keep=messages != value["messages"])
        name = fields.find(columns.reference_answer, ("reference_answer",))
        if name is None and "reference_answer" in value:
            name = "reference_answer"
    else:
        messages = prompt_of(fields, columns)
        name = fields.find(columns.reference_answer, REFERENCE)
    reference = reference_of(fields, name)
    return Example(messages=messages, id=identity, reference_answer=reference, extra=fields.rest())
