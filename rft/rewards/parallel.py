"""Many questions asked in threads at once, within a deadline."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from rft.rewards.errors import BedrockUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


THREADS = "asking"  # what their names begin with


def ask_all(
    ask: Callable[[Any], Any], questions: Sequence[Any], *, parallel: int, deadline: float | None, late: str
) -> list[Any]:
    """Return what ``ask`` returns for each question, in their order; ``deadline`` is on ``time.monotonic``'s clock.

    Raises:
        BedrockUnavailable: some have no answer in time; ``late`` says whose, with places for ``waiting`` and ``asked``.
        Exception: what ``ask`` raises first.

    """
    if not questions:
        return []
    pool = ThreadPoolExecutor(min(parallel, len(questions)), thread_name_prefix=THREADS)
    try:
        asked: list[Any] = [pool.submit(ask, question) for question in questions]
        seconds = None if deadline is None else max(0.0, deadline - time.monotonic())
        done, waiting = wait(asked, timeout=seconds, return_when=FIRST_EXCEPTION)
        for one in done:
            one.result()
        if waiting:
            raise BedrockUnavailable(late.format(waiting=len(waiting), asked=len(asked)))
        return [one.result() for one in asked]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
