"""Preference pairs as a reward model learns from them."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from rft.datasets.items import Example
from rft.datasets.keys import MASK, folded_key, mixed
from rft.keys import Split
from rft.rewards.model.features import LOOKED_AT

MOST: Final = 20_000  # pairs that a model is trained and tested on
MOST_TEXT: Final = 20_000_000  # characters of their answers: four minutes of one processor, 2 GB of files


class Pair(Struct, frozen=True, kw_only=True):
    """Two answers to a prompt of which the first is better, or neither (``tie``)."""

    line: int  # of the file, for messages
    prompt: str
    better: str
    worse: str
    tie: bool
    group: int  # 64 bits; equal prompts have one group: they are trained on together or held out together
    category: str = ""
    unanimous: bool | None = None  # whether all annotators voted the same; None: fewer than two votes


def pair_of(line: int, example: Example, category: str = "") -> Pair | None:
    """Return the pair of an example; None where it has none, or where its answers are equal and so teach nothing."""
    if example.chosen is None or example.rejected is None or example.chosen == example.rejected:
        return None
    votes = example.votes or []
    return Pair(
        line=line,
        prompt=example.user,
        better=example.chosen,
        worse=example.rejected,
        tie=example.tie,
        group=folded_key(example.user),
        category=category,
        unanimous=len({vote.verdict for vote in votes}) == 1 if len(votes) > 1 else None,
    )


class Sampled:
    """Pairs, of which at most ``most`` are kept, with ``text`` characters of answers, as many as are looked at.

    Whole prompts go, by their key, so that the order does not matter.
    """

    def __init__(self, most: int = MOST, text: int = MOST_TEXT) -> None:
        self._most = most
        self._most_text = text
        self._text = 0
        self._end = 1 << 64
        self.pairs: list[Pair] = []
        self.seen = 0

    def add(self, pair: Pair) -> None:
        """Take in a pair."""
        self.seen += 1
        if _place(pair) < self._end:
            self.pairs.append(pair)
            self._text += _text(pair)
        while len(self.pairs) > self._most or self._text > self._most_text:
            self._end //= 2
            self.pairs = [kept for kept in self.pairs if _place(kept) < self._end]
            self._text = sum(map(_text, self.pairs))


def held_out(pairs: Iterable[Pair], share: float) -> Iterator[tuple[Pair, Split]]:
    """Yield each pair with TEST for about ``share`` of the prompts, drawn by hash, and TRAIN for the rest."""
    for pair in pairs:
        yield pair, Split.TEST if pair.group / 2**64 < share else Split.TRAIN


def _text(pair: Pair) -> int:
    return min(len(pair.better), LOOKED_AT) + min(len(pair.worse), LOOKED_AT)


def _place(pair: Pair) -> int:
    # another hash than that of the splits: thinning out must not empty one of them
    return mixed(pair.group, 1) * 0xBF58476D1CE4E5B9 & MASK
