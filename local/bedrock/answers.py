"""What an answer behaviour looks like in words. It knows shapes of references, never a task or a reward."""

import hashlib
import json
import re
from enum import StrEnum
from typing import Any


class Behaviour(StrEnum):
    """Ways to answer, from good to bad: the order in which a prompt's latent draw walks through them."""

    RIGHT = "right"
    RIGHT_MARKED = "right in a box or a fence"
    RIGHT_PROSE = "right in prose"
    RIGHT_WRAPPED = "right among other words"
    VERBOSE = "right and verbose"
    PARTIAL = "partly right"
    WRONG = "wrong"
    WRONG_PROSE = "wrong in prose"
    MALFORMED = "malformed"
    EVERYTHING = "every answer at once"
    STUFFED = "keyword stuffing"
    REPEATED = "repeated phrase"
    ECHO = "echo of the prompt"
    REFUSAL = "refusal"
    EMPTY = "empty"


BEHAVIOURS = list(Behaviour)
RIGHT = {
    Behaviour.RIGHT,
    Behaviour.RIGHT_MARKED,
    Behaviour.RIGHT_PROSE,
    Behaviour.RIGHT_WRAPPED,
    Behaviour.VERBOSE,
}
PROSE = 8  # words of a reference from which on it is a text
STUFFING = "correct accurate precise final answer solution result verified therefore thus #### {} [] "


