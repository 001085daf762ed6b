"""Embeddings of texts: each asked of Bedrock once, in parallel, within a deadline; vectors kept by content."""

from __future__ import annotations

import hashlib
import json
import re
from array import array
from collections import OrderedDict
from math import isfinite

from rft.rewards.bedrock import call
from rft.rewards.errors import BedrockUnavailable
from rft.rewards.parallel import ask_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

BYTES = 8_000  # of a text's UTF-8 are sent: the model takes 8,192 tokens, and a token has a byte at least
KEPT = 4_096  # vectors, of 4 bytes a dimension
_WORD = re.compile(r"\w")  # without one there is no meaning, and perhaps, to the model, no text


class Embeddings:
    """Asks one embedding model, and remembers; a text is one for all that it sends.

    ``seconds`` bound one attempt's wait for an answer, ``parallel`` is the number of threads that call; the oldest
    vectors go where there are more than ``kept``, but for those of the texts prepared last.
    """

    def __init__(
        self, *, model: str, dimensions: int, parallel: int = 16, seconds: float = 30.0, kept: int = KEPT
    ) -> None:
        self.model = model
        self.dimensions = dimensions
        self._parallel = parallel
        self._seconds = seconds
        self._most = kept
        self._kept: OrderedDict[bytes, array[float]] = OrderedDict()
        self._nothing = array("f", bytes(4 * dimensions))

    def __call__(self, text: str) -> array[float]:
        """Return a text's vector, of length 1; zeros for a text without a word, about which nobody is asked.

        Raises:
            BedrockUnavailable: it is not at hand, and the model gives none.

        """
        sent = _sent(text)
        if _WORD.search(sent) is None:
            return self._nothing
        key = _key(sent)
        if key not in self._kept:
            self.prepare([text], None)
        return self._kept[key]

    def prepare(self, texts: Iterable[str], deadline: float | None) -> None:
        """Have the vectors of texts at hand; ``deadline`` is on ``time.monotonic``'s clock.

        Raises:
            BedrockUnavailable: the model gives no vector, or not in time.

        """
        wanted = {_key(sent): sent for sent in map(_sent, texts) if _WORD.search(sent)}
        missing = [key for key in wanted if key not in self._kept]
        found = ask_all(
            self._ask,
            [wanted[key] for key in missing],
            parallel=self._parallel,
            deadline=deadline,
            late=f"{self.model}: {{waiting}} of {{asked}} texts had no embedding in time; raise the account's "
            "requests a minute of this model, or timeout_seconds of [grader] where a grader asks",
        )
        self._kept.update(zip(missing, found, strict=True))
        for key in wanted:
            self._kept.move_to_end(key)
        while len(self._kept) > max(self._most, len(wanted)):
            self._kept.popitem(last=False)

    def _ask(self, sent: str) -> array[float]:
        request = {
            "modelId": self.model,
            "contentType": "application/json",
            "accept": "application/json",
            "body": json.dumps({"inputText": sent, "dimensions": self.dimensions, "normalize": True}),
        }
        response = call("invoke_model", request, seconds=self._seconds, parallel=self._parallel)
        return self._vector(response["body"])

    def _vector(self, body: bytes) -> array[float]:
        try:
            answer: Any = json.loads(body)
            vector = array("f", answer["embedding"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise self._unusable(f"{type(error).__name__}: {error}") from error
        if len(vector) != self.dimensions or not all(map(isfinite, vector)):
            raise self._unusable(f"{len(vector)} numbers for {self.dimensions} dimensions, or one that is not finite")
        return vector

    def _unusable(self, why: str) -> BedrockUnavailable:
        return BedrockUnavailable(
            f"{self.model} gave no usable embedding ({why}); see that it is one of text embeddings"
        )


def _sent(text: str) -> str:
    """Return what is sent of a text: its first ``BYTES`` bytes, without lone surrogates and broken characters."""
    return text[:BYTES].encode("utf-8", "replace")[:BYTES].decode("utf-8", "ignore")


def _key(sent: str) -> bytes:
    return hashlib.sha256(sent.encode()).digest()
