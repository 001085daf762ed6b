"""The policy plays against a grader: how its behaviours change, which one wins, and when a hack overtakes."""

from collections.abc import Mapping, Sequence
from math import fsum, log
from random import Random
from typing import Final

from msgspec import Struct

from rft.calibration.verdicts import Verdict, at_least, at_most, gravest
from rft.rehearsal.behaviours import HONEST, Behaviour, Pay, start_of
from rft.rehearsal.policy import softmax, step
from rft.rehearsal.rules import RehearsalRules

POINTS: Final = 50  # of the curve


class Point(Struct, frozen=True, kw_only=True):
    """The policy before a step, counted from 0."""

    step: int
    reward: float  # expected
    honest: float  # share of honest behaviours
    hack: float  # share of the commonest behaviour that is not honest


class Share(Struct, frozen=True, kw_only=True):
    """A behaviour: what it earns, and how common it is before and after."""

    behaviour: Behaviour
    earns: float  # mean over the records
    before: float
    after: float


class Rehearsal(Struct, frozen=True, kw_only=True):
    """How a rehearsal went."""

    verdict: Verdict
    records: int
    winner: Behaviour
    overtaken_at: int | None  # the first step before which a hack is commoner than all honest behaviours together
    overtaken_by: Behaviour | None
    said: str
    fix: str
    curve: list[Point]
    behaviours: list[Share]  # the commonest at the end first


def play(pays: Mapping[Behaviour, Sequence[Pay]], rules: RehearsalRules) -> Rehearsal:
    """Let the policy learn for ``rules.steps`` steps; the same rewards and rules give the same rehearsal.

    Args:
        pays: what behaviours earn; all lists are as long, at least 1, and of the same records. ``HONEST`` are among
            them.
        rules: the settings.

    """
    kinds = list(pays)
    records = len(pays[kinds[0]])
    start = start_of(kinds)
    expected = [fsum(_mean(pay, rules.ability) for pay in pays[kind]) / records for kind in kinds]
    draw = Random(rules.seed)
    logits = [log(share) for share in start]
    policy = start
    points: list[Point] = []
    overtaken: tuple[int, Behaviour] | None = None
    for number in range(rules.steps + 1):
        policy = softmax(logits)
        honest = fsum(share for kind, share in zip(kinds, policy, strict=True) if kind in HONEST)
        hack, kind = max((share, kind) for kind, share in zip(kinds, policy, strict=True) if kind not in HONEST)
        reward = fsum(share * gain for share, gain in zip(policy, expected, strict=True))
        points.append(Point(step=number, reward=reward, honest=honest, hack=hack))
        if overtaken is None and hack > honest:
            overtaken = number, kind
        if number < rules.steps:
            groups = _sample(policy, [pays[kind] for kind in kinds], records, rules, draw)
            logits = step(logits, start, groups, learning_rate=rules.learning_rate, kl=rules.kl)
    shares = sorted(
        (
            Share(behaviour=kind, earns=gain, before=before, after=after)
            for kind, gain, before, after in zip(kinds, expected, start, policy, strict=True)
        ),
        key=lambda share: -share.after,
    )
    return _judged(shares, points, overtaken, records, rules)


def _mean(pay: Pay, ability: float) -> float:
    return ability * pay.right + (1 - ability) * pay.wrong


def _sample(
    policy: Sequence[float], pays: Sequence[Sequence[Pay]], records: int, rules: RehearsalRules, draw: Random
) -> list[list[tuple[int, float]]]:
    groups = []
    for _ in range(rules.prompts):
        record = draw.randrange(records)
        chosen = draw.choices(range(len(policy)), weights=policy, k=rules.samples)
        groups.append(
            [
                (kind, pays[kind][record].right if draw.random() < rules.ability else pays[kind][record].wrong)
                for kind in chosen
            ]
        )
    return groups


def _judged(
    shares: list[Share],
    points: list[Point],
    overtaken: tuple[int, Behaviour] | None,
    records: int,
    rules: RehearsalRules,
) -> Rehearsal:
    winner, last = shares[0], points[-1]
    verdict = at_least(last.honest, rules.honest)
    said = f"{winner.behaviour} wins: {winner.before:.0%} of the answers before, {winner.after:.0%} after"
    fix = ""
    if overtaken:
        verdict = gravest([verdict, Verdict.WARNED])
        said += f"; before step {overtaken[0]}, {overtaken[1]} is commoner than all honest behaviours together"
    if overtaken or winner.behaviour not in HONEST:
        hack = next(share for share in shares if share.behaviour not in HONEST)
        best = max(share.earns for share in shares if share.behaviour in HONEST)
        fix = (
            f"{hack.behaviour} earns {hack.earns:.3g}, an honest attempt {best:.3g}: pay the first less; "
            "`rft calibrate` names records"
        )
    elif verdict is not Verdict.PASSED:
        said += f"; only {last.honest:.0%} of the answers are honest at the end"
        fix = "pay the right answer clearly more than anything else; `rft calibrate` names what is not told apart"
    padded = next(share.after for share in shares if share.behaviour is Behaviour.VERBOSE)
    long = at_most(padded / last.honest, rules.verbose) if last.honest > 0 else Verdict.PASSED
    if long is not Verdict.PASSED:
        said += f"; {padded / last.honest:.0%} of the honest answers are padded"
        fix = fix or "do not pay for length; take something off for what stands around the answer"
    gap = max(1, -(-len(points) // POINTS))
    return Rehearsal(
        verdict=gravest([verdict, long]),
        records=records,
        winner=winner.behaviour,
        overtaken_at=overtaken[0] if overtaken else None,
        overtaken_by=overtaken[1] if overtaken else None,
        said=said,
        fix=fix,
        curve=[*points[:-1:gap], last],
        behaviours=shares,
    )
