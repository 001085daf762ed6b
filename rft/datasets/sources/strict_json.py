"""JSON as RFC 8259 and common sense have it: one meaning for every program, or refused with the place and the fix.

Two ways lead to the same value. The fast one is msgspec's decoder and a count that shows whether a key stood twice:
each pair of a text has one colon outside strings, so the colons of the bytes are as many as the pairs and the colons in
strings of the value, unless a pair was dropped. The slow one explains what is wrong.
"""

import json
import re
from typing import Any, Final

import msgspec

from rft.datasets.codes import Code
from rft.datasets.items import Refused

MAX_DEPTH: Final = 32  # objects and arrays within each other
MAX_DIGITS: Final = 300  # of an integer
_TOO_BIG: Final = 10**MAX_DIGITS
_FAR: Final = 1 << 40  # more than a record can have; added to a count, it cannot come out equal
_BRACKETS: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|([\[{])|([\]}])', re.DOTALL)
escaped_colon = re.compile(rb"\\u003[aA]").search  # the one thing that would spoil the count
_fast = msgspec.json.Decoder().decode


def decode(data: bytes) -> Any:
    """Return the value of a JSON text in UTF-8. Integers are exact, other numbers the nearest double.

    Raises:
        Refused: BAD_ENCODING, BAD_JSON (also NaN, infinities, numbers beyond a double or of over ``MAX_DIGITS`` digits,
            halves of surrogate pairs), DUPLICATE_KEY, or TOO_DEEP for more than ``MAX_DEPTH`` levels.

    """
    try:
        value = _fast(data)
        if _once_each(data, value):
            return value
    except (msgspec.MsgspecError, ValueError, RecursionError):  # the slow way says what is wrong
        pass
    return explained(data)


def _once_each(data: bytes, value: Any) -> bool:
    """Whether every pair of the text is in the value, and the value within our limits; False where it is uncertain."""
    texts: list[str] = []
    pairs = _gather_record(value, texts) if type(value) is dict else gather(value, texts, MAX_DEPTH)
    try:
        joined = "".join(texts)
    except TypeError:  # a message holds more than strings
        texts.clear()
        pairs = gather(value, texts, MAX_DEPTH)
        joined = "".join(texts)
    found = count_colons(data)
    if ":" not in joined:
        return found == pairs
    if b"\\" in data and escaped_colon(data):
        return False
    return found == pairs + count_colons(joined.encode())


def count_colons(data: bytes) -> int:
    """Return how many colons there are; several times faster than ``bytes.count``."""
    return len(data) - len(data.replace(b":", b""))


def _gather_record(value: dict[str, Any], texts: list[Any]) -> int:
    """Do what ``gather`` does, faster; all values of objects in a list of the record come into ``texts``."""
    texts += value
    pairs = len(value)
    for inner in value.values():
        kind = type(inner)
        if kind is str:
            texts.append(inner)
        elif kind is list:
            for message in inner:
                if type(message) is dict:
                    texts += message
                    texts += message.values()
                    pairs += len(message)
                else:
                    pairs += gather(message, texts, MAX_DEPTH - 2)
        else:
            pairs += gather(inner, texts, MAX_DEPTH - 1)
    return pairs


def gather(value: Any, texts: list[str], depth: int) -> int:
    """Add all strings of a value to ``texts`` and return its pairs, or far more if the slow way must look at it."""
    kind = type(value)
    if kind is str:
        texts.append(value)
    elif kind is dict or kind is list:
        if not depth:
            return _FAR
        pairs = 0
        inners = value
        if kind is dict:
            texts += value
            pairs = len(value)
            inners = value.values()
        for inner in inners:
            if type(inner) is str:
                texts.append(inner)
            else:
                pairs += gather(inner, texts, depth - 1)
        return pairs
    elif kind is int and not -_TOO_BIG < value < _TOO_BIG:
        return _FAR
    return 0


def explained(data: bytes) -> Any:
    """Do what ``decode`` does, slower, and know what is wrong and where."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Refused(Code.BAD_ENCODING, f"byte {error.start + 1} is not UTF-8; save the file as UTF-8") from None
    if _depth(text) > MAX_DEPTH:
        raise Refused(Code.TOO_DEEP, f"values are nested more than {MAX_DEPTH} deep; flatten them")
    try:
        value = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # finds halves of surrogate pairs, which are no text
    except json.JSONDecodeError as error:
        raise Refused(Code.BAD_JSON, _where(text, error)) from None
    except UnicodeEncodeError:
        raise Refused(Code.BAD_JSON, "an escape \\ud800 to \\udfff stands alone; write the whole character") from None
    return value


def _depth(text: str) -> int:
    deepest = depth = 0
    for match in _BRACKETS.finditer(text):
        if match.lastindex == 1:
            depth += 1
            deepest = max(deepest, depth)
        elif match.lastindex == 2:
            depth -= 1
    return deepest


def _where(text: str, error: json.JSONDecodeError) -> str:
    where = f"not JSON at character {error.pos + 1}: {error.msg}"
    bare = text.strip()
    if not bare:
        return "there is no value; remove the empty place"
    if bare in ("[", "]", "{", "}", "[]", "{},") or bare.endswith((",", "{", "[")):
        return f"{where}; JSONL has one whole object a line, so turn an array or indented JSON into such lines"
    if "\r" in bare and error.msg == "Extra data":
        return f"{where}; lines end in a carriage return alone, so save the file with line feeds"
    if error.pos >= len(text.rstrip()) - 1:
        return f"{where}; the record seems to be cut off"
    return f"{where}; write each record as one JSON object"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            shown = name[:60].encode(errors="backslashreplace").decode()
            raise Refused(Code.DUPLICATE_KEY, f"the key {shown!r} stands twice in one object; keep one")
        seen.add(name)
    return value


def _no_constant(name: str) -> Any:
    raise Refused(Code.BAD_JSON, f"{name} is no JSON; write a number or leave the key out")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Refused(Code.BAD_JSON, f"the number {text[:30]} is beyond what programs can hold; write it as a string")
    return value


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise Refused(Code.BAD_JSON, f"a number has {len(text.lstrip('-'))} digits; write it as a string")
    return int(text)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole
)
