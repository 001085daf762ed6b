"""Golden samples through a grader, however it is called."""

from collections.abc import Sequence

from rft.calibration.grading import Answer, Call, Kind, grade_all
from rft.errors import GraderBroken
from rft.golden.samples import GoldenSample

SHOWN = 3  # failures that a message names


def score_golden(samples: Sequence[GoldenSample], call: Call, *, apart: bool = True) -> dict[str, float]:
    """Return the score of each sample, by its id.

    ``apart`` says whether samples of a call that failed are tried one by one, to name those at fault; it takes time.

    Raises:
        GraderBroken: a sample has no score; the message names it and quotes the grader.
        GraderError: the grader raised here, and not ``apart``.

    """
    answers = {one.id: Answer(record=one.record, kind=Kind.GOLDEN, text=one.answer) for one in samples}
    graded = grade_all(list(answers.values()), call, apart=apart)
    if graded.failures:
        named = "; ".join(f"{one.id}: {one.why}" for one in graded.failures[:SHOWN])
        more = f"; and {len(graded.failures) - SHOWN} more" if len(graded.failures) > SHOWN else ""
        raise GraderBroken(f"golden samples without a score: {named}{more}")
    return {name: graded.scores[answer.id] for name, answer in answers.items()}
