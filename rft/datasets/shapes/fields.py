"""Names that people give to the fields of a record, and how a converter takes fields out of it without losing one."""

from collections.abc import Sequence
from typing import Any, Final

from rft.datasets.codes import Code
from rft.datasets.items import Refused
from rft.datasets.rules import Columns

PROMPT: Final = ("prompt", "question", "instruction", "query", "problem")
CONTEXT: Final = ("input", "context")
SYSTEM: Final = ("system", "system_prompt")
REFERENCE: Final = (
    "reference_answer", "reference", "answer", "target", "expected", "solution", "ground_truth", "label", "output",
    "response",
)  # fmt: skip
COMPLETION: Final = ("completion",)
CHOSEN: Final = ("chosen", "preferred", "accepted")
REJECTED: Final = ("rejected", "dispreferred", "not_preferred")
PAIRS: Final = (
    ("response1", "response2"), ("response_1", "response_2"), ("response_a", "response_b"), ("answer1", "answer2"),
    ("answer_a", "answer_b"), ("output1", "output2"), ("output_1", "output_2"), ("completion_a", "completion_b"),
    ("conversation_a", "conversation_b"),
)  # fmt: skip
VOTE: Final = ("winner", "preference", "choice", "vote", "label", "better")
ANSWERED: Final = ("response", "answer", "completion", "output", "text")
RATING: Final = ("rating", "stars", "score", "quality", "overall", "overall_score")
ANSWER_LISTS: Final = ("answers", "responses", "completions", "ranking", "ranked")
MESSAGES: Final = ("messages", "conversations", "conversation")
OURS: Final = frozenset(
    ("id", "messages", "reference_answer", "chosen", "rejected", "tie", "votes", "shown_first", "answer", "rating")
)


class Fields:
    """The fields of one record; what a converter takes is gone, what it leaves is ``extra``."""

    def __init__(self, value: dict[str, Any], columns: Columns) -> None:
        self._value = value
        self._columns = columns
        self._taken: set[str] = set()
        self._kept: dict[str, Any] = {}

    def find(self, named: str | None, aliases: Sequence[str]) -> str | None:
        """Return the field that ``[data.columns]`` names, else the first alias that the record has."""
        if named is not None:
            return named if look_up(self._value, named) is not None else None
        return next((name for name in aliases if self._value.get(name) is not None), None)

    def get(self, name: str | None) -> Any:
        """Return a field's value; None without a name."""
        return None if name is None else look_up(self._value, name)

    def take(self, name: str | None, *, keep: bool = False) -> Any:
        """Return a field's value and count it as used; ``keep`` puts it into ``original`` as it came."""
        if name is None:
            return None
        found = look_up(self._value, name)
        if name in self._value:  # one that dots lead to stays where it is
            self._taken.add(name)
            if keep:
                self.keep(name)
        return found

    def keep(self, name: str | None) -> None:
        """Put a field that was taken into ``original``, as it came: its use changed it."""
        if name is not None and name in self._value:
            self._kept[name] = self._value[name]

    def text(self, name: str | None, *, what: str) -> str | None:
        """Take a field that must be text; numbers count as text.

        Raises:
            Refused: it is something else.

        """
        found = self.take(name)
        if found is None or isinstance(found, str):
            return found
        if isinstance(found, (int, float)) and not isinstance(found, bool):
            return str(found)
        raise Refused(Code.BAD_CONTENT, f"{name} is {kind_of(found)}, but the {what} must be text")

    def identity(self) -> str | None:
        """Take the record's id; a number becomes text.

        Raises:
            Refused: it is no string of 1 to 256 characters.

        """
        name = self._columns.id or "id"
        found = self.take(name)
        if found is None and name not in self._value:
            return None
        if isinstance(found, int) and not isinstance(found, bool):
            found = str(found)
        if isinstance(found, str) and 0 < len(found) <= 256:
            return found
        raise Refused(
            Code.BAD_ID, f"{name} is {kind_of(found)}; write a string of 1 to 256 characters, or leave it out"
        )

    def rest(self) -> dict[str, Any]:
        """Return what no converter took: under its own name, or under ``original`` where that name is ours."""
        extra: dict[str, Any] = {}
        original = dict(self._kept)
        for name, value in self._value.items():
            if name in self._taken:
                continue
            if name in OURS:
                original[name] = value
            else:
                extra[name] = value
        if original:
            while "original" in extra:
                original["original"] = extra.pop("original")
            extra["original"] = original
        return extra


def look_up(value: Any, path: str) -> Any:
    """Return a field by its name, or by dots that lead inside; None if it is not there."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def kind_of(value: Any) -> str:
    """Return in words what a JSON value is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string" if value.strip() else "an empty string"
    if isinstance(value, list):
        return "an array" if value else "an empty array"
    return "an object"


def prompt_of(fields: Fields, columns: Columns) -> list[dict[str, str]]:
    """Take the prompt of a flat record: system, prompt, and the context behind it.

    Raises:
        Refused: there is no prompt.

    """
    name = fields.find(columns.prompt, PROMPT)
    context = fields.find(columns.context, CONTEXT)
    said = fields.get(name)
    if (
        columns.prompt is None
        and context is not None
        and (said is None or (isinstance(said, str) and not said.strip()))
    ):
        fields.take(name, keep=True)
        name, context = context, None
    text = fields.text(name, what="prompt")
    if text is None or not text.strip():
        where = columns.prompt or "prompt"
        raise Refused(Code.NO_PROMPT, f"there is no {where}; fill it in, or name the field in [data.columns]")
    more = fields.text(context, what="context")
    if more is not None:
        fields.keep(name)
        fields.keep(context)
        text = f"{text}\n\n{more}" if more.strip() else text
    return [*system_of(fields, columns), {"role": "user", "content": text}]


def system_of(fields: Fields, columns: Columns) -> list[dict[str, str]]:
    """Take the system text of a flat record, as no message or one.

    Raises:
        Refused: it is no text.

    """
    name = fields.find(columns.system, SYSTEM)
    system = fields.text(name, what="system text")
    if system is None or not system.strip():
        fields.keep(name)
        return []
    return [{"role": "system", "content": system}]


def reference_of(fields: Fields, name: str | None) -> str | dict[str, Any] | None:
    """Take the reference answer; a number becomes text, except under our own name, where it must be right as it is.

    Raises:
        Refused: it is empty, or neither text nor an object.

    """
    if name is None:
        return None
    reference = fields.take(name)
    if isinstance(reference, str) and reference.strip():
        return reference
    if isinstance(reference, dict) and reference:
        return reference
    if isinstance(reference, (int, float)) and not isinstance(reference, bool) and name != "reference_answer":
        return str(reference)
    raise Refused(
        Code.BAD_REFERENCE,
        f"{name} is {kind_of(reference)}; write a string (numbers as well) or an object, or leave the key out",
    )
