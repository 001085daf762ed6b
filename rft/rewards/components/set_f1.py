"""Component ``set_f1``: which of the wanted things are named."""

from __future__ import annotations

from rft.rewards.components.checks import one_of
from rft.rewards.errors import MissingReference
from rft.rewards.parts import check_part, read_part, reference_value
from rft.rewards.words import items, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def set_f1(*, part: str = "whole", key: str = "", level: str = "item") -> Component:
    """Return F1 of the answer's set against the reference's: 2 x common / (size of one + size of the other).

    Range: 0 to 1. ``level`` is ``item`` (a JSON list, lines, or split by ``;`` or ``,``) or ``token`` (words); both are
    normalised, and repeats do not count.
    Source: the harmonic mean of precision and recall (van Rijsbergen, Information Retrieval, 1979), Dice's coefficient.
    """
    check_part(part)
    one_of("level", level, ("item", "token"))

    def score(sample: Sample) -> float:
        value = reference_value(sample, key)
        wanted = set(items(value) if level == "item" else tokens(str(value)))
        if not wanted:
            raise MissingReference(f"sample {sample.id}: reference_answer {value!r:.80} holds no {level}")
        text = read_part(sample.answer, part)
        found = set(items(text) if level == "item" else tokens(text))
        return 2 * len(wanted & found) / (len(wanted) + len(found))

    return score
