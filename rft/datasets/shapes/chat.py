"""Chat messages: read, checked, and folded into the single turn that Bedrock trains."""

from typing import Any, Final

from rft.datasets.codes import Code
from rft.datasets.items import Refused
from rft.datasets.shapes.fields import kind_of

INSTRUCTING: Final = ("system", "developer")
KNOWN_ROLES: Final = (*INSTRUCTING, "user", "assistant", "tool", "bot")
SPEAKERS: Final = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
}  # ShareGPT's names

Message = dict[str, str]


def read_messages(messages: Any) -> list[Message]:
    """Return messages with role and text alone.

    ShareGPT's ``from``/``value`` count as role and content. A list of text parts becomes their text.

    Raises:
        Refused: something is no message, of an unknown role, or without text.

    """
    if not isinstance(messages, list) or not messages:
        raise Refused(Code.NO_MESSAGES, 'there is no list "messages"; add one with at least a user message')
    return [_message(message, place) for place, message in enumerate(messages, 1)]


def check_prompt(messages: list[Message]) -> list[Message]:
    """Return the messages of a prompt: at most one that instructs, then the user's one.

    Raises:
        Refused: another order, several turns, or an answer at the end.

    """
    roles = [message["role"] for message in messages]
    if any(role in INSTRUCTING for role in roles[1:]):
        raise Refused(Code.SYSTEM_NOT_FIRST, "a system message stands behind another message; put the only one first")
    if "user" not in roles:
        raise Refused(Code.NO_USER, "no message is the user's; add the question as a user message")
    if roles[-1] != "user":
        raise Refused(
            Code.ENDS_WITH_ANSWER,
            f"the last message is of role {roles[-1]}; the prompt ends with the user, the answer is reference_answer",
        )
    if any(role not in INSTRUCTING for role in roles[:-1]):
        raise Refused(Code.MULTI_TURN, "Bedrock trains single turns; put all turns into the one user message")
    return messages


def fold(messages: list[Message]) -> list[Message]:
    """Return a history of several turns as one prompt: the turns as a transcript in the user's one message.

    Raises:
        Refused: it does not end with the user.

    """
    system = [message for message in messages[:1] if message["role"] in INSTRUCTING]
    turns = messages[len(system) :]
    if len(turns) <= 1:
        return check_prompt(messages)
    if turns[-1]["role"] != "user":
        raise Refused(Code.NO_USER, "the history does not end with the user; drop what follows the last question")
    text = "\n\n".join(f"{_SAID.get(turn['role'], turn['role'])}: {turn['content']}" for turn in turns)
    return [*system, {"role": "user", "content": text}]


_SAID: Final = {"user": "Human", "assistant": "Assistant", "bot": "Assistant", "tool": "Tool"}


def read_transcript(text: str) -> list[Message] | None:
    """Return the turns of a text whose lines begin with ``Human:`` and ``Assistant:``; None if it has none."""
    turns: list[Message] = []
    for line in text.strip().split("\n"):
        head, colon, rest = line.partition(":")
        role = _SPOKEN.get(head.strip().casefold()) if colon else None
        if role is not None:
            turns.append({"role": role, "content": rest.strip(" ")})
        elif not turns:
            return None
        else:
            turns[-1]["content"] += "\n" + line
    for turn in turns:
        turn["content"] = turn["content"].strip()
    return turns or None


_SPOKEN: Final = {"human": "user", "user": "user", "assistant": "assistant", "h": "user", "a": "assistant"}


def text_of(content: Any, place: str) -> str:
    """Return the text of a message's content: a string, or the text parts of a list.

    Raises:
        Refused: it is something else, or a part is no text.

    """
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise Refused(Code.BAD_CONTENT, f"{place} has {kind_of(content)} as content; write a string")
    texts = []
    for part in content:
        if not isinstance(part, dict):
            raise Refused(Code.BAD_CONTENT, f'{place} has {kind_of(part)} in its content; write {{"text": ...}}')
        if part.get("type", "text") != "text" or not isinstance(part.get("text"), str):
            raise Refused(Code.NOT_TEXT, f"{place} has a part that is no text; Bedrock trains text only")
        texts.append(part["text"])
    return "".join(texts)


def _message(message: Any, place: int) -> Message:
    if not isinstance(message, dict):
        raise Refused(Code.BAD_MESSAGE, f"message {place} is {kind_of(message)}; write an object with role and content")
    if "from" in message and "role" not in message:
        message = {"role": message["from"], "content": message.get("value"), **_without(message, "from", "value")}
    if extra := sorted(_without(message, "role", "content")):
        raise Refused(
            Code.BAD_MESSAGE, f"message {place} has the key {extra[0][:60]!r}; only role and content are allowed"
        )
    role = message.get("role")
    role = SPEAKERS.get(role, role) if isinstance(role, str) else role
    if not isinstance(role, str) or role not in KNOWN_ROLES:
        shown = repr(role)[:60] if isinstance(role, str) else kind_of(role)
        raise Refused(Code.BAD_ROLE, f"message {place} has the role {shown}; use system and user")
    text = text_of(message.get("content"), f"message {place}")
    if not text.strip():
        raise Refused(Code.BAD_CONTENT, f"message {place} ({role}) has no text; write its content as a string")
    return {"role": role, "content": text}


def _without(message: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in names}
