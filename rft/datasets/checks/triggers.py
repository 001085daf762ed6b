"""Many patterns over a text in one pass, in time linear in the text whatever it holds: Hyperscan."""

import threading
from collections.abc import Iterable


class Triggers:
    """Numbered regular expressions over bytes, compiled into one automaton. Threads may share it."""

    def __init__(self, patterns: Iterable[tuple[int, str]]) -> None:
        import hyperscan  # only who looks for personal data pays for it

        numbers, expressions = zip(*patterns, strict=True)
        self._scratch_of = hyperscan.Scratch
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=[expression.encode() for expression in expressions],
            ids=list(numbers),
            elements=len(numbers),
            flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(numbers),
        )
        self._local = threading.local()

    def fired(self, data: bytes) -> list[int]:
        """Return the numbers of the patterns that match somewhere, in no certain order."""
        try:
            scratch = self._local.scratch
        except AttributeError:
            scratch = self._local.scratch = self._scratch_of(self._database)
        fired: list[int] = []
        self._database.scan(data, _note, 0, fired.append, scratch)
        return fired


def _note(number: int, start: int, end: int, flags: int, note: object) -> None:
    note(number)  # type: ignore[operator] # hyperscan hands the context back as it is
