"""What a managed detector says of a sample of records: Amazon Comprehend, or a Bedrock guardrail of the account."""

import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from rft.aws import clients
from rft.aws.refusals import AwsRefusal, reason
from rft.datasets.codes import CHECKS, Code
from rft.datasets.findings import SHOWN, Finding, Place
from rft.datasets.rules import DataRules
from rft.errors import PreflightFailed

if TYPE_CHECKING:
    from mypy_boto3_comprehend.literals import LanguageCodeType

COMPREHEND_BYTES: Final = 100_000  # of UTF-8 in one request; the service takes 100 KB
GUARDRAIL_CHARACTERS: Final = 25_000  # in one request: 25 text units of 1,000 characters, a default quota
MIN_SCORE: Final = 0.8  # of Comprehend's confidence
# What names no single person, and stands in sums, reports and shops
IMPERSONAL: Final = frozenset({"DATE_TIME", "AGE", "URL"})


class Sampled(Struct, frozen=True):
    """A record of the sample."""

    line: int
    text: str
    ours: bool  # whether our detectors found something in it


class Sample:
    """The ``size`` records whose hashes are smallest: the same bytes give the same sample, in whatever order they come.

    Memory: the texts of ``size`` records.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, int, Sampled]] = []

    def offer(self, line: int, raw: bytes, text: Callable[[], str], *, ours: bool) -> None:
        """Consider a record. ``raw`` are its bytes as they came; ``text`` is called for records that get in only."""
        rank = -int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "big")
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, (rank, -line, Sampled(line, text(), ours)))
        elif (rank, -line) > self._heap[0][:2]:
            heapq.heapreplace(self._heap, (rank, -line, Sampled(line, text(), ours)))

    def records(self) -> list[Sampled]:
        """Return the sample in the order of the file."""
        return sorted((one for _, _, one in self._heap), key=lambda one: one.line)


class ManagedOpinion:
    """The opinion that a task asks for, as the curation takes it."""

    def __init__(self, rules: DataRules) -> None:
        self._rules = rules
        self._sample = Sample(rules.personal.sample)

    def offer(self, line: int, raw: bytes, text: Callable[[], str], *, ours: bool) -> None:
        """Consider a record for the sample."""
        self._sample.offer(line, raw, text, ours=ours)

    def finding(self) -> Finding | None:
        """Ask about the sample; see ``second_opinion``."""
        return second_opinion(self._sample.records(), self._rules)


def second_opinion(sample: Iterable[Sampled], rules: DataRules, *, language: str = "en") -> Finding | None:
    """Ask the managed detector that the task names about a sample; None where it names none or they agree.

    The finding counts the records in which the managed detector sees something and ours saw nothing. Texts leave the
    function, within the account and its Region.

    Raises:
        PreflightFailed: no guardrail is named, or the service refuses: no permission, no such guardrail, not in this
            Region. Throttling is waited for by the clients.

    """
    personal = rules.personal
    if personal.second_opinion == "none":
        return None
    if personal.second_opinion == "guardrail" and not personal.guardrail_id:
        raise PreflightFailed("personal.second_opinion asks a guardrail; name it in personal.guardrail_id")
    records = list(sample)
    try:
        if personal.second_opinion == "comprehend":
            named = comprehend([one.text for one in records], language=language)
        else:
            named = guardrail([one.text for one in records], personal.guardrail_id or "", personal.guardrail_version)
    except AwsRefusal as refusal:
        raise PreflightFailed(
            f"the second opinion of {personal.second_opinion} on personal data is refused: {reason(refusal)}; "
            'allow it, or set personal.second_opinion to "none"'
        ) from refusal
    more = [(one, kinds) for one, kinds in zip(records, named, strict=True) if kinds and not one.ours]
    if not more:
        return None
    check = CHECKS[Code.SECOND_OPINION]
    return Finding(
        code=Code.SECOND_OPINION,
        severity=rules.severity(Code.SECOND_OPINION),
        message=f"{personal.second_opinion} sees personal data in {len(more)} of {len(records)} sampled records "
        "in which our detectors saw none",
        fix=check.fix,
        count=len(more),
        of=len(records),
        places=[Place(one.line, ", ".join(sorted(kinds))) for one, kinds in more[:SHOWN]],
    )


def comprehend(texts: Iterable[str], *, language: str = "en") -> list[set[str]]:
    """Return for each text the types of personal data that Comprehend names with a score of ``MIN_SCORE`` or more.

    It knows English and Spanish; any other language is read as English, which still finds names and numbers.
    """
    client = clients.comprehend()
    code: LanguageCodeType = "es" if language == "es" else "en"
    found: list[set[str]] = []
    for text in texts:
        kinds: set[str] = set()
        for piece in _pieces(text, COMPREHEND_BYTES, lambda one: len(one.encode(errors="replace"))):
            answer = client.detect_pii_entities(Text=piece, LanguageCode=code)
            kinds |= {one["Type"] for one in answer["Entities"] if one["Score"] >= MIN_SCORE}
        found.append(kinds - IMPERSONAL)
    return found


def guardrail(texts: Iterable[str], identifier: str, version: str) -> list[set[str]]:
    """Return for each text the types and the named expressions that a guardrail's sensitive-information policy sees."""
    client = clients.bedrock_runtime()
    found: list[set[str]] = []
    for text in texts:
        kinds: set[str] = set()
        for piece in _pieces(text, GUARDRAIL_CHARACTERS, len):
            answer = client.apply_guardrail(
                guardrailIdentifier=identifier,
                guardrailVersion=version,
                source="INPUT",
                content=[{"text": {"text": piece}}],
            )
            for assessment in answer["assessments"]:
                policy = assessment.get("sensitiveInformationPolicy")
                if policy:
                    kinds |= {one["type"] for one in policy.get("piiEntities", []) if one.get("detected", True)}
                    regexes = policy.get("regexes", [])
                    kinds |= {one.get("name", "expression") for one in regexes if one.get("detected", True)}
        found.append(kinds - IMPERSONAL)
    return found


def _pieces(text: str, limit: int, size: Callable[[str], int]) -> Iterator[str]:
    """Yield the text in pieces within ``limit``, none of them blank; cut between words where there are any."""
    text = text.encode(errors="replace").decode()  # a lone surrogate cannot be sent
    while size(text) > limit:
        end = limit if size is len else limit // 4  # a character takes at most four bytes
        end = max(text.rfind(" ", end // 2, end), 0) or end
        if text[:end].strip():
            yield text[:end]
        text = text[end:]
    if text.strip():
        yield text
