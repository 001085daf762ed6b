"""Usual records: prompt records of known fields and right types that stand in the file as the line they become.

They are decoded straight into a Struct. Whether a key stood twice is told by the colons, as in
``rft.datasets.sources.strict_json``, but once for a batch: a duplicate only adds colons, so the sum comes out only if
every record does.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from rft.datasets.items import Item
from rft.datasets.shapes.fields import OURS
from rft.datasets.sources.strict_json import MAX_DEPTH, count_colons, gather

OWN: Final = ("messages", "id", "reference_answer")
_SPECIAL: Final = {":", '"', "\\"}  # what spoils the count, and what msgspec does not take in a field's name
COLON: Final = ord(":")
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
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(made).decode
        self._getters = {name: attrgetter(field) for (field, _, _), name in zip(fields, names, strict=True)}

    def read(self, item: Item) -> Any:
        """Return an item's ``Record``, with the extra fields; None if it is not usual."""
        data = item.data
        if data[-1:] != b"}" or data[:1] != b"{" or item.length != len(data):
            return None
        try:
            record = self._decode(data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        messages = record.messages
        if messages[-1].role != "user" or (len(messages) > 1 and messages[0].role == "user"):
            return None
        return record

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


def once_each(
    lines: Sequence[bytes], records: Sequence[Record], users: Sequence[bytes], extras: Mapping[str, list[Any]]
) -> bool:
    """Return whether each pair of the lines of records is in them, and they within our limits of JSON.

    ``users`` are the texts of the last messages, ``extras`` the columns of ``Records.extras``. No line has an escaped
    colon.
    """
    systems = [record.messages[0].content for record in records if len(record.messages) > 1]
    texts = [*systems]
    pairs = 3 * len(records) + 2 * len(systems)  # messages; role and content of each
    own: list[list[Any]] = [[record.id for record in records], [record.reference_answer for record in records]]
    for column in (*own, *extras.values()):
        pairs += len(column)
        if set(map(type, column)) == {str}:
            texts += column
            continue
        for value in column:
            pairs += -1 if value is UNSET else gather(value, texts, MAX_DEPTH - 1)
    said = _colons(b"".join(users)) + count_colons("".join(texts).encode())
    return _colons(b"".join(lines)) == pairs + said


def _colons(data: bytes) -> int:
    """Return how many colons there are in many texts."""
    import numpy as np  # a function that has no such file to read does not load it

    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == COLON))
