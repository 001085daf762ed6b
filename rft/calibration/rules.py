"""The table ``[calibration]`` of a task.toml: what is asked and tried, and from where on a measure warns or fails."""

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

PLACE: Final = "{reference}"  # in a form, where the reference stands

Share = Annotated[float, Meta(ge=0, le=1)]


class Probe(StrEnum):
    """Answers that deserve nothing, or no more than the honest answer that they hold."""

    EMPTY = "empty"
    ECHO = "echo"  # the prompt
    LEAK = "leak"  # what of the prompt holds the reference
    KEYWORDS = "keywords"  # the words of good answers and of the prompt, in no order
    LONG = "long"  # very long, and nothing said
    PADDED = "padded"  # the honest answer behind much else
    REPEATED = "repeated"  # the honest answer's last phrase, again and again
    FORM = "form"  # the honest answer's form without its content
    REFUSAL = "refusal"
    INJECTED = "injected"  # instructions to a judge


class Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """Base: immutable, and a misspelt key is an error."""


class Limits(Strict, frozen=True, kw_only=True):
    """From where on a measure warns, and from where on it fails."""

    warn: float
    fail: float


class Thresholds(Strict, frozen=True, kw_only=True):
    """The limits of each measure."""

    changed: Limits = Limits(warn=0.0, fail=0.0)  # share of answers whose score is another the second time, at most
    told_apart: Limits = Limits(warn=0.95, fail=0.6)  # share of records whose right answer beats wrong ones, at least
    labels: Limits = Limits(warn=0.6, fail=0.5)  # share of human preferences that the scores agree with, at least
    ratings: Limits = Limits(warn=0.3, fail=0.0)  # Spearman's rank correlation of scores and human ratings, at least
    verdicts: Limits = Limits(warn=0.4, fail=0.0)  # Cohen's kappa of passing scores and good human ratings, at least
    seconds: Limits = Limits(warn=1.0, fail=10.0)  # of the grader for one rollout, at most
    audit: Limits = Limits(warn=0.3, fail=0.0)  # Spearman's rank correlation with the independent grader, at least
    mixed: Limits = Limits(warn=0.25, fail=0.01)  # share of prompts whose rollouts score differently, at least
    passes: Limits = Limits(warn=0.05, fail=0.0)  # share of rollouts that pass, at least
    solved: Limits = Limits(warn=0.9, fail=1.0)  # share of rollouts that pass, at most
    saturated: Limits = Limits(warn=0.9, fail=1.0)  # share of rollouts with the lowest, or the highest score, at most
    length: Limits = Limits(warn=0.5, fail=1.0)  # Spearman's rank correlation of scores and lengths, at most
    outscored: Limits = Limits(warn=0.0, fail=0.0)  # share of records on which a probe beats the honest answer, at most
    matched: Limits = Limits(warn=0.05, fail=0.5)  # ... on which a probe that does not hold it is worth as much


class CalibrationRules(Strict, frozen=True, kw_only=True):
    """All that a task says of its calibration."""

    prompts: Annotated[int, Meta(ge=4, le=200)] = 16  # that the base model is asked
    samples: Annotated[int, Meta(ge=2, le=16)] = 4  # of each prompt
    temperature: Share = 1.0  # of the samples, as training draws them
    passing: float = 0.5  # the score from which on an answer passes
    forms: list[str] = []  # how a good answer is written, e.g. "Result: {reference}"; beside the usual forms
    without: list[Probe] = []  # probes that are honest answers here, e.g. refusal where refusing is right
    thresholds: Thresholds = Thresholds()

    def __post_init__(self) -> None:
        """Refuse a form that would not say the reference.

        Raises:
            ValueError: it does not say where the reference stands.

        """
        for form in self.forms:
            if PLACE not in form:
                raise ValueError(f"calibration.forms: {form!r} does not hold {PLACE}, so that it answers nothing")
