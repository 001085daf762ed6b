"""From an item of the file to a row of the version: converted, brought into form, checked by itself, written."""

from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from rft.datasets.checks.answer_leak import answer_leak
from rft.datasets.checks.answers import Answers
from rft.datasets.checks.characters import control_character, possible
from rft.datasets.checks.personal import PersonalCounter, check_example
from rft.datasets.checks.pseudonyms import Pseudonyms
from rft.datasets.checks.scanning import Detectors
from rft.datasets.checks.tokens import Fit, PromptLength
from rft.datasets.codes import Code, Severity
from rft.datasets.collector import Collector
from rft.datasets.items import Example, Item, Refused, Shape
from rft.datasets.keys import folded_key, identity_key, mixed, reference_key, text_key, value_key
from rft.datasets.shapes import converter
from rft.datasets.shapes.fields import look_up
from rft.datasets.splitting import number_of
from rft.datasets.standard import Standard
from rft.datasets.table import ALL, Table, category_of
from rft.datasets.writing import LINE, PREFIXED, Files, prefix
from rft.tasks import Task

_STOPS: Final = (Severity.QUARANTINE, Severity.REJECT)
_encode = msgspec.json.Encoder().encode


class Watcher(Protocol):
    """Sees the admitted examples, for checks that compare them among each other or ask somebody else."""

    def see(self, row: int, line: int, example: Example, raw: bytes, *, personal: bool) -> None:
        """Look at an admitted example; ``personal`` says that our detectors found something in it."""


