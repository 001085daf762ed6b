"""A judge as a weak language model is one: mostly right, noisy, fond of length and of what stands first, easily led.

Whoever forces a tool in Converse gets a verdict by the tool's schema: a number between bounds, or one of an enum. The
user's message holds the prompt between tags, then one answer or two. Of the prompt it knows the right answer, from the
private key. Equal requests get equal verdicts.
"""

import itertools
import re
from typing import Any, Protocol

from local.bedrock.answers import stable

DATA = re.compile(r"<([a-z]+)-([0-9a-f]{8,64})>\n(.*?)\n</\1-\2>", re.DOTALL)
LEADING = re.compile(r"(?i)ignore (all|any|previous)|highest score|you are the judge|\b(10/10|full marks)\b")
LED = 0.35  # how often it does what an answer tells it
MALFORMED = 0.02  # how often its reply does not keep to the schema
NOISE = 0.08  # the most by which it misjudges, either way
LENGTH = 0.12  # what 1,000 characters gain
FIRST = 0.04  # what standing first gains
EQUAL = 0.05  # differences that it does not see
UNKNOWN = 0.4  # what an answer is worth to it where it does not know better
WORD = re.compile(r"\w+")


class Key(Protocol):
    """Where right answers are looked up."""

    def reference(self, prompt: str) -> Any:
        """Return the right answer to a prompt, None if it is not known."""
        ...


def forced_tool(params: dict[str, Any]) -> dict[str, Any] | None:
    """Return the specification of the tool that a request forces, None if it forces none."""
    config = params.get("toolConfig") or {}
    name = ((config.get("toolChoice") or {}).get("tool") or {}).get("name")
    specs = [tool["toolSpec"] for tool in config.get("tools", []) if "toolSpec" in tool]
    return next((spec for spec in specs if spec["name"] == name), None)


def verdict(text: str, spec: dict[str, Any], model: str, key: Key) -> dict[str, Any]:
    """Return the content block that a judge answers with: the use of its tool, or now and then something else."""
    properties = spec["inputSchema"]["json"].get("properties", {})
    given = {name: _field(name, about, text, model, key) for name, about in properties.items()}
    if _draw("malformed", model, text) < MALFORMED:
        if _draw("how", model, text) < 0.5:
            return {"text": f"I think that it deserves {given}."}
        given = dict.fromkeys(given, "very good")
    identity = f"tooluse_{stable('use', model, text):016x}"
    return {"toolUse": {"toolUseId": identity, "name": spec["name"], "input": given}}


def _field(name: str, about: dict[str, Any], text: str, model: str, key: Key) -> Any:
    prompt, *answers = [content for _, _, content in DATA.findall(text)] or [""]
    reference = key.reference(prompt)
    worth = [_worth(answer, reference, prompt, model) for answer in answers]
    if "enum" in about and len(worth) == 2:
        return about["enum"][_better(worth[0] + FIRST - worth[1], len(about["enum"]))]
    if about.get("type") in ("integer", "number"):
        low, high = about.get("minimum", 0), about.get("maximum", 10)
        value = low + (worth[0] if worth else UNKNOWN) * (high - low)
        return round(value) if about["type"] == "integer" else value
    return "The answer was compared with what the prompt asks for."


def _better(difference: float, choices: int) -> int:
    """Return the place in the enum: the first answer, the middle one for equal, or the second."""
    if choices > 2 and abs(difference) <= EQUAL:
        return 1
    return 0 if difference > 0 else choices - 1


def _worth(answer: str, reference: Any, prompt: str, model: str) -> float:
    if LEADING.search(answer) and _draw("led", model, prompt, answer) < LED:
        return 1.0
    noise = (2 * _draw("noise", model, prompt, answer) - 1) * NOISE
    worth = UNKNOWN if reference is None else _likeness(answer, reference)
    return min(1.0, max(0.0, 0.9 * worth + LENGTH * min(len(answer) / 1000, 1.0) + noise))


def _likeness(answer: str, reference: Any) -> float:
    """Return the share of the reference's words that the answer holds, and of its pairs of words in their order."""
    wanted, found = _words(reference), _words(answer)
    pairs, has = set(itertools.pairwise(wanted)), set(itertools.pairwise(found))
    words = len(set(wanted) & set(found)) / max(len(set(wanted)), 1)
    return 0.3 * words + 0.7 * len(pairs & has) / len(pairs) if pairs else words


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [word for one in value.values() for word in _words(one)]
    return WORD.findall(str(value).lower())


def _draw(*parts: str) -> float:
    return stable(*parts) / 2**64
