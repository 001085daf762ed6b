"""Today's scores of golden samples beside the recorded ones. Pure."""

from collections.abc import Mapping, Sequence
from math import fsum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rft.golden.rules import GoldenRules
from rft.golden.samples import GOLDEN_FILE, GoldenSample, fingerprint

SHOWN: Final = 5  # samples that a message names
DIGITS: Final = 9  # differences are rounded, so that sums of floats do not count as change


class Moved(Struct, frozen=True, kw_only=True):
    """A sample whose score is another than the recorded one by more than the tolerance."""

    id: str
    recorded: float
    now: float


class GoldenCheck(Struct, frozen=True, kw_only=True):
    """What a grader makes of its golden samples."""

    samples: int
    fingerprint: str  # of the samples with their recorded scores
    drift: float  # the largest absolute difference of a score
    mean_drift: float  # the absolute difference of the means
    moved: list[Moved]  # beyond the tolerance, the furthest first
    inside: bool  # no sample, and not their mean, moved beyond its tolerance


def compare(samples: Sequence[GoldenSample], scores: Mapping[str, float], rules: GoldenRules) -> GoldenCheck:
    """Return how far scores, by sample, are from the recorded ones; every sample has both."""
    pairs = [Moved(id=one.id, recorded=one.score or 0.0, now=scores[one.id]) for one in samples]
    moved = sorted((one for one in pairs if _distance(one) > rules.tolerance), key=_distance, reverse=True)
    mean_drift = round(abs(fsum(one.now - one.recorded for one in pairs) / len(pairs)), DIGITS)
    return GoldenCheck(
        samples=len(pairs),
        fingerprint=fingerprint(samples),
        drift=max(_distance(one) for one in pairs),
        mean_drift=mean_drift,
        moved=moved,
        inside=not moved and (rules.mean_tolerance is None or mean_drift <= rules.mean_tolerance),
    )


def record(samples: Sequence[GoldenSample], scores: Mapping[str, float], rules: GoldenRules) -> list[GoldenSample]:
    """Return the samples with today's scores.

    A recorded score within the tolerance stays, so that recording again and again does not let a judge creep away;
    unless the mean of all has moved too far.
    """
    known = [one for one in samples if one.score is not None]
    stays = not known or compare(known, scores, replace(rules, tolerance=float("inf"))).inside
    return [
        one if stays and _stays(one, scores[one.id], rules) else replace(one, score=scores[one.id]) for one in samples
    ]


def drift_words(task: str, check: GoldenCheck, rules: GoldenRules) -> str:
    """Return what moved, which samples, and the fix, for a check that is not inside."""
    if check.moved:
        named = ", ".join(f"{one.id} {one.recorded:g} to {one.now:g}" for one in check.moved[:SHOWN])
        more = f" and {len(check.moved) - SHOWN} more" if len(check.moved) > SHOWN else ""
        said = (
            f"{len(check.moved)} of {check.samples} golden samples moved by more than golden.tolerance "
            f"({rules.tolerance:g}): {named}{more}"
        )
    else:
        said = (
            f"the mean of {check.samples} golden samples moved by {check.mean_drift:g}, more than "
            f"golden.mean_tolerance ({rules.mean_tolerance:g})"
        )
    return (
        f"the grader of {task} is another than the one whose scores are recorded: {said}. If that is meant, run "
        f"`rft golden record --task {task}`, review tasks/{task}/{GOLDEN_FILE}, and deploy; else mend the reward, or "
        "what it asks"
    )


def _stays(sample: GoldenSample, now: float, rules: GoldenRules) -> bool:
    return sample.score is not None and round(abs(now - sample.score), DIGITS) <= rules.tolerance


def _distance(one: Moved) -> float:
    return round(abs(one.now - one.recorded), DIGITS)
