"""The preferences of a dataset version: its splits are read back, and its test split is what a model is judged on."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from rft.datasets.checks.preferences import PreferenceQuality
from rft.datasets.items import Example, Verdict, Vote
from rft.datasets.rules import DataRules
from rft.datasets.shapes.fields import look_up
from rft.keys import Split
from rft.reward_model.dense import Vectors
from rft.reward_model.intake import Preferences
from rft.reward_model.making import Report, make_of_parts, unusable
from rft.reward_model.pairs import MOST, Pair, Sampled, pair_of
from rft.reward_model.rules import MOST_EMBEDDED
from rft.rewards.model.artefact import RewardModel
from rft.schemas import RewardModelPin

NO_PAIRS: Final = (
    "the task trains a reward model on preferences, and the dataset holds no pair; drop records with a prompt, and "
    "answers chosen and rejected, judged or ranked (docs/data.md, Shapes)"
)


class _Line(Struct):
    """What a line of a split says of preferences, see ``rft.datasets.intake``."""

    messages: list[dict[str, str]]
    chosen: str | None = None
    rejected: str | None = None
    tie: bool = False
    votes: list[Vote] | None = None
    shown_first: Verdict | None = None


def make_of_version(
    splits: Mapping[Split, Iterable[bytes]], rules: DataRules, vectors: Vectors | None = None
) -> tuple[RewardModel | None, Report]:
    """Train on the pairs of the train and validation splits, judge on those of the test split; no model if refused.

    ``splits`` are the lines of a dataset version of the task. The same version, rules and embeddings give the same
    model.

    Raises:
        BedrockUnavailable: ``vectors`` cannot embed its texts.

    """
    category = _category(rules.curation.category)
    quality, tested = PreferenceQuality(), set[int]()
    sampled = Sampled(MOST if vectors is None else MOST_EMBEDDED)
    for split, lines in splits.items():
        for number, line in enumerate(lines, 1):
            if (example := _example(line)) is None:
                continue
            quality.add(number, example)
            if pair := pair_of(number, example, category(line)):
                sampled.add(pair)
                if split is Split.TEST:
                    tested.add(pair.group)
    if not sampled.seen:
        return None, unusable(NO_PAIRS)
    preferences = Preferences(
        pairs=sampled.pairs,
        seen=sampled.seen,
        refused=0,
        places=[],
        quality=quality.profile(),
        findings=quality.findings(rules),
    )
    parts: dict[bool, list[Pair]] = {True: [], False: []}
    for pair in sampled.pairs:  # equal prompts are in one split
        parts[pair.group in tested].append(pair)
    return make_of_parts(preferences, pairs=parts[False], tested=parts[True], vectors=vectors)


def pin_of(report: Report, *, key: str, report_key: str, dataset_version: str) -> RewardModelPin:
    """Return what a run record holds of a reward model that was not refused."""
    training, judgement, quality = report.training, report.held_out, report.quality
    if training is None or judgement is None or judgement.accuracy is None or report.model_sha256 is None:
        raise ValueError("the report is not that of a reward model that may be used")
    return RewardModelPin(
        key=key,
        report_key=report_key,
        sha256=report.model_sha256,
        pairs=training.pairs,
        tested=judgement.pairs,
        accuracy=judgement.accuracy.share,
        longer_wins=judgement.longer_wins,
        gain=judgement.gain,
        first_wins=quality.first_wins.share if quality and quality.first_wins else None,
        dataset_version=dataset_version,
        embeddings=None if report.embeddings is None else report.embeddings.model,
        without_embeddings=None if report.embeddings is None else report.embeddings.without,
    )


def refusal(report: Report, uri: str) -> str:
    """Return what to tell a person whose preferences made no reward model; ``uri`` is where the report is."""
    return f"Reward model refused: {'; '.join(report.refused)}. Nothing was launched. The whole report: {uri}"


def _example(line: bytes) -> Example | None:
    """Return a line's example, None for a record with fields of its own that bear our names: it is no pair."""
    try:
        read = msgspec.json.decode(line, type=_Line)
    except msgspec.ValidationError:
        return None
    return Example(
        messages=read.messages,
        chosen=read.chosen,
        rejected=read.rejected,
        tie=read.tie,
        votes=read.votes,
        shown_first=read.shown_first,
    )


def _category(name: str | None) -> Callable[[bytes], str]:
    if name is None:
        return lambda line: ""

    def of(line: bytes) -> str:
        value: dict[str, Any] = msgspec.json.decode(line)
        found = look_up(value, name)
        if found is None:
            found = look_up(value.get("original"), name)  # as it came, where its use changed it
        return "" if found is None else str(found)[:80]

    return of
