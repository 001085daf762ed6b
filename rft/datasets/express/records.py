"""Usual records: prompt records of known fields and right types that stand in the file as the line they become.

They are decoded straight into a Struct. Whether a key stood twice is told by the colons, as in
``rft.datasets.sources.strict_json``, but once for a block: a duplicate only adds colons, so the sum comes out only if
every record does.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from rft.datasets.shapes.fields import OURS
from rft.datasets.sources.strict_json import MAX_DEPTH, count_colons, gather

OWN: Final = ("messages", "id", "reference_answer")
_SPECIAL: Final = {":", '"', "\\"}  # what spoils the count, and what msgspec does not take in a field's name
COLON: Final = ord(":")
_NO_RECORD: Final = (msgspec.MsgspecError, ValueError, RecursionError)
EXTRAS: Final = 32  # more fields than that are not usual


class Message(Struct, forbid_unknown_fields=True, gc=False):
    """One of the one or two messages."""

    role: Literal["system", "developer", "user"]
    content: str


class Record(Struct, gc=False):
    """What the usual records of all files have."""

    messages: Annotated[list[Message], Meta(min_length=1, max_length=2)]
    id: Annotated[str, Meta(min_length=1, max_length=256)] | UnsetType = UNSET
    reference_answer: str | dict[str, Any] | UnsetType = UNSET


class Texts(Struct, gc=False):
    """What records say, a value each in every list."""

    users: list[str]
    systems: list[str | None]
    distinct: set[str]  # of the systems
    references: list[Any]  # UNSET where a record has none
    own: list[Any]  # ids, UNSET where a record has none


def texts_of(records: Sequence[Record]) -> Texts:
    """Return what records say."""
    messages = [record.messages for record in records]
    systems = [one[0].content if len(one) > 1 else None for one in messages]
    return Texts(
        users=[one[-1].content for one in messages],
        systems=systems,
        distinct={system for system in {*systems} if system is not None},
        references=[record.reference_answer for record in records],
        own=[record.id for record in records],
    )


def extra_fields(values: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the fields of a file's first records that are not ours; a record with others will not be usual."""
    names = dict.fromkeys(name for value in values for name in value)
    return [name for name in names if name not in OURS and name.isprintable() and not _SPECIAL & {*name}][:EXTRAS]


class Records:
    """Reads the usual records of one file, whose extra fields are ``names``, none of them with a colon."""

    def __init__(self, names: Sequence[str]) -> None:
        fields = [(f"extra{place}", Any, UNSET) for place in range(len(names))]
        made = msgspec.defstruct(
            "RecordOfFile",
            fields,
            bases=(Record,),
            rename={field: name for (field, _, _), name in zip(fields, names, strict=True)},
            forbid_unknown_fields=True,
            gc=False,
        )
        self._decode: Callable[[memoryview], Any] = msgspec.json.Decoder(made).decode
        self._getters = {name: attrgetter(field) for (field, _, _), name in zip(fields, names, strict=True)}

    def read(self, lines: list[memoryview]) -> list[Any]:
        """Return the ``Record`` that each line holds, with its extra fields, or None."""
        try:
            return list(map(self._decode, lines))
        except _NO_RECORD:
            return list(map(self._one, lines))

    def _one(self, line: memoryview) -> Any:
        try:
            return self._decode(line)
        except _NO_RECORD:
            return None

    def text(self, record: Record) -> str:
        """Return all texts of a record, the names of fields and of what is in them too, a line feed between them."""
        texts = [message.content for message in record.messages]
        values = {name: getter(record) for name, getter in self._getters.items()}
        found = {name: value for name, value in values.items() if value is not UNSET}
        gather(
            [found, *(value for value in (record.id, record.reference_answer) if value is not UNSET)],
            texts,
            MAX_DEPTH + 2,
        )
        return "\n".join(texts)

    def extras(self, records: Sequence[Record]) -> dict[str, list[Any]]:
        """Return the values of each extra field by its name, UNSET where a record does not have it."""
        return {name: list(map(getter, records)) for name, getter in self._getters.items()}


def once_each(lines: bytes, users: bytes, texts: Texts, extras: Mapping[str, list[Any]]) -> bool:
    """Return whether each pair of the lines of records is in them, and they within our limits of JSON.

    ``lines`` holds their lines, ``users`` the texts of the last messages, ``extras`` the columns of ``Records.extras``.
    No line has an escaped colon, and there is none between them.
    """
    said = [system for system in texts.systems if system is not None]
    pairs = 3 * len(texts.users) + 2 * len(said)  # messages; role and content of each
    for column in (texts.own, texts.references, *extras.values()):
        pairs += len(column)
        if set(map(type, column)) == {str}:
            said += column
            continue
        for value in column:
            pairs += -1 if value is UNSET else gather(value, said, MAX_DEPTH - 1)
    return _colons(lines) == pairs + _colons(users) + count_colons("".join(said).encode())


def _colons(data: bytes) -> int:
    """Return how many colons there are in many texts."""
    import numpy as np  # a function that has no such file to read does not load it

    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == COLON))
