"""One line of a dropped file: a prompt record, or why it is none and how to mend it.

Rules: Bedrock user guide, rft-prepare-data.html and rft-nova-models.html (text only, single turn), and the stricter
checks of AWS's own client-side validator (roles, system first, no empty reference).
"""

import json
from typing import Any, Final

from msgspec import Struct

from rft.datasets.codes import Code
from rft.datasets.items import Refused
from rft.datasets.reading import MAX_LINE, Line

MAX_DEPTH: Final = 32
MAX_ID: Final = 256
INSTRUCTING: Final = ("system", "developer")
KNOWN_ROLES: Final = (*INSTRUCTING, "user", "assistant", "tool", "bot")


class PromptRecord(Struct, frozen=True):
    """An accepted line. ``data`` is its JSON as it came, without outer space; extra keys are in it."""

    id: str | None
    user: str  # the user's text: what decides the split
    data: bytes

    def line(self, assigned: str | None = None) -> bytes:
        """Return the record as one line of a split, with ``assigned`` as id where it has none of its own."""
        if assigned is None:
            return self.data + b"\n"
        return b'{"id": ' + json.dumps(assigned).encode() + b", " + self.data[1:].lstrip() + b"\n"


def read_record(line: Line) -> PromptRecord:
    """Return the record of a line.

    Raises:
        Refused: with code and reason.

    """
    if line.cut:
        raise Refused(
            Code.LINE_TOO_LONG,
            f"the line has {line.length:,} bytes, {MAX_LINE:,} are allowed; shorten the prompt. "
            f"It is kept whole in the dropped file, from byte {line.start}; the quarantine holds its beginning",
        )
    data = line.data.strip(b" \t\r\n").replace(b"\r", b" ")
    if not data:
        raise Refused(Code.EMPTY_LINE, "the line is empty; remove it")
    value = _object(data)
    identity = _identity(value)
    user = _prompt(value.get("messages"))
    _reference(value)
    return PromptRecord(identity, user, data)


def _object(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Refused(Code.BAD_ENCODING, f"byte {error.start + 1} is not UTF-8; save the file as UTF-8") from None
    try:
        value = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # finds halves of surrogate pairs, which are no text
    except RecursionError:
        raise Refused(Code.TOO_DEEP, f"values are nested more than {MAX_DEPTH} deep; flatten them") from None
    except json.JSONDecodeError as error:
        raise Refused(Code.BAD_JSON, _explain(text, error)) from None
    except UnicodeEncodeError:
        raise Refused(Code.BAD_JSON, "an escape \\ud800 to \\udfff stands alone; write the whole character") from None
    except ValueError as error:
        raise Refused(Code.BAD_JSON, str(error)) from None
    if not isinstance(value, dict):
        raise Refused(Code.NOT_AN_OBJECT, f"the line is {_kind(value)}; write one JSON object a line")
    if _deeper(value, MAX_DEPTH):
        raise Refused(Code.TOO_DEEP, f"values are nested more than {MAX_DEPTH} deep; flatten them")
    return value


def _explain(text: str, error: json.JSONDecodeError) -> str:
    where = f"not JSON at character {error.pos + 1}: {error.msg}"
    if text in ("[", "]", "{", "}", "[]", "{},") or text.endswith((",", "{", "[")):
        return f"{where}; JSONL has one whole object a line, so turn an array or indented JSON into such lines"
    if error.pos >= len(text) - 1:
        return f"{where}; the line seems to be cut off"
    return f"{where}; write one JSON object a line"


def _identity(value: dict[str, Any]) -> str | None:
    if "id" not in value:
        return None
    identity = value["id"]
    if isinstance(identity, str) and 0 < len(identity) <= MAX_ID:
        return identity
    raise Refused(Code.BAD_ID, f"id is {_kind(identity)}; write a string of 1 to {MAX_ID} characters, or leave it out")


def _prompt(messages: Any) -> str:
    """Return the user's text of a single-turn prompt."""
    if not isinstance(messages, list) or not messages:
        raise Refused(Code.NO_MESSAGES, 'there is no list "messages"; add one with at least a user message')
    read = [_message(message, place) for place, message in enumerate(messages, 1)]
    roles = [role for role, _ in read]
    if any(role in INSTRUCTING for role in roles[1:]):
        raise Refused(Code.SYSTEM_NOT_FIRST, "a system message stands behind another message; put the only one first")
    users = [text for role, text in read if role == "user"]
    if not users:
        raise Refused(Code.NO_USER, "no message is the user's; add the question as a user message")
    if roles[-1] != "user":
        raise Refused(
            Code.ENDS_WITH_ANSWER,
            f"the last message is of role {roles[-1]}; the prompt ends with the user, the answer is reference_answer",
        )
    if len(users) > 1 or len(roles) > 2:
        raise Refused(Code.MULTI_TURN, "Bedrock trains single turns; put all turns into the one user message")
    return users[0]


def _message(message: Any, place: int) -> tuple[str, str]:
    if not isinstance(message, dict):
        raise Refused(Code.BAD_MESSAGE, f"message {place} is {_kind(message)}; write an object with role and content")
    if extra := sorted(message.keys() - {"role", "content"}):
        raise Refused(Code.BAD_MESSAGE, f"message {place} has the key {extra[0]!r}; only role and content are allowed")
    role = message.get("role")
    if role not in KNOWN_ROLES:
        shown = repr(role)[:60] if isinstance(role, str) else _kind(role)
        raise Refused(Code.BAD_ROLE, f"message {place} has the role {shown}; use system and user")
    text = _content(message.get("content"), place)
    if not text.strip():
        raise Refused(Code.BAD_CONTENT, f"message {place} ({role}) has no text; write its content as a string")
    return role, text


def _content(content: Any, place: int) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise Refused(Code.BAD_CONTENT, f"message {place} has {_kind(content)} as content; write a string")
    texts = []
    for part in content:
        if not isinstance(part, dict):
            raise Refused(Code.BAD_CONTENT, f'message {place} has {_kind(part)} in its content; write {{"text": ...}}')
        if part.get("type", "text") != "text" or not isinstance(part.get("text"), str):
            raise Refused(Code.NOT_TEXT, f"message {place} has a part that is no text; Bedrock trains text only")
        texts.append(part["text"])
    return "".join(texts)


def _reference(value: dict[str, Any]) -> None:
    if "reference_answer" not in value:
        return
    reference = value["reference_answer"]
    if isinstance(reference, str) and reference.strip():
        return
    if isinstance(reference, dict) and reference:
        return
    raise Refused(
        Code.BAD_REFERENCE,
        f"reference_answer is {_kind(reference)}; write a string (numbers as well) or an object, or leave the key out",
    )


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "an empty string" if not value.strip() else "a string"
    return ("an array" if value else "an empty array") if isinstance(value, list) else "an object"


def _deeper(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return False
        level = below
    return any(isinstance(item, (dict, list)) for item in level)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise ValueError(f"the key {name[:60]!r} stands twice in one object; keep one")
        seen.add(name)
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON; write a number or leave the key out")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:30]} is beyond what programs can hold; write it as a string")
    return value


def _whole(text: str) -> int:
    if len(text) > 300:
        raise ValueError(f"a number has {len(text)} digits; write it as a string")
    return int(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole)