class Intake:
    """Admits examples. What it refuses, it raises; what it only tells, goes to the collector."""

    def __init__(
        self,
        task: Task,
        shape: Shape,
        *,
        lines: bool,
        table: Table,
        files: Files,
        collector: Collector,
        pseudonyms: Pseudonyms,
        watchers: list[Watcher],
    ) -> None:
        rules = task.data
        self.personal = PersonalCounter()
        self._task, self._rules = task, rules
        self._table, self._files, self._collector = table, files, collector
        self._json = lines  # whether an item's bytes are JSON, and may be a line as they are
        self._pseudonyms = pseudonyms
        self._watchers = watchers
        self._convert: Callable[[dict[str, Any], bytes | None], list[Example]] = converter(shape, rules)
        self._standard = Standard(rules.curation)
        self._answers = Answers(rules.curation)
        self.length = PromptLength(task.hyperparameters.max_prompt_length)
        off = {code for code in Code if rules.severity(code) is Severity.OFF}
        self._off = off
        both = {Code.PERSONAL_DATA, Code.SECRET} <= off
        self.detectors = None if both else Detectors(rules.personal, off=off)
        # With duplicates in, their keys repeat, and ids made of keys would as well.
        self.counts_copies = rules.severity(Code.EXACT_DUPLICATE) not in _STOPS
        self._copies: dict[int, int] = {}

    def admit(self, item: Item, value: dict[str, Any]) -> None:
        """Take an item's examples in; nothing of it if one is refused.

        Raises:
            Refused: with code and reason.

        """
        data = item.data
        raw = data if self._json else None
        examples = self._convert(value, raw if raw is not None and b"\n" not in raw else None)
        checked = [self._check(example, item, raw) for example in examples]
        for example, personal in checked:
            self._write(example, item, value, personal=personal)

    def _check(self, example: Example, item: Item, raw: bytes | None) -> tuple[Example, bool]:
        self._standard.apply(example)
        found: list[Any] = []
        if self.detectors is not None:
            checked = check_example(
                example,
                self.detectors,
                self._rules.personal.action,
                pseudonyms=self._pseudonyms,
                secrets=self._rules.severity(Code.SECRET),
                raw=raw,
            )
            example, found = checked.example, checked.found
            if found:
                self.personal.add(item.line, found)
        self._texts(example, item, raw)
        if example.chosen is not None or example.answer is not None:
            for code, reason in self._answers.problems(example):
                self._tell(code, item, reason)
        return example, bool(found)

    def _texts(self, example: Example, item: Item, raw: bytes | None) -> None:
        user = example.messages[-1]["content"]
        if (raw is None or possible(raw)) and (said := control_character(example)):
            self._tell(Code.CONTROL_CHARACTERS, item, f"{said}; remove it")
        fit = self.length.verdict(f"{example.system}\n{user}" if len(example.messages) > 1 else user)
        if fit is not Fit.WITHIN:
            limit = self._task.hyperparameters.max_prompt_length
            if fit is Fit.OVER:
                said = f"the prompt has more than the {limit:,} tokens of maxPromptLength; shorten it, or raise that"
                self._tell(Code.PROMPT_TOO_LONG, item, said)
            else:
                said = f"the prompt has about {limit:,} tokens, the maxPromptLength; raise that to be sure"
                self._tell(Code.PROMPT_NEAR_LIMIT, item, said)
        if example.reference_answer is not None and (leak := answer_leak(example.reference_answer, user)):
            self._tell(Code.ANSWER_IN_PROMPT, item, f"{leak}; remove it from the prompt")

    def _tell(self, code: Code, item: Item, reason: str) -> None:
        severity = self._rules.severity(code)
        if severity in _STOPS:
            raise Refused(code, reason)
        if severity is not Severity.OFF:
            self._collector.add(code, item.line, reason)

    def _write(self, example: Example, item: Item, value: dict[str, Any], *, personal: bool) -> None:
        table = self._table
        row = len(table.split)
        user = example.messages[-1]["content"]
        prompt = text_key(user)
        if len(example.messages) > 1:
            prompt = mixed(prompt, text_key(example.messages[0]["content"]))
        folded = folded_key(user)
        same, reference = _same(example, prompt)
        split = number_of(self._group(value, folded), self._task.splits)
        line, original, identity = self._line(example, item, same)
        table.split.append(split)
        table.item.append(item.number)
        table.line.append(item.line)
        table.offset.append(self._files.write(split, line))
        table.original.append(original)
        table.same.append(same)
        table.prompt.append(prompt)
        table.folded.append(folded)
        table.reference.append(reference)
        table.identity.append(identity)
        table.category.append(self._category(value))
        table.size.append(len(user) if user.isascii() else len(user.encode(errors="replace")))
        for watcher in self._watchers:
            watcher.see(row, item.line, example, item.data, personal=personal)

    def _group(self, value: dict[str, Any], folded: int) -> int:
        name = self._rules.curation.group_by
        if name is None or (found := look_up(value, name)) is None:
            return folded
        return value_key(found)

    def _category(self, value: dict[str, Any]) -> int:
        name = self._rules.curation.category
        if name is None:
            return self._table.category_number(ALL)
        return self._table.category_number(category_of(look_up(value, name)))

    def _line(self, example: Example, item: Item, same: int) -> tuple[bytes, int, int]:
        """Return an example's line, where its item's bytes are, and the key of its own id."""
        whole = example.whole
        own = example.id
        identity = own if own is not None else self._made(same)
        key = identity_key(own) if own is not None else 0
        if whole is None:
            return _encode(_fields(example, identity)) + b"\n", self._files.keep(item), key
        if own is not None:
            return whole + b"\n", LINE if whole is item.data else self._files.keep(item), key
        place = PREFIXED if whole is item.data and len(identity) == 18 else self._files.keep(item)
        return prefix(identity) + whole[1:] + b"\n", place, key

    def _made(self, same: int) -> str:
        if not self.counts_copies:
            return f"r-{same:016x}"
        copy = self._copies[same] = self._copies.get(same, 0) + 1
        return f"r-{same:016x}" + (f"-{copy}" if copy > 1 else "")


def _same(example: Example, prompt: int) -> tuple[int, int]:
    """Return the key of all that an example says, and the table's key of its reference."""
    reference = example.reference_answer
    key = 0
    same = prompt
    if reference is not None:
        same = text_key(reference, prompt) if type(reference) is str else value_key(reference, prompt)
        key = 1
        if reference != example.answer:
            key = reference_key(reference)
    if example.extra:
        same = value_key(example.extra, same)
    if example.chosen is not None or example.answer is not None:
        rest = (example.chosen, example.rejected, example.tie, example.votes, example.answer, example.rating)
        same = value_key((*rest, example.shown_first), same)
    return same, key


def _fields(example: Example, identity: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"id": identity, "messages": example.messages}
    for name in ("reference_answer", "chosen", "rejected", "votes", "shown_first", "answer", "rating"):
        if (found := getattr(example, name)) is not None:
            fields[name] = found
    if example.tie:
        fields["tie"] = True
    fields.update(example.extra)
    return fields
