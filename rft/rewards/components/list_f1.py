"""Component ``list_f1``: how much of the wanted text is there, repeats counted."""

from __future__ import annotations

from collections import Counter

from rft.rewards.components.checks import one_of
from rft.rewards.errors import MissingReference
from rft.rewards.parts import check_part, read_part, reference_value, references
from rft.rewards.words import items, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def list_f1(*, part: str = "whole", key: str = "", level: str = "token") -> Component:
    """Return F1 of the answer's words against the best reference's, each word as often as it is there.

    Range: 0 to 1. ``level`` is ``token`` (words) or ``item`` (a JSON list, lines, or split by ``;`` or ``,``; the
    reference is then one list, not a choice of answers); both are normalised. Order does not count.
    Source: SQuAD's F1 (Rajpurkar and others, arXiv:1606.05250), the most over the references.
    """
    check_part(part)
    one_of("level", level, ("item", "token"))

    def score(sample: Sample) -> float:
        if level == "item":
            wanted = [items(reference_value(sample, key))]
        else:
            wanted = [tokens(text) for text in references(sample, key)]
        wanted = [words for words in wanted if words]
        if not wanted:
            raise MissingReference(f"sample {sample.id}: reference_answer {sample.reference!r:.80} holds no {level}")
        text = read_part(sample.answer, part)
        found = Counter(items(text) if level == "item" else tokens(text))
        return max(_f1(found, Counter(words)) for words in wanted)

    return score


def _f1(found: Counter[str], wanted: Counter[str]) -> float:
    return 2 * (found & wanted).total() / (found.total() + wanted.total())
