"""SHA-256 beside the work: one thread hashes and writes what was handed over, while the caller goes on.

That is a fifth of curation's processor time, and it lets go of the interpreter, so that a second core takes it over.
Each time the thread comes back for the interpreter the caller may stand still, so it is handed large pieces, whole.
"""

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import IO, Final, Self

PIECE: Final = 1 << 20  # bytes that are handed over at once


class Hashing:
    """The thread; it ends with the ``with`` statement."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sha256")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def sha256(self, target: IO[bytes] | None = None) -> "Sum":
        """Return a new sum; what it takes in is written to ``target`` too."""
        return Sum(self._pool, target)


class Sum:
    """The SHA-256 of the bytes that it was given. Memory: twice ``PIECE``, one to fill and one with the thread."""

    def __init__(self, pool: ThreadPoolExecutor, target: IO[bytes] | None) -> None:
        self._pool, self._target = pool, target
        self._hash = hashlib.sha256()
        self._filled, self._other = memoryview(bytearray(PIECE)), memoryview(bytearray(PIECE))
        self._size = 0
        self._handed: Future[None] | None = None  # the work on the other one

    def update(self, data: bytes) -> None:
        """Take bytes in, behind those before.

        Raises:
            OSError: what was taken in before could not be written.

        """
        left = memoryview(data)
        while left:
            part = left[: len(self._filled) - self._size]
            end = self._size + len(part)
            self._filled[self._size : end] = part
            self._size, left = end, left[len(part) :]
            if end == len(self._filled):
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
        self._wait()
        if self._size:
            self._handed = self._pool.submit(self._take, self._filled[: self._size])
            self._filled, self._other = self._other, self._filled
            self._size = 0

    def _wait(self) -> None:
        if self._handed is not None:
            self._handed.result()
            self._handed = None

    def _take(self, data: memoryview) -> None:
        if self._target is not None:
            self._target.write(data)
        self._hash.update(data)
