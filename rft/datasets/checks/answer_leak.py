"""Whether the reference answer stands in the prompt, so that a model need only repeat it.

A word problem may well name the number that is its answer, and a classifier is told its labels. So a short reference is
a leak only where the prompt announces it ("the answer is 42", "#### 42"); one of ``WORDS`` words or ``CHARACTERS``
characters is a leak wherever it stands. Where answers are passages of the prompt by intent (extraction), set
``checks.answer-in-prompt`` to ``off``.
"""

import json
import re
from collections.abc import Sequence
from itertools import repeat
from typing import Any, Final

WORDS: Final = 4
CHARACTERS: Final = 20
LOOKED_AT: Final = 16  # places of a short reference in one prompt
_LEAST: Final = min(CHARACTERS, 2 * WORDS - 1)  # characters of a reference that may be long
_BEFORE: Final = 40  # characters before a short reference in which it is announced
# Parts of the announcing words, found four times as fast as they are: where there is none, nothing is announced.
_HINT: Final = re.compile(
    "nswer|NSWER|olution|OLUTION|####|ntwort|NTWORT|ösung|ÖSUNG|éponse|ÉPONSE|espuesta|ESPUESTA|答案"
)
_ANNOUNCED: Final = re.compile(
    r"(?:\b(?:answer|solution|antwort|lösung|réponse|respuesta)s?\b[*_]*\s*(?:is|are|was|=|:|->|lautet|ist|est|es)"
    r"|答案(?:是|为|：|:)|####)[\s:=*_`\"'$(\[]*\Z",
    re.IGNORECASE,
)


def answer_leak(reference: str | dict[str, Any] | None, prompt: str) -> str | None:
    """Return what of the reference stands in the prompt, in words for a person; None if nothing does."""
    if isinstance(reference, str):
        reference = reference.strip()
        return _text_leak(reference, prompt) if reference else None
    return None if reference is None else _object_leak(reference, prompt)


def surely_no_leak(references: Sequence[str], prompts: Sequence[str]) -> bool:
    """Return whether ``answer_leak`` surely says None of each reference and its prompt.

    Many are looked at at once: what stands before references in their prompts is searched as one text.
    """
    references = list(map(str.strip, references))
    if not all(references):
        return False
    long = max(map(len, references), default=0) >= _LEAST
    before: list[str] = []  # of each place, and of others that overlap it
    left = list(zip(prompts, references, repeat(0)))
    while left:
        left = [
            (prompt, reference, place + len(reference))
            for prompt, reference, start in left
            # What a reference begins with is found far faster than itself.
            if (first := prompt.find(reference[0], start)) >= 0 and (place := prompt.find(reference, first)) >= 0
        ]
        before += [
            prompt[start if (start := end - len(reference) - _BEFORE) > 0 else 0 : end - 1]
            for prompt, reference, end in left
        ]
        if len(before) > LOOKED_AT * len(prompts) or (long and any(_long(reference) for _, reference, _ in left)):
            return False
    return not _HINT.search("\n".join(before))


def _long(reference: str) -> bool:
    """Whether a reference leaks wherever it stands."""
    return len(reference) >= CHARACTERS or len(reference.split()) >= WORDS


def _text_leak(reference: str, prompt: str) -> str | None:
    if (place := _find(prompt, reference, 0)) < 0:
        return None
    if _long(reference):
        return f"the reference answer ({_shown(reference)}) stands in the prompt word by word"
    for _ in range(LOOKED_AT):
        end = place + len(reference)
        before = prompt[place - _BEFORE if place > _BEFORE else 0 : place]
        if _HINT.search(before) and _ends(prompt, end) and _ANNOUNCED.search(before):
            return f"the prompt announces the reference answer: {_shown(prompt[max(0, place - 20) : end])}"
        if (place := _find(prompt, reference, place + 1)) < 0:
            break
    return None


def _find(prompt: str, reference: str, start: int) -> int:
    """Return where a reference stands from ``start`` on, or -1: a digit is found far faster than what it begins."""
    start = prompt.find(reference[0], start)
    return start if start < 0 else prompt.find(reference, start)


def _object_leak(reference: dict[str, Any], prompt: str) -> str | None:
    for name in ("text", "answer"):
        if isinstance(text := reference.get(name), str):
            return answer_leak(text, prompt)
    if "{" not in prompt or not all(f'"{name}"' in prompt for name in reference):
        return None
    written = "".join(json.dumps(reference, ensure_ascii=False, separators=(",", ":")).split())
    if len(written) >= CHARACTERS and written in "".join(prompt.split()):
        return "the reference answer stands in the prompt as JSON"
    return None


def _ends(prompt: str, end: int) -> bool:
    """Whether a word or a number ends there: 42 does not stand in 421 or 42.5."""
    rest = prompt[end : end + 2]
    return not rest[:1].isalnum() and not (rest[:1] in (".", ",") and rest[1:].isdigit())


def _shown(text: str, length: int = 40) -> str:
    return repr(text if len(text) <= length else text[:length] + "...")
