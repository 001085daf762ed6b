"""Personal data and secrets in records: reported, replaced by pseudonyms, or a reason to refuse the record."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from rft.datasets.checks.pseudonyms import Pseudonyms
from rft.datasets.checks.scanning import CODES, WORDS, Detectors, Hit, redact
from rft.datasets.codes import CHECKS, Code, Severity
from rft.datasets.findings import SHOWN, Finding, Place
from rft.datasets.items import Example, Refused
from rft.datasets.rules import DataRules

Action = Literal["report", "redact", "reject"]
ROUNDS: Final = 4  # what two hits hid between them is found in the next round


class Found(Struct, frozen=True):
    """Something found in a record; never the value itself."""

    kind: str
    where: str  # "the user message", "reference_answer.name"

    def __str__(self) -> str:
        """Return it in words."""
        return f"{WORDS[self.kind]} in {self.where}"


class Checked(Struct, frozen=True):
    """A record after the check: unchanged, or with pseudonyms and without ``whole``."""

    example: Example
    found: list[Found]


def check_example(
    example: Example,
    detectors: Detectors,
    action: Action,
    *,
    pseudonyms: Pseudonyms | None = None,
    secrets: Severity = Severity.QUARANTINE,
    raw: bytes | None = None,
) -> Checked:
    """Look through all texts of a record.

    Args:
        example: The record. It is not changed in place.
        detectors: What is looked for.
        action: What is done about personal data, and about secrets that do not refuse the record.
        pseudonyms: Names for what is redacted; needed for ``redact``.
        secrets: The severity of ``Code.SECRET`` for this task: under quarantine and reject a secret refuses the record.
        raw: The bytes from which the record was read. Most records are clean, and then one pass over these tells it.

    Raises:
        Refused: a secret was found, or personal data under ``reject``. The reason names kind and place.

    """
    if action == "redact" and pseudonyms is None:
        raise ValueError("to redact, pseudonyms are needed")
    raw = raw if raw is not None else example.whole
    if detectors.clean(text_of(example).encode(errors="surrogatepass") if raw is None else raw):
        return Checked(example, [])
    found: list[Found] = []

    def look(text: str, where: str) -> str:
        hits = detectors.scan(text)
        found.extend(Found(hit.kind, where) for hit in hits)
        return _redacted(text, hits, detectors, pseudonyms) if action == "redact" and pseudonyms and hits else text

    seen = _mapped(example, look)
    leaked = [one for one in found if CODES[one.kind] is Code.SECRET]
    if leaked and secrets in (Severity.QUARANTINE, Severity.REJECT):
        raise Refused(Code.SECRET, f"{_listed(leaked)}; remove it from the data and revoke it")
    if found and action == "reject":
        code = Code.PERSONAL_DATA if len(leaked) < len(found) else Code.SECRET
        raise Refused(code, f'{_listed(found)}; remove it, or set personal.action to "redact"')
    return Checked(seen if action == "redact" and found else example, found)


class PersonalCounter:
    """Counts what was found in the records of a file, for the manifest. Memory: a few places and a count a kind."""

    def __init__(self) -> None:
        self._records: Counter[Code] = Counter()
        self._kinds: dict[Code, Counter[str]] = {Code.PERSONAL_DATA: Counter(), Code.SECRET: Counter()}
        self._places: dict[Code, list[Place]] = {Code.PERSONAL_DATA: [], Code.SECRET: []}

    def add(self, line: int, found: Iterable[Found]) -> None:
        """Count what one record holds; ``line`` is where it begins in the dropped file."""
        for code, kinds in self._kinds.items():
            if mine := [one for one in found if CODES[one.kind] is code]:
                self._records[code] += 1
                kinds.update({one.kind for one in mine})
                if len(self._places[code]) < SHOWN:
                    self._places[code].append(Place(line, _listed(mine)))

    def findings(self, rules: DataRules, *, of: int) -> list[Finding]:
        """Return the findings among ``of`` records: personal data, secrets, or neither."""
        return [self._finding(code, rules, of) for code in self._kinds if self._records[code]]

    def _finding(self, code: Code, rules: DataRules, of: int) -> Finding:
        count = self._records[code]
        kinds = ", ".join(f"{kind} in {records}" for kind, records in sorted(self._kinds[code].items()))
        redacted = "; pseudonyms stand in their place" if rules.personal.action == "redact" else ""
        check = CHECKS[code]
        return Finding(
            code=code,
            severity=rules.severity(code),
            message=f"{count} of {of} records hold {check.title}: {kinds}{redacted}",
            fix=check.fix if not redacted else "nothing to do; personal.allow lists values that are wanted",
            count=count,
            of=of,
            places=self._places[code],
        )


def _redacted(text: str, hits: list[Hit], detectors: Detectors, pseudonyms: Pseudonyms) -> str:
    for _ in range(ROUNDS):
        text = redact(text, hits, pseudonyms)
        if not (hits := detectors.scan(text)):
            break
    return text


def _listed(found: list[Found]) -> str:
    said = list(dict.fromkeys(map(str, found)))
    more = len(said) - 3
    return " and ".join([*said[:3], *([f"{more} more"] if more > 0 else [])])


def text_of(example: Example) -> str:
    """Return all texts of a record that the check looks through, a line feed between them."""
    texts = [message["content"] for message in example.messages]
    texts += [text for text in (example.id, example.chosen, example.rejected, example.answer) if text]
    texts += [vote.annotator for vote in example.votes or ()]
    for value in (example.reference_answer, example.extra):
        if value:
            _value(value, "", lambda text, _: texts.append(text) or text)  # type: ignore[func-returns-value]
    return "\n".join(texts)


_MESSAGES: Final = {"system": "the system message", "user": "the user message"}


def _mapped(example: Example, change: Callable[[str, str], str]) -> Example:
    """Return an example whose texts went through ``change(text, where)``."""

    def maybe(text: str | None, where: str) -> str | None:
        return None if text is None else change(text, where)

    return msgspec.structs.replace(
        example,
        messages=[
            {**message, "content": change(message["content"], _MESSAGES.get(message["role"], "a message"))}
            for message in example.messages
        ],
        id=maybe(example.id, "id"),
        reference_answer=_value(example.reference_answer, "reference_answer", change),
        chosen=maybe(example.chosen, "the chosen answer"),
        rejected=maybe(example.rejected, "the rejected answer"),
        answer=maybe(example.answer, "the answer"),
        votes=example.votes
        and [
            msgspec.structs.replace(vote, annotator=change(vote.annotator, "an annotator's name"))
            for vote in example.votes
        ],
        extra=_value(example.extra, "", change),
        whole=None,
    )


def _value(value: Any, where: str, change: Callable[[str, str], str]) -> Any:
    """Return a JSON value whose strings and keys went through ``change``."""
    if isinstance(value, str):
        return change(value, where)
    if isinstance(value, list):
        return [_value(one, where, change) for one in value]
    if not isinstance(value, dict):
        return value
    changed: dict[str, Any] = {}
    for key, one in value.items():
        name = new = change(key, f"a key of {where}" if where else "a key")
        while new in changed:  # two spellings of one address
            new += "'"
        shown = "" if name != key else f".{key}" if where else key
        changed[new] = _value(one, f"{where}{shown}" or "a field", change)
    return changed
