"""Component ``judge``: what language models think of an answer, by a rubric."""

from __future__ import annotations

from statistics import fmean, median

from rft.rewards.bedrock import call
from rft.rewards.components.checks import between, not_empty, one_of
from rft.rewards.errors import BedrockUnavailable, MissingReference
from rft.rewards.judging.desk import Desk, Reply
from rft.rewards.judging.question import Question, clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rft.rewards.sample import Sample

MODES = ("pointwise", "pairwise")
TOGETHER: dict[str, Callable[[list[float]], float]] = {"mean": fmean, "median": median}
ATTEMPTS = 3  # asked twice more where the reply cannot be used
CALLS, ERRORS, MALFORMED, DISAGREED = "calls", "errors", "malformed", "disagreed"


class Judge:
    """Judges answers; see ``judge``."""

    notes = (CALLS, ERRORS, MALFORMED, DISAGREED)  # what ``told`` counts

    def __init__(
        self,
        *,
        models: tuple[str, ...],
        rubric: str,
        mode: str,
        scale: int,
        together: str,
        key: str,
        max_tokens: int,
        max_calls: int,
        parallel: int,
        seconds: float,
    ) -> None:
        self._models = models
        self._rubric = clean(rubric)
        self._scale = scale if mode == "pointwise" else 0
        self._together = TOGETHER[together]
        self._key = key
        self._max_tokens = max_tokens
        self._parallel = parallel
        self._seconds = seconds
        self._desk = Desk(self._ask, name=f"judge {', '.join(models)}", parallel=parallel, max_calls=max_calls)

    def __call__(self, sample: Sample) -> float:
        """Return the judges' mean or median, 0 to 1."""
        if not sample.answer.strip():
            return 0.0
        if any(self._desk.reply(question.key()) is None for one in self._questions(sample) for question in one):
            self.prepare([sample], None)
        values = [
            fmean(value for value in one if value is not None)
            for one in self._by_judge(sample)
            if all(value is not None for value in one)
        ]
        if not values:
            judges = ", ".join(self._models)
            raise BedrockUnavailable(
                f"none of {judges} gave a usable verdict in {ATTEMPTS} attempts; add a judge, or raise max_tokens"
            )
        return self._together(values)

    def prepare(self, samples: Sequence[Sample], deadline: float | None) -> None:
        """Ask the judges about all answers of an event at once."""
        questions: dict[bytes, Question] = {}
        for sample in samples:
            try:
                questions.update((question.key(), question) for one in self._questions(sample) for question in one)
            except MissingReference:
                continue  # the component has no opinion of it
        self._desk.prepare(questions, deadline)

    def told(self, sample: Sample) -> dict[str, float]:
        """Return what was sent for an answer; of several equal answers the first one has it all."""
        taken = [self._reply(question).take() for one in self._questions(sample) for question in one]
        calls, errors, malformed = (float(sum(column)) for column in zip(*taken, strict=True)) if taken else (0.0,) * 3
        disagreed = sum(None not in one and len(set(one)) > 1 for one in self._by_judge(sample))
        counts = {CALLS: calls, ERRORS: errors, MALFORMED: malformed}
        return counts if self._scale else {**counts, DISAGREED: float(disagreed)}

    def _by_judge(self, sample: Sample) -> list[list[float | None]]:
        return [[self._reply(question).value for question in one] for one in self._questions(sample)]

    def _reply(self, question: Question) -> Reply:
        return self._desk.reply(question.key()) or Reply(None)

    def _questions(self, sample: Sample) -> list[tuple[Question, ...]]:
        """Return each judge's questions: one, or one for each order of answer and reference; none of no answer."""
        if not sample.answer.strip():
            return []
        prompt = ("prompt", clean("\n".join(text for _, text in sample.messages)))
        answer = clean(sample.answer)
        if self._scale:
            orders: list[tuple[tuple[tuple[str, str], ...], bool]] = [((prompt, ("answer", answer)), False)]
        else:
            other = clean(sample.reference_text(*((self._key,) if self._key else ())))
            orders = [
                ((prompt, ("first", answer), ("second", other)), False),
                ((prompt, ("first", other), ("second", answer)), True),
            ]
        return [
            tuple(
                Question(model, self._rubric, texts, self._scale, swapped, self._max_tokens)
                for texts, swapped in orders
            )
            for model in self._models
        ]

    def _ask(self, question: Question, spend: Callable[[], None]) -> Reply:
        reply = Reply(None)
        for attempt in range(1, ATTEMPTS + 1):
            spend()
            request = question.request(attempt)
            response = call("converse", request, seconds=self._seconds, parallel=self._parallel)
            reply.calls += 1
            reply.errors += response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
            reply.value = question.value(response)
            if reply.value is not None:
                break
            reply.malformed += 1
        return reply


def judge(
    *,
    models: tuple[str, ...],
    rubric: str,
    mode: str = "pointwise",
    scale: int = 10,
    together: str = "mean",
    key: str = "",
    max_tokens: int = 300,
    max_calls: int = 2000,
    parallel: int = 16,
    seconds: float = 30.0,
) -> Judge:
    """Return what Bedrock models think of an answer by a rubric: a score, or whether it beats the reference.

    Range: 0 to 1. ``pointwise`` is a score of 0 to ``scale``, divided by it. ``pairwise`` asks twice, the answer once
    first and once second: 1 if it is better, 0.5 for equal, and the mean of both. A judge whose replies cannot be used
    has no opinion. The others' mean or median counts. An answer without text has 0, and nobody is asked. Sent are the
    prompt, the answer and, pairwise, the reference, 20,000 characters of each.
    Source: Zheng et al., Judging LLM-as-a-Judge, arXiv:2306.05685.

    Raises:
        BadReward: a wrong setting.
        BedrockUnavailable: by the component, where no judge gives a usable verdict, or one cannot be asked in time.

    """
    not_empty("models", models)
    for model in models:
        not_empty("models", model)
    not_empty("rubric", rubric.strip())
    one_of("mode", mode, MODES)
    one_of("together", together, TOGETHER)
    between("scale", scale, 1, 100)
    between("max_tokens", max_tokens, 50, 4000)
    between("max_calls", max_calls, 1, 100_000)
    between("parallel", parallel, 1, 64)
    between("seconds", seconds, 1, 300)
    return Judge(
        models=models,
        rubric=rubric,
        mode=mode,
        scale=scale,
        together=together,
        key=key,
        max_tokens=max_tokens,
        max_calls=max_calls,
        parallel=parallel,
        seconds=seconds,
    )
