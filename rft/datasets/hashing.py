"""SHA-256 beside the work: one thread hashes and writes what was handed over, while the caller goes on.

That is a seventh of curation's processor time, and it lets go of the interpreter, so that a second core takes it over.
"""

import hashlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import IO, Final, Self

PIECE: Final = 1 << 18  # bytes that are handed over at once
WAITING: Final = 16  # pieces that may wait; so a slow disk holds up the caller, and memory stays bounded


class Hashing:
    """The thread; it ends with the ``with`` statement."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sha256")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def sha256(self, target: IO[bytes] | None = None) -> "Sum":
        """Return a new sum; what it takes in is written to ``target`` too."""
        return Sum(target, hand_over=self._hand_over, wait=self._wait)

    def _hand_over(self, call: Callable[[list[bytes]], None], pieces: list[bytes]) -> None:
        if len(self._waiting) >= WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(call, pieces))

    def _wait(self) -> None:
        while self._waiting:
            self._waiting.popleft().result()


class Sum:
    """The SHA-256 of the bytes that it was given."""

    def __init__(
        self,
        target: IO[bytes] | None,
        *,
        hand_over: Callable[[Callable[[list[bytes]], None], list[bytes]], None],
        wait: Callable[[], None],
    ) -> None:
        self._hash = hashlib.sha256()
        self._target = target
        self._hand_over, self._wait = hand_over, wait
        self._held: list[bytes] = []
        self._size = 0

    def update(self, data: bytes) -> None:
        """Take bytes in, behind those before.

        Raises:
            OSError: what was taken in before could not be written.

        """
        self._held.append(data)
        self._size += len(data)
        if self._size >= PIECE:
            self._flush()

    def settle(self) -> None:
        """Return when all is hashed and written.

        Raises:
            OSError: it could not be written.

        """
        self._flush()
        self._wait()

    def hexdigest(self) -> str:
        """Return the hash of all that was taken in, in hexadecimal digits."""
        self.settle()
        return self._hash.hexdigest()

    def _flush(self) -> None:
        if self._held:
            self._hand_over(self._take, self._held)
            self._held, self._size = [], 0

    def _take(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            if self._target is not None:
                self._target.write(piece)
            self._hash.update(piece)
