"""Questions of one event: each asked once, in parallel, within a budget and a deadline; answers kept by content."""

from __future__ import annotations

import threading
from collections import OrderedDict

from rft.rewards.errors import BedrockUnavailable
from rft.rewards.parallel import ask_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

KEPT = 8192  # replies, of some 100 bytes each


class Reply:
    """What came of a question; ``value`` is None where no usable answer came.

    The counts are of what was sent for it: ``calls``, of these ``malformed`` answers, and ``errors`` that botocore got
    over by trying again.
    """

    __slots__ = ("calls", "errors", "malformed", "value")

    def __init__(self, value: float | None, calls: int = 0, malformed: int = 0, errors: int = 0) -> None:
        self.value = value
        self.calls = calls
        self.malformed = malformed
        self.errors = errors

    def take(self) -> tuple[int, int, int]:
        """Return calls, errors and malformed answers, and forget them: they are told once."""
        taken = self.calls, self.errors, self.malformed
        self.calls = self.errors = self.malformed = 0
        return taken


class Desk:
    """Asks and remembers.

    ``ask`` answers one question, and calls its second argument before each request that it sends. A question's key is
    the hash of all that it sends, so that a kept reply is that of an equal question; the oldest of ``KEPT`` go first.
    """

    def __init__(
        self, ask: Callable[[Any, Callable[[], None]], Reply], *, name: str, parallel: int, max_calls: int
    ) -> None:
        self._ask = ask
        self._name = name
        self._parallel = parallel
        self._max_calls = max_calls
        self._kept: OrderedDict[bytes, float] = OrderedDict()
        self._event: dict[bytes, Reply] = {}

    def prepare(self, questions: Mapping[bytes, Any], deadline: float | None) -> None:
        """Have the replies to an event's questions ready; ``deadline`` is on ``time.monotonic``'s clock.

        Raises:
            BedrockUnavailable: one cannot be answered, not in time, or not within ``max_calls``.

        """
        self._event = {key: Reply(self._kept[key]) for key in questions if key in self._kept}
        missing = [key for key in questions if key not in self._event]
        self._event |= dict(zip(missing, self._all([questions[key] for key in missing], deadline), strict=True))
        for key in questions:
            self._keep(key, self._event[key].value)

    def reply(self, key: bytes) -> Reply | None:
        """Return the reply to a question of the prepared event; None if it is none of its questions."""
        return self._event.get(key)

    def _all(self, questions: list[Any], deadline: float | None) -> list[Reply]:
        if not questions:
            return []
        left = _Budget(self._name, self._max_calls, len(questions))
        return ask_all(
            lambda question: self._ask(question, left.spend),
            questions,
            parallel=self._parallel,
            deadline=deadline,
            late=f"{self._name}: {{waiting}} of {{asked}} questions had no answer in time; raise timeout_seconds of "
            "[grader] or `parallel`, or choose a faster judge",
        )

    def _keep(self, key: bytes, value: float | None) -> None:
        if value is None:
            return  # asked again in the next event
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)


class _Budget:
    """The calls that one event may still make."""

    def __init__(self, name: str, most: int, needed: int) -> None:
        self._lock = threading.Lock()
        self._name, self._most, self._left = name, most, most
        if needed > most:
            raise BedrockUnavailable(self._told(needed))

    def spend(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left < 0:
                raise BedrockUnavailable(self._told(self._most + 1))

    def _told(self, needed: int) -> str:
        return f"{self._name}: one event needs {needed} calls or more, and max_calls is {self._most}; raise max_calls"
