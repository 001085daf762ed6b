"""A grader tried without a model: right answers, wrong ones and probes made from records. Nothing is drawn."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from rft.calibration import judging, sampled
from rft.calibration.grading import Answer, Call, Graded, Kind, grade_all
from rft.calibration.honest import prompt_of, reference_of, right_answers, values_of, wrong_answers
from rft.calibration.people import human_verdicts, preferences, ratings
from rft.calibration.probes import Ground, common_words, make
from rft.calibration.rules import CalibrationRules, Probe
from rft.calibration.verdicts import Measure, ProbeVerdict, Report, gravest
from rft.datasets.items import Rating
from rft.errors import RftError

HONEST: Final = (Kind.RIGHT, Kind.ROLLOUT)
GOOD_RATING: Final = 0.75  # of the scale: from here on a rated answer is a good one

Record = Mapping[str, Any]


class NothingHonest(RftError):
    """No record has a good answer that probes could be compared with."""


def trial(
    records: Sequence[Record],
    call: Call,
    rules: CalibrationRules,
    *,
    task: str,
    audit: Call | None = None,
) -> Report:
    """Return what a grader makes of answers to records in the form of a dataset version.

    ``audit`` is the task's independent grader; it scores the answers that the records give.

    Raises:
        NothingHonest: no record has a reference, a chosen, a demonstrated or a well rated answer.

    """
    answers = written_answers(records, rules)
    compared = {answer.of for answer in answers if answer.kind is Kind.RIGHT}
    if not compared:
        raise NothingHonest(
            "no record has a reference_answer, a chosen, a demonstrated or a well rated answer, so there is nothing to "
            "compare probes with; add references, or give a file that has them"
        )
    first = grade_all(answers, call)
    probes = probes_for(best_answers(answers, first.scores), rules)
    probed = grade_all(probes, call)
    everything = [*answers, *probes]
    whole, again = _joined(first, probed), grade_all(everything, call)
    measures = _measures(everything, whole, again, rules)
    if audit is not None:
        others = grade_all(answers, audit).scores
        both = {name: score for name, score in first.scores.items() if name in others}
        measures.append(sampled.audited(both, others, rules.thresholds.audit))
    verdicts = judge_probes(everything, whole.scores, rules)
    return Report(
        task=task,
        verdict=gravest([*(one.verdict for one in measures), *(one.verdict for one in verdicts)]),
        records=len(compared),
        answers=len(everything),
        left_out=len(records) - len(compared),
        measures=measures,
        probes=verdicts,
    )


def best_answers(answers: Iterable[Answer], scores: Mapping[str, float]) -> list[Answer]:
    """Return each record's honest answer with the highest score, the first of several; none for one without scores."""
    best: dict[str, Answer] = {}
    for answer in answers:
        if answer.kind in HONEST and answer.id in scores:
            held = best.get(answer.of)
            if held is None or scores[answer.id] > scores[held.id]:
                best[answer.of] = answer
    return list(best.values())


def probes_for(best: Sequence[Answer], rules: CalibrationRules) -> list[Answer]:
    """Return the probes of records whose best honest answers are given."""
    words = common_words(answer.text for answer in best)
    found = []
    for answer in best:
        ground = Ground(
            prompt=prompt_of(answer.record),
            reference=values_of(reference_of(answer.record)),
            best=answer.text,
            words=words,
        )
        for probe in Probe:
            text = None if probe in rules.without else make(probe, ground)
            if text is not None and text != answer.text:
                found.append(Answer(record=answer.record, kind=Kind.PROBE, name=probe, text=text))
    return found


def judge_probes(answers: Sequence[Answer], scores: Mapping[str, float], rules: CalibrationRules) -> list[ProbeVerdict]:
    """Return the verdict of each probe that was scored, in the order of ``Probe``."""
    honest = extremes(answers, scores, HONEST, highest=True)
    floor = extremes(answers, scores, tuple(Kind), highest=False)
    by_probe: dict[str, dict[str, float]] = {}
    for answer in answers:
        if answer.kind is Kind.PROBE and answer.id in scores:
            by_probe.setdefault(answer.name, {})[answer.of] = scores[answer.id]
    return [
        judging.probe(probe, by_probe[probe], honest, floor, rules.thresholds) for probe in Probe if probe in by_probe
    ]


