"""The express lane: prompt records that need nothing done, a block at a time.

Most records of most files are right as they are. The way through ``rft.datasets.intake`` gives each a dictionary, an
example and a dozen checks that say nothing: 22 us for one of 1.5 kB. Here a block is decoded into Structs, then looked
at and entered by columns: 7 us. Whatever is not surely usual, or would be told anything about, is handed back and goes
that way; which way a record went shows in nothing that is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, Struct

from rft.datasets.express.columns import identity_keys, prompt_keys, reference_keys, same_keys
from rft.datasets.express.records import OWN, Records, extra_fields, once_each
from rft.datasets.express.usual import Found, Usual
from rft.datasets.intake import Intake, Watcher
from rft.datasets.items import Example, Item
from rft.datasets.keys import folded_keys, keys_of, value_key
from rft.datasets.pieces import joined_texts
from rft.datasets.rules import DataRules
from rft.datasets.shapes.prompts import USUAL
from rft.datasets.sources.blocks import Block
from rft.datasets.splitting import number_of
from rft.datasets.table import ALL, NONE, Table, category_of
from rft.datasets.watchers import Alike, Languages
from rft.datasets.writing import LINE, PREFIXED, Files, prefix
from rft.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_fields: Final = msgspec.json.Decoder(dict[str, Any]).decode


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

    found: Found
    lines: Sequence[bytes | memoryview]
    categories: list[str]
    columns: "dict[str, NDArray[np.integer[Any]]]"  # of the table, all but ``offset`` and ``category``

    def __len__(self) -> int:
        return len(self.lines)


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
        self._table, self._files, self._shares = table, files, task.splits
        self._texts = [one for one in watchers if isinstance(one, (Alike, Languages))]
        self._watchers = [one for one in watchers if not isinstance(one, (Alike, Languages))]
        self._records = Records(extra_fields(first))
        self._usual = Usual(self._records, intake.length, intake.detectors, ids=intake.counts_copies)
        self._group_by, self._category = task.data.curation.group_by, task.data.curation.category

    def hand_back(self, block: Block) -> Iterator[Item]:
        """Admit the usual items of a block; yield the others, each after all that stand before it."""
        rows = self._rows(self._usual.among(block))
        start = end = 0
        for place in range(len(block)) if len(rows) < len(block) else ():
            if end < len(rows) and rows.found.places[end] == place:
                end += 1
            else:
                self._enter(rows, start, end)
                start = end
                yield block.item(place)
        self._enter(rows, start, len(rows))

    def _rows(self, found: Found) -> _Rows:
        """Return the rows of records; none if some key stood twice in one of them."""
        import numpy as np  # a function that has no such file to read does not load it

        texts, count = found.texts, len(found.places)
        extras = self._records.extras(found.records)
        users = joined_texts(texts.users)
        if not count or not once_each(found.joined, users.data, texts, extras):
            return _Rows(found, [], [], {})
        folded = folded_keys(texts.users, users)
        prompts = prompt_keys(texts, users)
        sames = same_keys(prompts, texts.references, extras)
        lines: Sequence[bytes | memoryview] = found.lines
        original = np.full(count, LINE)
        if UNSET in texts.own:
            original[[identity is UNSET for identity in texts.own]] = PREFIXED
            lines = [
                prefix(f"r-{same:016x}") + line[1:] if identity is UNSET else line
                for line, identity, same in zip(lines, texts.own, sames.tolist(), strict=True)
            ]
        places = slice(None) if found.whole else found.places
        columns = {
            "split": number_of(self._groups(extras, folded), self._shares),
            "item": found.block.numbers[places],
            "line": found.block.lines[places],
            "original": original,
            "same": sames,
            "prompt": prompts,
            "folded": folded,
            "reference": reference_keys(texts.references),
            "identity": identity_keys(texts.own),
            "size": users.sizes(),
        }
        return _Rows(found, lines, self._categories(extras, count), columns)

    def _groups(self, extras: Mapping[str, list[Any]], folded: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
        """Return the keys of the groups that stay in one split."""
        found = extras.get(self._group_by or "")
        if self._group_by is None or found is None:
            return folded
        keys = zip(folded.tolist(), found, strict=True)
        return keys_of(
            (key if value is UNSET or value is None else value_key(value) for key, value in keys), len(found)
        )

    def _categories(self, extras: Mapping[str, list[Any]], count: int) -> list[str]:
        if self._category is None:
            return [ALL] * count
        found = extras.get(self._category)
        if found is None:
            return [NONE] * count
        if set(map(type, found)) == {str}:
            names = {one: category_of(one) for one in set(found)}
            return [names[one] for one in found]
        return [category_of(None if one is UNSET else one) for one in found]

    def _enter(self, rows: _Rows, start: int, end: int) -> None:
        """Write rows, enter them into the table and show them to the watchers."""
        import numpy as np

        if start == end:
            return
        table, part = self._table, slice(start, end)
        first = len(table)
        columns = {name: values[part] for name, values in rows.columns.items()}
        columns["offset"] = np.array(self._files.write_all(columns["split"].tolist(), rows.lines[part]), np.uint64)
        numbers = {name: table.category_number(name) for name in dict.fromkeys(rows.categories[part])}
        columns["category"] = np.fromiter(map(numbers.__getitem__, rows.categories[part]), np.uint16, end - start)
        table.extend(columns)
        for texts in self._texts:
            texts.see_texts(first, rows.found.texts.users[part])
        for place in range(start, end) if self._watchers else ():
            item = rows.found.block.item(rows.found.places[place])
            example = _example(item.data)
            for watcher in self._watchers:
                watcher.see(first + place - start, item.line, example, item.data, personal=False)


def _example(line: bytes) -> Example:
    """Return a usual record as the watchers see it."""
    value = _fields(line)
    known = {name: value.pop(name, None) for name in OWN}
    return Example(**known, extra=value, whole=line)
