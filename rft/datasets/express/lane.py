"""The express lane: prompt records that need nothing done, a batch at a time.

Most records of most files are right as they are. The way through ``rft.datasets.intake`` gives each a dictionary, an
example and a dozen checks that say nothing: 18 us for one of 1.5 kB, where decoding takes 4. Here a batch is decoded
into Structs, looked at in one loop and entered by columns: 7 us. Whatever is not surely usual, or would be told
anything about, is handed back and goes that way; which way a record went shows in nothing that is written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import UNSET, Struct

from rft.datasets.express.records import OWN, Record, Records, extra_fields, once_each
from rft.datasets.express.usual import Usual
from rft.datasets.intake import Intake, Watcher
from rft.datasets.items import Example, Item
from rft.datasets.keys import bytes_key, folded_ascii_key, folded_key, mixed, text_key, value_key
from rft.datasets.rules import DataRules
from rft.datasets.shapes.prompts import USUAL
from rft.datasets.splitting import split_of
from rft.datasets.table import ALL, NONE, NUMBER_OF, Table, category_of
from rft.datasets.writing import LINE, PREFIXED, Files, prefix
from rft.tasks import Task

BATCH: Final = 256  # records
BATCH_BYTES: Final = 1 << 20


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield items in lists of ``BATCH``, of fewer where they are large."""
    held: list[Item] = []
    size = 0
    for item in items:
        held.append(item)
        size += len(item.data)
        if len(held) == BATCH or size >= BATCH_BYTES:
            yield held
            held, size = [], 0
    if held:
        yield held


def open_to(rules: DataRules) -> bool:
    """Return whether records may stay as they are under a task's rules."""
    curation = rules.curation
    if not curation.standardise or curation.template is not None or curation.system is not None:
        return False
    # A path leads into fields; the lane looks only at whole extra ones.
    looked_up = [name for name in (curation.group_by, curation.category) if name is not None]
    return rules.columns is USUAL and not any("." in name or name in OWN for name in looked_up)


class _Rows(Struct):
    """What is entered of usual records: a value each in every list."""

    items: list[Item]
    records: list[Record]
    rest: list[dict[str, Any]]  # their extra fields
    lines: list[bytes]
    categories: list[str]
    columns: dict[str, list[int]]  # of the table, all but ``offset`` and ``category``


