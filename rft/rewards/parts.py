r"""What a component compares: the part of an answer that gives the result, and the references of a record.

``whole`` is the answer, ``last_line`` its last line with text, ``hashes`` what stands behind ``####`` at the start of a
line, ``boxed`` the content of ``\boxed{}``, ``<name>`` the content of the tag of that name. All take linear time.
"""

from __future__ import annotations

import re

from rft.rewards.errors import BadReward, MissingReference, UnreadableAnswer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from rft.rewards.sample import Sample

PARTS = ("whole", "last_line", "hashes", "boxed")
KEYS = ("final_answer", "answer", "answers", "label")  # of a reference object, where no other key is named
_TAG = re.compile(r"<([A-Za-z][\w-]*)>")
_HASHES = re.compile(r"^[ \t]*####([^\n]*)", re.MULTILINE)
_BOX = "\\boxed{"


def check_part(part: str) -> None:
    """Raise ``BadReward`` unless ``part`` names a part of an answer."""
    if part not in PARTS and _TAG.fullmatch(part) is None:
        raise BadReward(f'part: {part!r} is none of {", ".join(PARTS)} and no tag such as "<answer>"')


def read_part(answer: str, part: str) -> str:
    """Return the named part of an answer, without outer space.

    Raises:
        UnreadableAnswer: the part is missing or empty, or is there several times with different content: naming
            several results must not win.

    """
    if part == "whole":
        found = [answer]
    elif part == "last_line":
        found = [answer.rstrip().rsplit("\n", 1)[-1]]
    elif part == "hashes":
        found = _HASHES.findall(answer)
    elif part == "boxed":
        found = _boxes(answer)
    else:
        found = tag_contents(answer, part[1:-1])
    contents = {text.strip() for text in found}
    if len(contents) > 1:
        raise UnreadableAnswer(f"{part} is there {len(found)} times with different content")
    if not contents or contents == {""}:
        raise UnreadableAnswer(f"{part} is empty" if contents else f"{part} is missing")
    return contents.pop()


def tag_contents(text: str, name: str) -> list[str]:
    """Return what stands in the tags of a name, in order; nothing if one of them is not closed or holds another."""
    opening, closing = f"<{name}>", f"</{name}>"
    if text.count(opening) != text.count(closing):
        return []
    found = []
    pieces = text.split(opening)
    for piece in pieces[1:]:
        content, closed, _ = piece.partition(closing)
        if not closed:
            return []
        found.append(content)
    return found


def reference_value(sample: Sample, key: str) -> Any:
    """Return a record's reference as it is; of an object the field ``key``, or the first known one if ``key`` is "".

    Raises:
        MissingReference: the record has no reference, or not this field.

    """
    value = sample.reference
    if isinstance(value, dict):
        names = (key,) if key else KEYS
        value = next((value[name] for name in names if name in value), None)
    if value is None:
        where = f" with the field {key}" if key else ""
        raise MissingReference(f"sample {sample.id}: the reward needs a reference_answer{where}; add it to the record")
    return value


def references(sample: Sample, key: str) -> list[str]:
    """Return the acceptable answers of a record as text: its reference, or each of them if that is a list.

    Raises:
        MissingReference: there is none that is text or a number.

    """
    value = reference_value(sample, key)
    texts = [text for one in (value if isinstance(value, list) else [value]) if (text := _text(one))]
    if not texts:
        raise MissingReference(f"sample {sample.id}: the reward needs a reference_answer as text; add it to the record")
    return texts


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def _boxes(text: str) -> list[str]:
    found = []
    start = text.find(_BOX)
    while start >= 0:
        depth, begin, end = 1, start + len(_BOX), -1
        for brace in re.compile(r"[{}]").finditer(text, begin):
            depth += 1 if brace[0] == "{" else -1
            if depth == 0:
                end = brace.start()
                break
        if end < 0:
            return []
        found.append(text[begin:end])
        start = text.find(_BOX, end)
    return found
