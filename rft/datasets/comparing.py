"""The admitted rows beside each other: what another record says against one, and what is left of all."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rft.datasets import beside
from rft.datasets.checks.leakage import Protected, find_leaks
from rft.datasets.codes import Code, Severity
from rft.datasets.collector import Collector
from rft.datasets.findings import Finding, finding
from rft.datasets.rules import DataRules
from rft.datasets.table import Table, column, groups
from rft.datasets.watchers import Alike

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Judge = Callable[["NDArray[np.int64]"], Iterator[beside.Beside]]


class Comparison:
    """Takes rows out, one reason after the other: what went for one is not looked at for the next."""

    def __init__(self, table: Table, rules: DataRules, collector: Collector, *, paired: bool) -> None:
        self.gone: dict[int, tuple[Code, str]] = {}  # row -> why it goes to quarantine
        self.cluster_sizes: Counter[int] = Counter()
        self._table, self._rules, self._collector = table, rules, collector
        self._paired = paired  # several pairs of one prompt are no duplicates

    def run(self, *, alike: Alike | None, protected: Protected | None) -> list[Finding]:
        """Judge all rows; return what the leak checks found, the rest is told to the collector."""
        table, share = self._table, self._rules.curation.max_category_share
        if not len(table):
            return []
        self._judge(Code.EXACT_DUPLICATE, lambda rows: beside.exact_duplicates(table, rows))
        self._judge(Code.DUPLICATE_ID, lambda rows: beside.duplicate_ids(table, rows))
        self._judge(Code.CONTRADICTORY_REFERENCE, lambda rows: beside.contradictions(table, rows))
        findings = self._leaks(alike, protected)
        if share < 1:
            self._judge(Code.REBALANCED, lambda rows: beside.surplus(table, rows, share=share))
        return findings

    def alive(self) -> "NDArray[np.int64]":
        """Return the rows that are left, ascending."""
        import numpy as np

        alive = np.ones(len(self._table), bool)
        alive[list(self.gone)] = False
        return np.flatnonzero(alive)

    def _judge(self, code: Code, judge: Judge) -> None:
        severity = self._rules.severity(code)
        if severity is Severity.OFF:
            return
        for found in judge(self.alive()):
            if severity in (Severity.QUARANTINE, Severity.REJECT):
                self.gone[found.row] = (code, found.reason)
            self._collector.add(code, self._table.line[found.row], found.reason)

    def _leaks(self, alike: Alike | None, protected: Protected | None) -> list[Finding]:
        rows = self.alive()
        clusters = self._equal(rows, protected) if alike is None else self._near(rows, alike, protected)
        leaks = find_leaks(
            clusters,
            split_of=self._table.split_of,
            line_of=self._table.line_of,
            records=len(rows),
            rules=self._rules,
            protected=protected,
        )
        self.gone.update({row: (why.code, why.reason) for row, why in leaks.quarantine.items()})
        return [*leaks.findings, *(self._not_compared(alike.most) if alike is not None else [])]

    def _not_compared(self, most: int) -> list[Finding]:
        """Return what is to say of the rows behind the first ``most``."""
        rest = len(self._table) - most
        if rest <= 0 or self._rules.severity(Code.NOT_COMPARED) is Severity.OFF:
            return []
        said = f"near duplicates were looked for among the first {most:,} prompts, not among the {rest:,} behind them"
        return [finding(Code.NOT_COMPARED, said, self._rules, count=rest, of=len(self._table), threshold=most)]

    def _near(self, rows: "NDArray[np.int64]", alike: Alike, protected: Protected | None) -> list[list[int]]:
        """Return the clusters of near duplicates among the rows and protected prompts."""
        if protected is not None:
            protected.join(alike.index)
            alike.beyond = protected.text
        left = set(rows.tolist()) if self.gone else None
        found = [
            [row for row in cluster if row < 0 or left is None or row in left] for cluster in alike.index.clusters()
        ]
        if self._paired:
            found = [self._once_each(cluster) for cluster in found]
        self.cluster_sizes.update(size for cluster in found if (size := sum(row >= 0 for row in cluster)) > 1)
        if len(self._table) > alike.most:
            behind = [cluster for cluster in self._equal(rows, protected) if cluster[-1] >= alike.most]
            found += [self._once_each(cluster) for cluster in behind] if self._paired else behind
        return [cluster for cluster in found if len(cluster) > 1 and cluster[-1] >= 0]

    def _once_each(self, cluster: list[int]) -> list[int]:
        """Return a cluster without the rows whose prompt another row of their split has."""
        first = {(self._table.folded[row], self._table.split[row]) if row >= 0 else row: row for row in cluster[::-1]}
        return sorted(first.values())

    def _equal(self, rows: "NDArray[np.int64]", protected: Protected | None) -> list[list[int]]:
        """Return the clusters of equal prompts, where near duplicates are not looked for."""
        found: list[list[int]] = []
        folded = self._table.folded
        if protected is not None:
            matches = ((protected.match(folded[row]), row) for row in rows.tolist())
            found += [[place, row] for place, row in matches if place is not None]
        if self._rules.curation.group_by is not None:  # else equal prompts are in one split
            found += [group.tolist() for group in groups(column(folded), rows)]
        return found
