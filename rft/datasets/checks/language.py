"""The languages of a sample of prompts, by a naive Bayes model over bytes (py3langid, 97 languages)."""

import heapq
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

SIZE: Final = 256  # texts; a share of one half is then known to about +- 6 percentage points (95 %)
CHARACTERS: Final = 1000  # of a text that are looked at
FEW: Final = 20  # letters; fewer tell no language
SURE: Final = 0.5  # probability of the best language
UNKNOWN: Final = "und"  # ISO 639: undetermined


class LanguageSample:
    """The texts with the smallest keys, the same whatever the order. Memory: ``size`` texts of 1,000 characters."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._heap: list[tuple[int, str]] = []  # the largest key first, as its negative
        self._most = 2**64

    def add(self, key: int, text: str) -> None:
        """Offer a text. ``key`` is a hash of it, evenly spread over 0 to 2^64 - 1."""
        if key > self._most:
            return
        entry = (-key, text[:CHARACTERS])
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)
        if len(self._heap) == self._size:
            self._most = -self._heap[0][0]

    def __len__(self) -> int:
        return len(self._heap)

    def shares(self) -> dict[str, float]:
        """Return the share of each language (ISO 639-1, or "und") in the sample, the largest first.

        Loads the model: half a second.
        """
        if not self._heap:
            return {}
        model = _model()
        counts: dict[str, int] = {}
        for _, text in self._heap:
            language = UNKNOWN
            if sum(map(str.isalpha, text)) >= FEW:
                best, probability = model.classify(text)
                language = best if probability >= SURE else UNKNOWN
            counts[language] = counts.get(language, 0) + 1
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return {language: count / len(self._heap) for language, count in ordered}


@cache
def _model() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
