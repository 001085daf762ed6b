"""Leaks: training prompts that are almost a held-out one, or a prompt of a protected benchmark; and near duplicates.

The held-out side stays, since it measures; what would be trained on goes. Equal prompts are in one split already,
unless records are grouped by another field: those are found here too, as near duplicates of similarity 1.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec import Struct

from rft.datasets.checks.near_duplicates import NearDuplicates
from rft.datasets.codes import CHECKS, Code, Severity
from rft.datasets.findings import SHOWN, Finding, Place, finding
from rft.datasets.items import Refused
from rft.datasets.keys import folded_key
from rft.datasets.rules import DataRules
from rft.keys import Split

FIELDS: Final = ("prompt", "question", "problem", "instruction", "input", "query", "text")
_RANK: Final = {Split.TRAIN: 0, Split.VALIDATION: 1, Split.TEST: 2}  # of two that leak, the higher stays


class Reason(Struct, frozen=True):
    """Why a record goes to quarantine."""

    code: Code
    reason: str


class Leaks(Struct, frozen=True):
    """What was found: rows to quarantine, and findings for report and notification."""

    quarantine: dict[int, Reason]
    findings: list[Finding]


class Protected:
    """Prompts of protected benchmark files. Memory: about 200 bytes a prompt, and its text."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._names: list[str] = []
        self._keys: dict[int, int] = {}

    def load(self, name: str, lines: Iterable[str]) -> None:
        """Add the prompts of a file: JSON objects a line (``messages`` or one of ``FIELDS``), or a text a line.

        Raises:
            Refused: a line that begins like an object is none, or holds no prompt; the reason names file and line.

        """
        for number, line in enumerate(lines, 1):
            if text := _prompt(line.strip().removeprefix("\ufeff"), f"{name}, line {number}"):
                self._keys.setdefault(folded_key(text), -1 - len(self._texts))
                self._texts.append(text)
                self._names.append(f"line {number} of {name}")

    def __len__(self) -> int:
        return len(self._texts)

    def match(self, key: int) -> int | None:
        """Return the (negative) row of the prompt with this ``folded_key``; None if it is in no protected file."""
        return self._keys.get(key)

    def join(self, index: NearDuplicates) -> None:
        """Add the prompts to an index of near duplicates, as rows -1, -2, ..."""
        for place, text in enumerate(self._texts):
            index.add(-1 - place, text)

    def text(self, row: int) -> str:
        """Return the text of such a row."""
        return self._texts[-1 - row]

    def name(self, row: int) -> str:
        """Return where the text of such a row stands."""
        return self._names[-1 - row]


def find_leaks(
    clusters: list[list[int]],
    *,
    split_of: Callable[[int], Split],
    line_of: Callable[[int], int],
    records: int,
    rules: DataRules,
    protected: Protected | None = None,
) -> Leaks:
    """Judge clusters of near duplicates; negative rows are those of ``protected``.

    A training record in a cluster with a protected prompt is a PROTECTED_LEAK; a record in a cluster with one of a
    split that stays (test before validation before train) is a SPLIT_LEAK; of the rest, all but the first of a cluster
    are NEAR_DUPLICATEs. Codes whose severity is ``quarantine`` put their rows into ``quarantine``, and what goes for
    one reason is not counted for the next; codes that are ``off`` are not looked for.
    """
    found: dict[Code, dict[int, str]] = {Code.PROTECTED_LEAK: {}, Code.SPLIT_LEAK: {}, Code.NEAR_DUPLICATE: {}}
    for cluster in clusters:
        rows = [row for row in cluster if row >= 0]
        splits = {row: split_of(row) for row in rows}
        if protected is not None and len(rows) < len(cluster) and rules.severity(Code.PROTECTED_LEAK) != Severity.OFF:
            place = protected.name(max(cluster[: len(cluster) - len(rows)]))
            leaking = [row for row in rows if splits[row] is Split.TRAIN]
            found[Code.PROTECTED_LEAK].update(dict.fromkeys(leaking, f"almost equal to {place}"))
            rows = [row for row in rows if splits[row] is not Split.TRAIN]
        if rows and rules.severity(Code.SPLIT_LEAK) != Severity.OFF:
            kept = max(rows, key=lambda row: (_RANK[splits[row]], -row))
            leaking = [row for row in rows if _RANK[splits[row]] < _RANK[splits[kept]]]
            reason = f"almost equal to line {line_of(kept)}, which is held out for {splits[kept]}"
            found[Code.SPLIT_LEAK].update(dict.fromkeys(leaking, reason))
            rows = [row for row in rows if splits[row] is splits[kept]]
        if rows and rules.severity(Code.NEAR_DUPLICATE) != Severity.OFF:
            reason = f"almost equal to line {line_of(rows[0])}"
            found[Code.NEAR_DUPLICATE].update(dict.fromkeys(rows[1:], reason))
    quarantine: dict[int, Reason] = {}
    for code, reasons in found.items():
        if rules.severity(code) is Severity.QUARANTINE:
            fix = CHECKS[code].fix
            quarantine.update({row: Reason(code, f"the prompt is {why}; {fix}") for row, why in reasons.items()})
    findings = [_finding(code, reasons, line_of, records, rules) for code, reasons in found.items() if reasons]
    return Leaks(quarantine, findings)


def _finding(
    code: Code, reasons: dict[int, str], line_of: Callable[[int], int], records: int, rules: DataRules
) -> Finding:
    what = {
        Code.PROTECTED_LEAK: "training prompts are almost equal to prompts of protected files",
        Code.SPLIT_LEAK: "prompts are almost equal to held-out ones",
        Code.NEAR_DUPLICATE: "prompts are almost equal to earlier ones",
    }
    return finding(
        code,
        f"{len(reasons)} of {records} {what[code]} (similarity {rules.thresholds.near_duplicate} and more)",
        rules,
        count=len(reasons),
        of=records,
        threshold=rules.thresholds.near_duplicate,
        places=[Place(line_of(row), reasons[row]) for row in sorted(reasons)[:SHOWN]],
    )


def _prompt(line: str, where: str) -> str:
    if not line.startswith("{"):
        return line
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Refused(Code.BAD_JSON, f"{where}: not JSON ({error}); write one object or one prompt a line") from None
    messages = value.get("messages")
    if isinstance(messages, list):
        users = [message for message in messages if isinstance(message, dict) and message.get("role") == "user"]
        text = _content(users[-1].get("content")) if users else ""
    else:
        text = next((value[name] for name in FIELDS if isinstance(value.get(name), str)), "")
    if not text.strip():
        raise Refused(Code.NO_PROMPT, f"{where}: no prompt; give messages with a user's, or one of {', '.join(FIELDS)}")
    return text


def _content(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))
