"""Finding personal data and secrets in a text: one pass of Hyperscan over all triggers, then the few that fired."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from msgspec import Struct

from rft.datasets.checks.contacts import CONTACTS
from rft.datasets.checks.detector import Detector
from rft.datasets.checks.identifiers import NUMBERS
from rft.datasets.checks.pseudonyms import Pseudonyms
from rft.datasets.checks.secrets import SECRETS
from rft.datasets.checks.triggers import Triggers
from rft.datasets.codes import Code
from rft.datasets.rules import Personal
from rft.errors import TaskInvalid

DETECTORS: Final[tuple[Detector, ...]] = (*CONTACTS, *NUMBERS, *SECRETS)
KINDS: Final = tuple(dict.fromkeys(detector.kind for detector in DETECTORS))
PERSONAL_KINDS: Final = tuple(dict.fromkeys(d.kind for d in DETECTORS if d.code is Code.PERSONAL_DATA))
WORDS: Final = {detector.kind: detector.words for detector in DETECTORS}
CODES: Final = {detector.kind: detector.code for detector in DETECTORS}
_NORMAL: Final = {detector.kind: detector.normal for detector in DETECTORS}
_ESCAPED: Final = len(DETECTORS)  # the trigger of characters that JSON writes as escapes


class Hit(Struct, frozen=True):
    """Something found in a text: characters ``start`` to ``end``."""

    kind: str
    start: int
    end: int


class Detectors:
    """The detectors that a task asks for.

    ``rules.kinds`` chooses among the kinds of personal data; secrets are looked for whatever it says. Checks in
    ``off`` are not made. Objects may be shared between threads.

    Raises:
        TaskInvalid: ``rules.kinds`` names a kind that is no kind of personal data.

    """

    def __init__(self, rules: Personal, *, off: Iterable[Code] = ()) -> None:
        if unknown := sorted(set(rules.kinds) - set(PERSONAL_KINDS)):
            raise TaskInvalid(f"personal.kinds names {unknown[0]!r}; known are {', '.join(PERSONAL_KINDS)}")
        kinds = set(rules.kinds or PERSONAL_KINDS)
        without = set(off)
        self._coarse, self._exact = _compiled(
            tuple(
                number
                for number, detector in enumerate(DETECTORS)
                if detector.code not in without and (detector.code is Code.SECRET or detector.kind in kinds)
            )
        )
        self._allowed = frozenset((kind, _NORMAL[kind](value)) for kind in KINDS for value in rules.allow)

    def clean(self, raw: bytes) -> bool:
        """Return whether a record's bytes as they came (UTF-8; JSON or CSV) surely hold nothing that is looked for."""
        return not self._fired(raw)

    def scan(self, text: str) -> list[Hit]:
        """Return what a text holds, in its order, without overlaps: secrets come first, then the longest.

        The time is linear in the text's length.
        """
        fired = self._fired(text.encode(errors="surrogatepass"))
        if not fired:
            return []
        hits = []
        for number in sorted(set(fired) - {_ESCAPED}):
            detector = DETECTORS[number]
            end = 0
            for match in detector.pattern.finditer(text):
                if match.start() < end or not (span := detector.accept(match)):
                    continue
                end = span[1]
                if (detector.kind, detector.normal(text[span[0] : end])) not in self._allowed:
                    hits.append(Hit(detector.kind, *span))
        return _apart(hits) if len(hits) > 1 else hits

    def _fired(self, data: bytes) -> list[int]:
        return self._exact.fired(data) if self._coarse.fired(data) else []


def redact(text: str, hits: Iterable[Hit], pseudonyms: Pseudonyms) -> str:
    """Return a text with pseudonyms in place of hits; these are in order and do not overlap, as ``scan`` gives them."""
    parts = []
    end = 0
    for hit in hits:
        value = text[hit.start : hit.end]
        parts += [text[end : hit.start], pseudonyms.of(hit.kind, _NORMAL[hit.kind](value))]
        end = hit.end
    return "".join([*parts, text[end:]])


def _apart(hits: list[Hit]) -> list[Hit]:
    """Return hits that do not overlap, in order."""
    kept: list[Hit] = []
    taken: set[int] = set()
    for hit in sorted(hits, key=lambda one: (CODES[one.kind] is not Code.SECRET, one.start - one.end, one.start)):
        places = range(hit.start, hit.end)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(hit)
    return sorted(kept, key=lambda one: one.start)


@lru_cache(maxsize=16)
def _compiled(numbers: tuple[int, ...]) -> tuple[Triggers, Triggers]:
    """Return a few coarse triggers that all but some records pass, at half the time, and those of each detector."""
    escaped = (_ESCAPED, r"\\u[0-9A-Fa-f]{4}")
    detectors = [(number, DETECTORS[number]) for number in numbers]
    coarse = dict.fromkeys(trigger for _, detector in detectors for trigger in detector.coarse or detector.triggers)
    exact = [(number, trigger) for number, detector in detectors for trigger in detector.triggers]
    return Triggers([*enumerate(coarse), (len(coarse), escaped[1])]), Triggers([*exact, escaped])
