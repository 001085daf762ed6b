"""What the checks of single records found, while the records stream by."""

from collections import Counter

from rft.datasets.codes import CHECKS, Code, Severity
from rft.datasets.findings import SHOWN, Finding, Place
from rft.datasets.rules import DataRules

_GRAVITY = list(Severity)


class Collector:
    """Counts by code, with the first places. Memory: a few places a code."""

    def __init__(self, rules: DataRules) -> None:
        self._rules = rules
        self._counts: Counter[Code] = Counter()
        self._places: dict[Code, list[Place]] = {}

    def add(self, code: Code, line: int, detail: str) -> None:
        """Count what was found at a line."""
        self._counts[code] += 1
        places = self._places.setdefault(code, [])
        if len(places) < SHOWN:
            places.append(Place(line, detail))

    def forget(self, code: Code, count: int) -> None:
        """Take back the last ``count`` of a code."""
        if count:
            self._counts[code] -= count
            self._counts += Counter()  # none that are zero
            del self._places[code][self._counts[code] :]

    def count(self, code: Code) -> int:
        """Return how often a code was found."""
        return self._counts[code]

    def findings(self, of: int) -> list[Finding]:
        """Return a finding for each code, among ``of`` examples."""
        return [self._finding(code, count, of) for code, count in self._counts.items()]

    def _finding(self, code: Code, count: int, of: int) -> Finding:
        check = CHECKS[code]
        return Finding(
            code=code,
            severity=self._rules.severity(code),
            message=f"{count:,} of {of:,} records: {check.title}",
            fix=check.fix,
            count=count,
            of=of,
            places=self._places[code],
        )


def ordered(findings: list[Finding]) -> list[Finding]:
    """Return findings, the gravest first, then by what they concern, then by code."""
    return sorted(findings, key=lambda one: (_GRAVITY.index(one.severity), -one.count, one.code))
