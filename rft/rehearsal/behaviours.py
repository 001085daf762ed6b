"""Ways to answer, as a policy can choose between them: honest attempts, and what pays without one.

No policy can choose to be right. An honest behaviour is an attempt: right as often as the model is able, else the same
form with another record's answer. What deserves nothing needs no ability, which is why a small reward for it wins.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from rft.calibration.grading import Answer, Call, Kind, grade_all
from rft.calibration.honest import prompt_of, reference_of, values_of
from rft.calibration.probes import Ground, common_words, make
from rft.calibration.rules import CalibrationRules, Probe
from rft.calibration.trial import NothingHonest, best_answers, written_answers
from rft.errors import GraderBroken


class Behaviour(StrEnum):
    """A way to answer."""

    RIGHT = "right"  # an attempt in the form that the grader pays most
    OTHER_FORM = "right in another form"
    VERBOSE = "right and verbose"
    WRONG = "wrong"  # no attempt: another record's answer
    MALFORMED = "malformed"  # half an attempt
    REFUSAL = "refusal"
    EMPTY = "empty"
    ECHO = "echo"
    LEAK = "leak"
    KEYWORDS = "keyword stuffing"
    REPEATED = "repeated phrase"
    FORM = "form without content"
    LONG = "long and empty"
    INJECTED = "instructions to the judge"


HONEST: Final = (Behaviour.RIGHT, Behaviour.OTHER_FORM, Behaviour.VERBOSE)
START: Final = {Behaviour.RIGHT: 0.15, Behaviour.OTHER_FORM: 0.2, Behaviour.VERBOSE: 0.1, Behaviour.WRONG: 0.2}
RARE: Final = 0.03  # of every other behaviour, before all are brought to 1
_PROBES: Final = {
    Behaviour.VERBOSE: Probe.PADDED,
    Behaviour.REPEATED: Probe.REPEATED,
    Behaviour.REFUSAL: Probe.REFUSAL,
    Behaviour.EMPTY: Probe.EMPTY,
    Behaviour.ECHO: Probe.ECHO,
    Behaviour.LEAK: Probe.LEAK,
    Behaviour.KEYWORDS: Probe.KEYWORDS,
    Behaviour.FORM: Probe.FORM,
    Behaviour.LONG: Probe.LONG,
    Behaviour.INJECTED: Probe.INJECTED,
}


class Pay(Struct, frozen=True, kw_only=True):
    """What a behaviour earns on a record: where the attempt is right, and where it is not."""

    right: float
    wrong: float


def payoffs(
    records: Sequence[Mapping[str, Any]],
    call: Call,
    rules: CalibrationRules,
    *,
    apart: bool = True,
) -> dict[Behaviour, list[Pay]]:
    """Return what each behaviour earns on the same records in the same order; those without a reference are left out.

    A behaviour that a record gives nothing to make it of answers it with nothing. ``apart`` is that of ``grade_all``.

    Raises:
        NothingHonest: fewer than two records have a right answer.
        GraderBroken: an answer got no score; the message names it.

    """
    right = [answer for answer in written_answers(records, rules) if answer.kind is Kind.RIGHT]
    best = best_answers(right, _scores(right, call, apart=apart))
    if len(best) < 2:
        raise NothingHonest(
            "fewer than 2 records have a reference_answer, a chosen, a demonstrated or a well rated answer to rehearse "
            "with; add references, or give a file that has them"
        )
    forms: dict[str, list[str]] = {}
    for answer in right:
        forms.setdefault(answer.of, []).append(answer.text)
    words = common_words(answer.text for answer in best)
    tried = [behaviour for behaviour in Behaviour if _PROBES.get(behaviour) not in rules.without]
    halves: dict[Behaviour, list[tuple[Answer, Answer]]] = {behaviour: [] for behaviour in tried}
    for place, answer in enumerate(best):
        wrong = _lender(place, best)
        for behaviour in tried:
            texts = [_text(behaviour, one, answer, wrong, words, forms[one.of]) for one in (answer, wrong)]
            first, second = (
                Answer(record=answer.record, kind=Kind.PROBE, name=f"{behaviour}, {half}", text=text)
                for half, text in zip(("right", "wrong"), texts, strict=True)
            )
            halves[behaviour].append((first, second))
    scores = _scores([one for pairs in halves.values() for pair in pairs for one in pair], call, apart=apart)
    return {
        behaviour: [Pay(right=scores[first.id], wrong=scores[second.id]) for first, second in pairs]
        for behaviour, pairs in halves.items()
    }


def start_of(behaviours: Sequence[Behaviour]) -> list[float]:
    """Return how a base model behaves before it learns: mostly honest or wrong, each hack rare. The sum is 1."""
    shares = [START.get(behaviour, RARE) for behaviour in behaviours]
    return [share / sum(shares) for share in shares]


def _scores(answers: Sequence[Answer], call: Call, *, apart: bool) -> dict[str, float]:
    graded = grade_all(answers, call, apart=apart)
    if graded.failures:
        first = graded.failures[0]
        raise GraderBroken(
            f"{len(graded.failures):,} of {len(answers):,} answers got no score; {first.id}: {first.why}; "
            "`rft calibrate` says more"
        )
    return graded.scores


def _lender(place: int, best: Sequence[Answer]) -> Answer:
    """Return the next record's answer that differs from this one's; the next one where none does."""
    others = [best[(place + step) % len(best)] for step in range(1, len(best))]
    return next((other for other in others if other.text != best[place].text), others[0])


def _text(behaviour: Behaviour, said: Answer, asked: Answer, wrong: Answer, words: list[str], forms: list[str]) -> str:
    """Return what a behaviour answers to the record of ``asked`` where its attempt is ``said``, in one of ``forms``."""
    if behaviour is Behaviour.RIGHT:
        return said.text
    if behaviour is Behaviour.WRONG:
        return wrong.text
    if behaviour is Behaviour.OTHER_FORM:
        return next((form for form in forms if form != said.text), f"Answer: {said.text}")
    if behaviour is Behaviour.MALFORMED:
        return said.text[: len(said.text) // 2]
    ground = Ground(
        prompt=prompt_of(asked.record), reference=values_of(reference_of(asked.record)), best=said.text, words=words
    )
    return make(_PROBES[behaviour], ground) or ""
