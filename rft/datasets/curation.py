"""One dropped file on its way: its items are admitted or refused, then compared with each other."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from rft.datasets.checks.balance import balance_findings
from rft.datasets.checks.leakage import Protected
from rft.datasets.checks.pseudonyms import Pseudonyms, derived_key
from rft.datasets.codes import Code, Severity
from rft.datasets.collector import Collector
from rft.datasets.comparing import Comparison
from rft.datasets.express.lane import Lane, open_to
from rft.datasets.findings import Finding, Place
from rft.datasets.intake import Intake, Watcher
from rft.datasets.items import Container, Item, Refused, Shape
from rft.datasets.message import SHOWN
from rft.datasets.profile import Profile, profile_of
from rft.datasets.sources.blocks import Block
from rft.datasets.sources.containers import Reading
from rft.datasets.sources.text import SPACE
from rft.datasets.watchers import Alike, Asked, Languages, Pairs
from rft.datasets.writing import Files
from rft.errors import TaskInvalid
from rft.tasks import Task

if TYPE_CHECKING:
    from rft.datasets.curate import Surroundings

PAIRED: Final = (Shape.PREFERENCES, Shape.JUDGEMENTS, Shape.RANKINGS)


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of a file: its files on the local disk, and all that is known of them."""

    records: int
    examples: int
    refused: Counter[Code]
    first_refused: list[Place]
    findings: list[Finding]  # of all checks but the limits of the whole
    profile: Profile
    files: dict[Path, int]  # with their numbers of lines


class Curation:
    """One file on its way."""

    def __init__(
        self,
        reading: Reading,
        shape: Shape,
        first: list[dict[str, Any]],
        *,
        task: Task,
        files: Files,
        around: "Surroundings",
    ) -> None:
        rules = task.data
        self._reading, self._shape, self._task, self._rules, self._around = reading, shape, task, rules, around
        self._table, self._files = files.table, files
        self._collector = Collector(rules)
        self._protected = _protected(task, around.protected)
        self._languages = Languages() if rules.severity(Code.LANGUAGE_BALANCE) is not Severity.OFF else None
        self._alike = Alike(rules, self._files) if rules.near_duplicates else None
        self._pairs = Pairs() if shape in PAIRED else None
        asked = Asked(around.opinion) if around.opinion is not None else None
        watchers: list[Watcher] = [one for one in (self._languages, self._alike, self._pairs, asked) if one is not None]
        self._intake = Intake(
            task,
            shape,
            lines=reading.container is not Container.CSV,
            table=self._table,
            files=self._files,
            collector=self._collector,
            pseudonyms=around.pseudonyms or Pseudonyms(derived_key(task.name)),
            watchers=watchers,
        )
        usual = shape is Shape.PROMPTS and reading.container is not Container.CSV and open_to(rules)
        self._lane = (
            Lane(first, self._intake, task=task, table=self._table, files=self._files, watchers=watchers)
            if usual
            else None
        )
        self._comparison = Comparison(self._table, rules, self._collector, paired=shape in PAIRED)
        self._records = 0
        self._blank = 0  # empty lines one behind the other
        self._last_blank = -1  # number of the last of them
        self._first: list[Place] = []  # of what was refused for a reason that is worth a message

    def take(self, block: Block) -> None:
        """Admit each item, or put it into quarantine."""
        self._records += len(block)
        for item in block if self._lane is None else self._lane.hand_back(block):
            self._take(item)

    def _take(self, item: Item) -> None:
        if not item.cut and not item.data.strip(SPACE):
            if item.number != self._last_blank + 1:
                self._files.mark()
                self._blank = 0
            self._blank += 1
            self._last_blank = item.number
        try:
            self._intake.admit(item, self._reading.decode(item))
        except Refused as refused:
            self._files.refuse(item, refused.code, refused.reason)
            self._collector.add(refused.code, item.line, refused.reason)
            if refused.code is not Code.EMPTY_LINE and len(self._first) < SHOWN:
                self._first.append(Place(item.line, f"{refused.reason} ({refused.code})"))

    def finish(self) -> Outcome:
        """Compare the rows among each other, write the files and say what came out."""
        if self._last_blank == self._records and self._reading.container is Container.JSONL:
            self._records -= self._blank
            self._files.rewind(Code.EMPTY_LINE, self._blank)
            self._collector.forget(Code.EMPTY_LINE, self._blank)
        findings = self._comparison.run(alike=self._alike, protected=self._protected)
        examples = len(self._table) + self._files.refused.total()
        profile = profile_of(
            self._table,
            self._comparison.alive(),
            container=self._reading.container,
            shape=self._shape,
            sample=self._languages.sample if self._languages is not None else None,
            preferences=self._pairs.quality.profile() if self._pairs is not None else None,
            clusters=self._comparison.cluster_sizes,
        )
        findings += self._collector.findings(examples)
        findings += self._intake.personal.findings(self._rules, of=examples)
        findings += balance_findings(
            rows=profile.slices,
            lengths=profile.lengths,
            languages=profile.languages,
            sample=profile.language_sample,
            rules=self._rules,
        )
        if self._pairs is not None:
            findings += self._pairs.quality.findings(self._rules)
        if self._around.opinion is not None and (opinion := self._around.opinion.finding()):
            findings.append(opinion)
        gone = self._comparison.gone
        refused = self._files.refused + Counter(code for code, _ in gone.values())
        return Outcome(
            records=self._records,
            examples=examples,
            refused=refused,
            first_refused=self._first_refused(),
            findings=findings,
            profile=profile,
            files=self._files.finish(gone),
        )

    def _first_refused(self) -> list[Place]:
        """Return the first places of what was refused, by a record's own fault or beside others."""
        gone = self._comparison.gone
        late = [Place(self._table.line[row], f"{gone[row][1]} ({gone[row][0]})") for row in sorted(gone)[:SHOWN]]
        return sorted([*self._first, *late], key=lambda place: place.line)[:SHOWN]


def _protected(task: Task, files: dict[str, Path]) -> Protected | None:
    if not task.data.protected:
        return None
    protected = Protected()
    for name in task.data.protected:
        try:
            with files[name].open(encoding="utf-8") as lines:
                protected.load(name, lines)
        except UnicodeDecodeError:
            raise TaskInvalid(f"the protected file {name} is no UTF-8; save it as UTF-8") from None
        except Refused as refused:
            raise TaskInvalid(f"a protected file cannot be read: {refused.reason}") from None
    return protected