class Lane:
    """Admits usual records. ``first`` are the values of a file's first records."""

    def __init__(
        self,
        first: Sequence[Mapping[str, Any]],
        intake: Intake,
        *,
        task: Task,
        table: Table,
        files: Files,
        watchers: Sequence[Watcher],
    ) -> None:
        self._table, self._files, self._watchers, self._shares = table, files, watchers, task.splits
        self._records = Records(extra_fields(first))
        self._usual = Usual(self._records, intake.length, intake.detectors, ids=intake.counts_copies)
        self._group_by, self._category = task.data.curation.group_by, task.data.curation.category

    def hand_back(self, items: Sequence[Item]) -> Iterator[Item]:
        """Admit the usual ones of a batch; yield the others, each after all that stand before it."""
        rows = self._rows(self._usual.among(items))
        start = end = 0
        for item in items:
            if end < len(rows.items) and rows.items[end] is item:
                end += 1
            else:
                self._enter(rows, start, end)
                start = end
                yield item
        self._enter(rows, start, end)

    def _rows(self, usual: Sequence[tuple[Item, Any]]) -> _Rows:
        """Return the rows of records; none if some key stood twice in one of them."""
        items = [item for item, _ in usual]
        records = [record for _, record in usual]
        extras = self._records.extras(records)
        if not once_each(b"".join([item.data for item in items]), records, list(extras.values())):
            return _Rows([], [], [], [], [], {})
        encoded = [record.messages[-1].content.encode() for record in records]
        prompts = [
            mixed(bytes_key(data), text_key(record.messages[0].content))
            if len(record.messages) > 1
            else bytes_key(data)
            for data, record in zip(encoded, records, strict=True)
        ]
        folded = [
            folded_ascii_key(data) if data.isascii() else folded_key(record.messages[-1].content)
            for data, record in zip(encoded, records, strict=True)
        ]
        rest = _rest(extras, len(items))
        sames = list(map(_same, prompts, records, rest))
        identities = [record.id for record in records]
        return _Rows(
            items=items,
            records=records,
            rest=rest,
            lines=[
                item.data + b"\n" if own is not UNSET else prefix(f"r-{same:016x}") + item.data[1:] + b"\n"
                for item, own, same in zip(items, identities, sames, strict=True)
            ],
            categories=self._categories(extras, len(items)),
            columns={
                "split": [NUMBER_OF[split_of(key, self._shares)] for key in self._groups(extras, folded)],
                "item": [item.number for item in items],
                "line": [item.line for item in items],
                "original": [LINE if own is not UNSET else PREFIXED for own in identities],
                "same": sames,
                "prompt": prompts,
                "folded": folded,
                "reference": [_reference(record.reference_answer) for record in records],
                "identity": [text_key(own) or 1 if own is not UNSET else 0 for own in identities],
                "size": list(map(len, encoded)),
            },
        )

    def _groups(self, extras: Mapping[str, list[Any]], folded: list[int]) -> list[int]:
        """Return the keys of the groups that stay in one split."""
        found = extras.get(self._group_by or "")
        if self._group_by is None or found is None:
            return folded
        return [
            key if value is UNSET or value is None else value_key(value)
            for key, value in zip(folded, found, strict=True)
        ]

    def _categories(self, extras: Mapping[str, list[Any]], count: int) -> list[str]:
        if self._category is None:
            return [ALL] * count
        found = extras.get(self._category)
        return [NONE] * count if found is None else [category_of(None if one is UNSET else one) for one in found]

    def _enter(self, rows: _Rows, start: int, end: int) -> None:
        """Write rows, enter them into the table and show them to the watchers."""
        if start == end:
            return
        table, part = self._table, slice(start, end)
        first = len(table)
        columns = {name: values[part] for name, values in rows.columns.items()}
        columns["offset"] = self._files.write_all(columns["split"], rows.lines[part])
        columns["category"] = list(map(table.category_number, rows.categories[part]))
        table.extend(columns)
        for watcher in self._watchers:
            for place, (item, record, rest) in enumerate(
                zip(rows.items[part], rows.records[part], rows.rest[part], strict=True)
            ):
                watcher.see(first + place, item.line, _example(item, record, rest), item.data, personal=False)


def _rest(extras: Mapping[str, list[Any]], count: int) -> list[dict[str, Any]]:
    """Return the extra fields of each record."""
    if not extras:
        return [{}] * count
    rest = [dict(zip(extras, values, strict=True)) for values in zip(*extras.values(), strict=True)]
    if any(UNSET in column for column in extras.values()):
        return [{name: value for name, value in fields.items() if value is not UNSET} for fields in rest]
    return rest


def _same(prompt: int, record: Record, rest: dict[str, Any]) -> int:
    """Return the key of all that a record says."""
    reference = record.reference_answer
    if type(reference) is str:
        prompt = text_key(reference, prompt)
    elif reference is not UNSET:
        prompt = value_key(reference, prompt)
    return value_key(rest, prompt) if rest else prompt


def _reference(reference: Any) -> int:
    """Return the table's key of a reference."""
    if reference is UNSET:
        return 0
    return max(folded_key(reference) if type(reference) is str else value_key(reference), 2)


def _example(item: Item, record: Record, rest: dict[str, Any]) -> Example:
    return Example(
        messages=[{"role": message.role, "content": message.content} for message in record.messages],
        id=None if record.id is UNSET else record.id,
        reference_answer=None if record.reference_answer is UNSET else record.reference_answer,
        extra=rest,
        whole=item.data,
    )