def stable(*parts: str) -> int:
    """Return a number that depends on the parts only."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big")


def write(behaviour: Behaviour, reference: Any, prompt: str) -> str:
    """Return the answer that a behaviour gives to a prompt; ``reference`` is None where the right answer is unknown."""
    common = _common(behaviour, prompt)
    if common is not None:
        return common
    value = core(reference)
    if isinstance(value, dict):
        return _fields(behaviour, value, prompt)
    if value is not None and _is_prose(value):
        return _prose(behaviour, value, prompt)
    known = value if value is not None else str(stable("unknown", prompt) % 97)
    return _single(behaviour, known, prompt, known=value is not None)


def misremember(reference: Any, prompt: str) -> Any:
    """Return a wrong reference of the same shape: what a model takes for right on a prompt beyond its ability."""
    value = core(reference)
    if isinstance(value, dict):
        names = sorted(value)
        return {name: _other(str(value[name]), prompt) if i % 2 == 0 else value[name] for i, name in enumerate(names)}
    if value is not None and _is_prose(value):
        return _garbled(value, prompt)
    return None if value is None else _other(value, prompt)


def core(reference: Any) -> Any:
    """Return what a reference says: a text, or a mapping of fields; None without one."""
    if isinstance(reference, str):
        try:
            parsed = json.loads(reference)
        except ValueError:
            return reference
        return parsed if isinstance(parsed, dict) else reference
    if isinstance(reference, dict):
        if set(reference) <= {"text", "final_answer", "answer"} and len(reference) == 1:
            return core(next(iter(reference.values())))
        return reference
    return None if reference is None else str(reference)


def _common(behaviour: Behaviour, prompt: str) -> str | None:
    if behaviour is Behaviour.EMPTY:
        return ""
    if behaviour is Behaviour.REFUSAL:
        return "I'm sorry, but I can't help with that request."
    if behaviour is Behaviour.ECHO:
        return prompt
    if behaviour is Behaviour.STUFFED:
        return STUFFING * 6
    if behaviour is Behaviour.REPEATED:
        return "The answer is the answer. " * 40
    return None


def _single(behaviour: Behaviour, value: str, prompt: str, *, known: bool) -> str:
    wrong = _other(value, prompt)
    if not known:
        value = wrong
    forms = {
        Behaviour.RIGHT: f"I work through the problem step by step.\n#### {value}",
        Behaviour.RIGHT_MARKED: f"The result is \\boxed{{{value}}}",
        Behaviour.RIGHT_PROSE: f"The answer is {value}.",
        Behaviour.RIGHT_WRAPPED: f"Answer: {value}. Let me know if you would like another example.",
        Behaviour.VERBOSE: "Let me think about this at length. " * 30 + f"\n#### {value}",
        Behaviour.PARTIAL: f"It is about {value}, or perhaps {wrong}.",
        Behaviour.WRONG: f"I work through the problem step by step.\n#### {wrong}",
        Behaviour.WRONG_PROSE: f"The answer is {wrong}.",
        Behaviour.MALFORMED: "I work through the problem step by step.\n####",
        Behaviour.EVERYTHING: "\n".join(f"#### {number}" for number in [*range(0, 100, 7), value, wrong]),
    }
    return forms[behaviour]


def _other(value: str, prompt: str) -> str:
    shift = 1 + stable("wrong", prompt) % 9
    plain = value.replace(",", "")
    if re.fullmatch(r"-?\d+", plain):
        return str(int(plain) + shift)
    if re.fullmatch(r"-?\d+\.\d+", plain):
        return str(float(plain) + shift)
    return value[::-1] if value[::-1] != value else f"not {value}"


def _is_prose(value: str) -> bool:
    """Return whether a reference is a text, which itself is the answer, and no result to be stated."""
    return len(value.split()) >= PROSE


def _prose(behaviour: Behaviour, text: str, prompt: str) -> str:
    wrong = _garbled(text, prompt)
    forms = {
        Behaviour.RIGHT: text,
        Behaviour.RIGHT_MARKED: f"**Answer**\n\n> {text}",
        Behaviour.RIGHT_PROSE: f"Here is what I would say. {text}",
        Behaviour.RIGHT_WRAPPED: f"{text} Let me know if you would like another version.",
        Behaviour.VERBOSE: "Let me think about this at length. " * 30 + text,
        Behaviour.PARTIAL: " ".join(text.split()[: len(text.split()) // 2]),
        Behaviour.WRONG: wrong,
        Behaviour.WRONG_PROSE: f"Here is what I would say. {wrong}",
        Behaviour.MALFORMED: text[: len(text) // 5],
        Behaviour.EVERYTHING: "\n".join([text, wrong, prompt]),
    }
    return forms[behaviour]


def _garbled(text: str, prompt: str) -> str:
    """Return a text that says nothing: the words in another order, a third of them gone."""
    words = [word for place, word in enumerate(text.split()) if stable("gone", prompt, str(place)) % 3]
    return " ".join(sorted(words, key=lambda word: stable("order", prompt, word)))


def _fields(behaviour: Behaviour, fields: dict[str, Any], prompt: str) -> str:
    names = sorted(fields)
    spoiled = {name: _other(str(fields[name]), prompt + name) for name in names}
    half = {name: spoiled[name] if index % 2 else fields[name] for index, name in enumerate(names)}
    right = json.dumps(fields, ensure_ascii=False)
    prose = "\n".join(f"{name}: {fields[name]}" for name in names)
    forms = {
        Behaviour.RIGHT: right,
        Behaviour.RIGHT_MARKED: f"```json\n{json.dumps(fields, indent=2, ensure_ascii=False)}\n```",
        Behaviour.RIGHT_PROSE: prose,
        Behaviour.RIGHT_WRAPPED: f"Here are the fields that you asked for:\n{right}\nIs there anything else?",
        Behaviour.VERBOSE: "Let me read the text carefully. " * 30 + right,
        Behaviour.PARTIAL: json.dumps(half, ensure_ascii=False),
        Behaviour.WRONG: json.dumps(spoiled, ensure_ascii=False),
        Behaviour.WRONG_PROSE: "\n".join(f"{name}: {spoiled[name]}" for name in names),
        Behaviour.MALFORMED: right[: len(right) // 2],
        Behaviour.EVERYTHING: "\n".join([right, json.dumps(spoiled, ensure_ascii=False), prose]),
    }
    return forms[behaviour]
