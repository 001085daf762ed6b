"""How a training goes: its rollouts period by period, and in windows of enough rollouts to be judged. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct


class Point(Struct, frozen=True, kw_only=True):
    """The rollouts of one period. Failed calls without rollouts count in the period that follows."""

    at: datetime
    mean: float  # of their rewards
    rollouts: int
    spread: float = 0.0  # standard deviation of the rewards of a call
    length: float = 0.0  # characters of an answer
    parse_failures: int = 0
    calls: int = 0  # of the grader, with those that failed
    failures: int = 0  # calls in which the grader raised, an outage of a judge among them
    judge_calls: int = 0  # asked of judges, in calls of the grader that went well
    judge_errors: int = 0  # of these, got over by trying again
    judge_malformed: int = 0  # replies of judges that could not be used, and were asked for again


class Window(Struct, frozen=True, kw_only=True):
    """Consecutive points together: means over rollouts, shares of rollouts and of calls."""

    rollouts: int
    reward: float
    spread: float
    length: float
    parse_failures: float
    failures: int
    failed: float  # share of calls


def windows_of(points: Iterable[Point], rollouts: int) -> list[Window]:
    """Return the points in windows of at least so many rollouts, first to last; what is left over is in none.

    Periods in which nothing was scored do not matter: a window is as long as it takes.
    """
    found: list[Window] = []
    held: list[Point] = []
    for point in points:
        held.append(point)
        if sum(one.rollouts for one in held) >= rollouts:
            found.append(_window(held))
            held = []
    return found


def _window(points: Sequence[Point]) -> Window:
    count = sum(point.rollouts for point in points)
    calls, failures = sum(point.calls for point in points), sum(point.failures for point in points)
    return Window(
        rollouts=count,
        reward=sum(point.mean * point.rollouts for point in points) / count,
        spread=sum(point.spread * point.rollouts for point in points) / count,
        length=sum(point.length * point.rollouts for point in points) / count,
        parse_failures=sum(point.parse_failures for point in points) / count,
        failures=failures,
        failed=failures / calls if calls else 0.0,
    )
