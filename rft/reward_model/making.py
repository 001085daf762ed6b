"""From a file's preferences to a reward model that may be used, or to the reasons why not."""

import hashlib
from collections.abc import Sequence

from msgspec import Struct

from rft.datasets.checks.preferences import PreferenceProfile
from rft.datasets.findings import Finding, Place
from rft.keys import Split
from rft.reward_model.dense import Vectors
from rft.reward_model.embedded import Embedded, compared, embed
from rft.reward_model.intake import Preferences
from rft.reward_model.judging import Judgement, judge
from rft.reward_model.pairs import Pair, held_out
from rft.reward_model.training import Progress, TooFewPairs, enough, train
from rft.rewards.model.artefact import RewardModel


class Training(Struct, frozen=True, kw_only=True):
    """How a model was found."""

    pairs: int
    ties: int
    prompts: int
    strength: float  # of regularisation
    losses: dict[str, float]  # strength -> mean log loss in cross-validation
    temperature: float  # of calibration


class Report(Struct, frozen=True, kw_only=True):
    """What became of a file of preferences. The same file and settings give the same report."""

    refused: list[str]  # why there is no model to use; empty if there is one
    seen: int  # pairs in the file, without those of equal answers
    used: int  # of them; fewer where a sample was taken
    refused_records: int
    places: list[Place]  # of the first of them
    quality: PreferenceProfile | None
    findings: list[Finding]
    training: Training | None = None
    held_out: Judgement | None = None
    embeddings: Embedded | None = None  # None: the model sees n-grams and measures alone
    model_sha256: str | None = None


def make(
    preferences: Preferences, *, share: float, progress: Progress | None = None, vectors: Vectors | None = None
) -> tuple[RewardModel | None, Report]:
    """Train on the pairs of all prompts but ``share`` of them, judge on the rest; no model if it is refused.

    Which prompts are held out is a function of their text, the same as in a dataset version of the same ``share``.
    """
    parts: dict[Split, list[Pair]] = {Split.TRAIN: [], Split.TEST: []}
    for pair, split in held_out(preferences.pairs, share):
        parts[split].append(pair)
    return make_of_parts(
        preferences, pairs=parts[Split.TRAIN], tested=parts[Split.TEST], progress=progress, vectors=vectors
    )


def make_of_parts(
    preferences: Preferences,
    *,
    pairs: Sequence[Pair],
    tested: Sequence[Pair],
    progress: Progress | None = None,
    vectors: Vectors | None = None,
) -> tuple[RewardModel | None, Report]:
    """Train on ``pairs``, judge on ``tested``, two parts of the preferences; no model if it is refused.

    With ``vectors`` the model sees embeddings, and another one is trained without, so that the report says what they
    are worth. Too few pairs are refused before anything is embedded.

    Raises:
        BedrockUnavailable: texts cannot be embedded.

    """
    try:
        enough(pairs)
    except TooFewPairs as error:
        return None, report_of(preferences, refused=[str(error)])
    texts = 0 if vectors is None else embed([*pairs, *tested], vectors, progress or (lambda _: None))
    trained = train(pairs, progress, vectors)
    embedded = None
    if vectors is not None:
        embedded = compared(tested, trained.model, train(pairs, progress).model, vectors, texts)
    judgement = judge(trained.model, tested)
    report = report_of(
        preferences,
        refused=judgement.refused,
        held_out=judgement,
        embeddings=embedded,
        training=Training(
            pairs=len(pairs),
            ties=sum(pair.tie for pair in pairs),
            prompts=len({pair.group for pair in pairs}),
            strength=trained.strength,
            losses={f"{strength:g}": loss for strength, loss in trained.losses.items()},
            temperature=trained.temperature,
        ),
        model=trained.model,
    )
    return (None if judgement.refused else trained.model), report


def report_of(
    preferences: Preferences,
    *,
    refused: Sequence[str],
    held_out: Judgement | None = None,
    embeddings: Embedded | None = None,
    training: Training | None = None,
    model: RewardModel | None = None,
) -> Report:
    """Return the report on a file and what was done with it."""
    return Report(
        refused=list(refused),
        seen=preferences.seen,
        used=len(preferences.pairs),
        refused_records=preferences.refused,
        places=preferences.places,
        quality=preferences.quality,
        findings=preferences.findings,
        training=training,
        held_out=held_out,
        embeddings=embeddings,
        model_sha256=None if model is None else hashlib.sha256(model.to_bytes()).hexdigest(),
    )


def unusable(why: str) -> Report:
    """Return the report on a file that cannot be read, or holds no pair."""
    return Report(refused=[why], seen=0, used=0, refused_records=0, places=[], quality=None, findings=[])
