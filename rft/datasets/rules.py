"""The table ``[data]`` of a task.toml: shape, curation, thresholds, and which check has which severity."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from rft.datasets.codes import CHECKS, FIXED, Code, Severity
from rft.datasets.items import Shape

PLACE: Final = "{prompt}"  # in a template, where the user's text stands
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]


class Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """Base: immutable, and a misspelt key is an error."""


class Columns(Strict, frozen=True, kw_only=True):
    """Names of the fields of a dropped file, where the usual ones do not fit. Dots lead inside: ``meta.topic``."""

    prompt: str | None = None
    system: str | None = None
    context: str | None = None  # text put behind the prompt, e.g. the input of an instruction
    reference_answer: str | None = None
    chosen: str | None = None
    rejected: str | None = None
    answers: list[str] = []  # the two answers of a judgement, or the fields of a ranking, in order
    votes: list[str] = []  # one field an annotator
    answer: str | None = None  # a demonstrated or rated answer
    rating: str | None = None
    id: str | None = None


class Votes(Strict, frozen=True, kw_only=True):
    """What the values of a vote mean, as text; compared without regard to case."""

    first: tuple[str, ...] = ("1", "a", "first", "left", "response1", "model_a", "answer1", "win")
    second: tuple[str, ...] = ("2", "b", "second", "right", "response2", "model_b", "answer2", "lose")
    tie: tuple[str, ...] = ("0", "tie", "both", "neither", "same", "equal", "tie (bothbad)", "draw", "c")


class Scale(Strict, frozen=True, kw_only=True):
    """The scale of ratings."""

    low: float = 1.0
    high: float = 5.0


class Curation(Strict, frozen=True, kw_only=True):
    """What is done to records that are kept, and which are left out."""

    standardise: bool = True  # Unicode NFC, line feeds, outer white space
    template: str | None = None  # the user's text, with {prompt} where it stands
    system: str | None = None  # the system message of every record that has none
    group_by: str | None = None  # records with an equal value of this field stay in one split; default: equal prompts
    category: str | None = None  # the field that names a record's category
    max_category_share: Share = 1.0  # larger categories are thinned out, by hash; 1 leaves all
    min_rating: float | None = None  # on the scale of the ratings
    refusals: list[str] = []  # more beginnings of answers that refuse
    boilerplate: list[str] = []  # more answers that say nothing

    def __post_init__(self) -> None:
        """Refuse a template that would make all prompts the same.

        Raises:
            ValueError: it does not say where the prompt stands.

        """
        if self.template is not None and PLACE not in self.template:
            raise ValueError(f"curation.template does not hold {PLACE}, so that every record would ask the same")


class Thresholds(Strict, frozen=True, kw_only=True):
    """From where on a check speaks."""

    max_bad_share: Share = 0.1  # of the records that are not empty
    near_duplicate: Annotated[float, Meta(ge=0.5, le=1)] = 0.85  # Jaccard similarity of word shingles
    min_agreement: float = 0.2  # Krippendorff's alpha
    max_position_bias: Share = 0.1  # distance from one half
    max_length_bias: Share = 0.2  # distance from one half
    max_ties: Share = 0.5
    max_category: Share = 0.8
    min_category: Share = 0.01
    max_length_ratio: Annotated[float, Meta(ge=1)] = 8.0  # 99th percentile of prompt length over the median


class Personal(Strict, frozen=True, kw_only=True):
    """Personal data and secrets."""

    action: Literal["report", "redact", "reject"] = "report"  # reject: the record goes to quarantine
    kinds: list[str] = []  # detectors to use; default: all
    allow: list[str] = []  # values that are not personal, e.g. an address of your own support
    second_opinion: Literal["none", "comprehend", "guardrail"] = "none"
    guardrail_id: str | None = None
    guardrail_version: str = "DRAFT"
    sample: Count = 200  # records that get the second opinion


class DataRules(Strict, frozen=True, kw_only=True):
    """All that a task says of its data."""

    shape: Shape | None = None  # default: what most of the first records are
    columns: Columns = Columns()
    votes: Votes = Votes()
    scale: Scale = Scale()
    curation: Curation = Curation()
    thresholds: Thresholds = Thresholds()
    checks: dict[Code, Severity] = {}  # severities that differ from the catalogue's
    personal: Personal = Personal()
    near_duplicates: bool = True
    protected: list[str] = []  # files of the task folder with prompts that must not be trained on

    def __post_init__(self) -> None:
        """Refuse a severity with which a record that is none would go on.

        Raises:
            ValueError: it names the check and what it may be.

        """
        for code, severity in self.checks.items():
            if code in FIXED and severity not in (CHECKS[code].severity, Severity.REJECT):
                allowed = " or ".join(repr(str(one)) for one in dict.fromkeys((CHECKS[code].severity, Severity.REJECT)))
                raise ValueError(f"checks.{code} is {str(severity)!r}, but can only be {allowed}")

    def severity(self, code: Code) -> Severity:
        """Return the severity of a check for this task."""
        return self.checks.get(code, CHECKS[code].severity)
