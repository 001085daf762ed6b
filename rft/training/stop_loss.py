"""Whether a training is lost and goes on costing money: the table ``[stop_loss]`` of a task.toml, and the decision.

Every judgement is on the last two windows, and both must be at fault: one bad window stops nothing.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct

from rft.training.curve import Point, Window, windows_of

RECENT: Final = 2  # windows that must be at fault, the last ones
SHORT: Final = 250.0  # characters: shorter answers count as so long, for they may well grow
FEW: Final = 5  # failed calls that say nothing yet

Share = Annotated[float, Meta(ge=0, le=1)]


class StopLoss(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a training is stopped before its end. A threshold at its upper bound stops nothing."""

    on: bool = True
    window: Annotated[int, Meta(ge=100)] = 1000  # rollouts that are judged together
    reward_fall: Annotated[float, Meta(gt=0)] = 0.5  # from the best window, of its reward and of its spread
    grader_failures: Share = 0.2  # of calls
    parse_failures: Share = 0.8  # of rollouts, if they are not becoming fewer
    length_growth: Annotated[float, Meta(gt=1)] = 8.0  # times the first window


def stop_reason(points: Sequence[Point], rules: StopLoss) -> str | None:
    """Return why a training with this curve should be stopped, with figures and fix; None if it should go on.

    The reward has collapsed where it lies below the best earlier window by more than ``reward_fall`` of that window's
    reward and of its spread: rare successes, whose mean is all noise, do not look like a collapse. Parse failures
    count where they are no fewer than in the first window: a base model learns the form. Answers have exploded where
    they are longer than ``length_growth`` times the first window's, of which ``SHORT`` characters are the least.
    """
    windows = windows_of(points, rules.window)
    recent = windows[-RECENT:]
    if not rules.on or len(recent) < RECENT:
        return None
    earlier = windows[:-RECENT]
    found = _unreliable(recent, rules) or _unreadable(windows[0], recent, rules)
    return found or (_collapsed(earlier, recent, rules) or _exploded(earlier[0], recent, rules) if earlier else None)


def _unreliable(recent: Sequence[Window], rules: StopLoss) -> str | None:
    share = min(one.failed for one in recent)
    if share <= rules.grader_failures or sum(one.failures for one in recent) < FEW:
        return None
    return (
        f"the grader fails too often: {share:.0%} of its calls, more than stop_loss.grader_failures "
        f"({rules.grader_failures:g}); see its log for the error, and try it again with `rft grade`"
    )


def _unreadable(first: Window, recent: Sequence[Window], rules: StopLoss) -> str | None:
    share = min(one.parse_failures for one in recent)
    if share <= rules.parse_failures or recent[-1].parse_failures < first.parse_failures:
        return None
    return (
        f"answers cannot be read: {share:.0%} are parse failures, more than stop_loss.parse_failures "
        f"({rules.parse_failures:g}), and {first.parse_failures:.0%} were at first; say the form in the prompts, or "
        "let the grader read what the model writes"
    )


def _collapsed(earlier: Sequence[Window], recent: Sequence[Window], rules: StopLoss) -> str | None:
    best = max(earlier, key=lambda one: one.reward)
    last = max(one.reward for one in recent)
    if best.reward - last <= rules.reward_fall * max(abs(best.reward), best.spread):
        return None
    return (
        f"the reward has collapsed: {last:.3f} after {best.reward:.3f}, a fall by more than stop_loss.reward_fall "
        f"({rules.reward_fall:g}); lower hyperparameters.learningRate"
    )


def _exploded(first: Window, recent: Sequence[Window], rules: StopLoss) -> str | None:
    length = min(one.length for one in recent)
    if length <= rules.length_growth * max(first.length, SHORT):
        return None
    return (
        f"answers have exploded: {length:,.0f} characters after {first.length:,.0f}, more than stop_loss.length_growth "
        f"({rules.length_growth:g} times); give the reward a length component, or lower "
        "hyperparameters.inferenceMaxTokens"
    )
