"""One rollout as a reward function sees it: the prompt, the answer, and what the record says of it.

Bedrock's pages and AWS's samples disagree on the shapes, so every one of them is read: ``reference_answer`` at top
level or in ``metadata``, as string, object, ``{"text": ...}``, JSON in a string, or missing; last role ``assistant`` or
``nova_assistant``; content as string or as list of parts.
"""

from __future__ import annotations

import json

from rft.rewards.errors import GraderContractError, MissingReference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

ANSWERING = ("assistant", "nova_assistant")
INSTRUCTING = ("system", "developer")
UNWRAPS = 4  # how many wrappings of a reference are taken off


class Sample:
    """A rollout.

    ``messages`` are the prompt's, as ``(role, text)``; ``answer`` is the model's text, empty if there is none;
    ``reference`` is the record's ``reference_answer`` (string, dict or None); ``metadata`` the record's extra keys.
    """

    __slots__ = ("answer", "id", "messages", "metadata", "reference")

    def __init__(
        self,
        sample_id: str,
        messages: tuple[tuple[str, str], ...],
        answer: str,
        reference: Any = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.id = sample_id
        self.messages = messages
        self.answer = answer
        self.reference = reference
        self.metadata: Mapping[str, Any] = metadata or {}

    @property
    def system(self) -> str:
        """Return the instructions, or an empty string."""
        return "\n".join(text for role, text in self.messages if role in INSTRUCTING)

    @property
    def prompt(self) -> str:
        """Return the text of the last user message, or an empty string."""
        return next((text for role, text in reversed(self.messages) if role == "user"), "")

    def reference_text(self, *keys: str) -> str:
        """Return the reference as text: the string itself, or the first of ``keys`` that the reference object has.

        Raises:
            MissingReference: there is none, or it is an object without these keys.

        """
        found = self.reference
        if isinstance(found, dict):
            found = next((found[key] for key in keys if key in found), None)
        if isinstance(found, str):
            return found
        if isinstance(found, (int, float)) and not isinstance(found, bool):
            return str(found)
        raise MissingReference(f"sample {self.id}: the reward needs a reference_answer as text; add it to the record")

    def reference_fields(self) -> dict[str, Any]:
        """Return the reference as an object.

        Raises:
            MissingReference: there is none, or it is not an object.

        """
        if isinstance(self.reference, dict):
            return self.reference
        raise MissingReference(f"sample {self.id}: the reward needs a reference_answer as object; add it to the record")


def read_sample(item: Any, place: int) -> Sample:
    """Return the sample of one item of a grader's event; ``place`` is its index, for messages.

    A damaged prompt or answer is read as empty text: the rollout then scores low and spoils no other.

    Raises:
        GraderContractError: the item is no object or has no id, so that no answer could be given for it.

    """
    if not isinstance(item, dict):
        raise GraderContractError(f"event[{place}] is {type(item).__name__}, not an object")
    identity = item.get("id")
    if not isinstance(identity, (str, int)) or isinstance(identity, bool):
        raise GraderContractError(f"event[{place}] has no id")
    metadata = item.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
    reference = item.get("reference_answer")
    if reference is None:
        reference = metadata.get("reference_answer")
    prompt, answer = _split(item.get("messages"))
    return Sample(str(identity), prompt, answer, read_reference(reference), metadata)


def answer_length(item: Any) -> int:
    """Return the length in characters of the answer of one item of a grader's event; 0 for one without."""
    return len(_split(item.get("messages"))[1]) if isinstance(item, dict) else 0


def read_reference(value: Any) -> Any:
    """Return a reference without its wrappings: ``{"text": ...}`` around a value, JSON text of an object or string."""
    for _ in range(UNWRAPS):
        if isinstance(value, dict) and len(value) == 1 and "text" in value:
            value = value["text"]
        elif isinstance(value, str) and value[:1] in ("{", '"') and value[-1:] in ("}", '"') and len(value) > 1:
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return value
        else:
            return value
    return value


def read_text(content: Any) -> str:
    """Return the text of a message's content: a string, or the text parts of a list; anything else is no text."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part if isinstance(part, str) else _part(part) for part in content)
    return ""


def _part(part: Any) -> str:
    if isinstance(part, dict) and part.get("type", "text") == "text" and isinstance(part.get("text"), str):
        text: str = part["text"]
        return text
    return ""


def _split(messages: Any) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return the prompt's messages and the answer: the last assistant message behind the last user message."""
    if not isinstance(messages, list):
        return (), ""
    read = [
        (message["role"], read_text(message.get("content")))
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("role"), str)
    ]
    for place in range(len(read) - 1, -1, -1):
        role, text = read[place]
        if role in ANSWERING:
            return tuple(read[:place]), text
        if role == "user":
            break
    return tuple(read), ""