def written_answers(records: Sequence[Record], rules: CalibrationRules) -> list[Answer]:
    """Return the answers that records give without a model: right and wrong ones, and those that people judged."""
    found: list[Answer] = []
    for record in records:
        right = [*right_answers(record, rules.forms), *_well_rated(record)]
        labelled = {Kind.CHOSEN: "chosen", Kind.REJECTED: "rejected"} if not record.get("tie") else {}
        if _rating(record) is not None:
            labelled[Kind.RATED] = "answer"
        texts: list[tuple[Kind, Sequence[str]]] = [
            (Kind.RIGHT, right),
            (Kind.WRONG, wrong_answers(record, records, rules.forms) if right else []),
            *((kind, [record[name]]) for kind, name in labelled.items() if isinstance(record.get(name), str)),
        ]
        for kind, some in texts:
            numbered = len(some) > 1
            for place, text in enumerate(some, start=1):
                found.append(Answer(record=record, kind=kind, name=str(place) if numbered else "", text=text))
    return found


def _well_rated(record: Record) -> list[str]:
    rating, text = _rating(record), record.get("answer")
    return [text] if rating is not None and rating >= GOOD_RATING and isinstance(text, str) and text.strip() else []


def _rating(record: Record) -> float | None:
    """Return where on its scale people rated the record's answer, 0 to 1; None where they did not."""
    try:
        rating = msgspec.convert(record.get("rating"), Rating)
    except msgspec.ValidationError:
        return None
    return (rating.value - rating.low) / (rating.high - rating.low) if rating.low < rating.high else None


def _joined(first: Graded, second: Graded) -> Graded:
    counts = [len(one.scores) + len(one.failures) for one in (first, second)]
    return Graded(
        scores=first.scores | second.scores,
        failures=[*first.failures, *second.failures],
        seconds=(first.seconds * counts[0] + second.seconds * counts[1]) / max(sum(counts), 1),
    )


def extremes(
    answers: Iterable[Answer], scores: Mapping[str, float], kinds: tuple[Kind, ...], *, highest: bool
) -> dict[str, float]:
    """Return the highest or lowest score of some kinds of answers, by record."""
    pick = max if highest else min
    found: dict[str, float] = {}
    for answer in answers:
        if answer.id in scores and answer.kind in kinds:
            score = scores[answer.id]
            found[answer.of] = pick(found.get(answer.of, score), score)
    return found


def _measures(answers: Sequence[Answer], graded: Graded, again: Graded, rules: CalibrationRules) -> list[Measure]:
    limits, scores = rules.thresholds, graded.scores
    found = [
        judging.contract(graded),
        judging.determinism(graded, again, limits.changed),
        judging.spread(list(scores.values())) if scores else None,
        judging.told_apart(
            extremes(answers, scores, (Kind.RIGHT,), highest=True),
            extremes(answers, scores, (Kind.WRONG,), highest=True),
            limits.told_apart,
        ),
        *people(answers, scores, rules),
        judging.latency(graded.seconds, limits.seconds),
    ]
    return [one for one in found if one is not None]


def people(answers: Sequence[Answer], scores: Mapping[str, float], rules: CalibrationRules) -> list[Measure]:
    """Return how far the scores agree with what people said, where they said something."""
    chosen, rejected = (extremes(answers, scores, (kind,), highest=True) for kind in (Kind.CHOSEN, Kind.REJECTED))
    pairs = {name: (chosen[name], rejected[name]) for name in chosen if name in rejected}
    rated = [
        (scores[answer.id], rating)
        for answer in answers
        if answer.kind is Kind.RATED and answer.id in scores and (rating := _rating(answer.record)) is not None
    ]
    limits = rules.thresholds
    passing = [(score >= rules.passing, rating >= GOOD_RATING) for score, rating in rated]
    found = [
        preferences(pairs, limits.labels),
        ratings(rated, limits.ratings),
        human_verdicts(passing, limits.verdicts),
    ]
    return [one for one in found if one is not None]
