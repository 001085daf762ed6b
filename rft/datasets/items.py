"""What passes between the rooms of this package: an item of a dropped file, the example made of it, and its refusal."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from rft.datasets.codes import Code


class Container(StrEnum):
    """How a dropped file holds its records."""

    JSONL = "jsonl"  # an object a line
    JSON = "json"  # one array of objects
    CSV = "csv"  # a header and rows


class Shape(StrEnum):
    """What the records of a dropped file are; one converter each, in ``rft.datasets.shapes``."""

    PROMPTS = "prompts"
    PREFERENCES = "preferences"
    JUDGEMENTS = "judgements"
    RANKINGS = "rankings"
    RATINGS = "ratings"
    DEMONSTRATIONS = "demonstrations"
    INVOCATION_LOGS = "invocation-logs"


class Verdict(StrEnum):
    """What an annotator said of a pair."""

    CHOSEN = "chosen"
    REJECTED = "rejected"
    TIE = "tie"


class Item(Struct, frozen=True, gc=False):
    """One record as it stands in a dropped file: a line, an element of an array, a row."""

    number: int  # which record of the file, counted from 1
    line: int  # the line of the (unpacked) file in which it begins, counted from 1
    start: int  # byte offset in the (unpacked) file
    length: int  # bytes in the file, without line feed or separator
    data: bytes  # its bytes as they came; of one over MAX_ITEM bytes the first MAX_ITEM

    @property
    def cut(self) -> bool:
        """Whether ``data`` is only the beginning of the item."""
        return self.length > len(self.data)


class Vote(Struct, frozen=True):
    """One annotator's judgement of a pair."""

    annotator: str
    verdict: Verdict


class Rating(Struct, frozen=True):
    """How good an answer was found; ``low`` and ``high`` are the ends of the scale."""

    value: float
    low: float
    high: float


class Example(Struct, kw_only=True):
    """One record in the project's form, made by a converter; what it becomes a line of a split.

    ``messages`` is the prompt alone: at most one system message, then one user message, content as string. Which other
    fields are filled depends on the shape. ``extra`` holds every field of the item that no other field took up, so that
    nothing is lost; its keys reach the grader. ``whole`` is the item's JSON where the line of the split may be exactly
    that (a prompt record that needs no change); any change to the example sets it to None.
    """

    messages: list[dict[str, str]]
    id: str | None = None
    reference_answer: str | dict[str, Any] | None = None
    chosen: str | None = None
    rejected: str | None = None
    tie: bool = False  # chosen and rejected are of equal worth; which is which then says nothing
    votes: list[Vote] | None = None
    shown_first: Verdict | None = None  # which answer an annotator saw first: CHOSEN or REJECTED
    answer: str | None = None  # the demonstrated or rated answer
    rating: Rating | None = None
    extra: dict[str, Any] = {}
    whole: bytes | None = None

    @property
    def system(self) -> str:
        """The system text, or an empty string."""
        return self.messages[0]["content"] if len(self.messages) > 1 else ""

    @property
    def user(self) -> str:
        """The user's text."""
        return self.messages[-1]["content"]


class Refused(Exception):
    """A record is not accepted; ``reason`` tells a person what is wrong and how to mend it."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
