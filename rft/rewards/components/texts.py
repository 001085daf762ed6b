"""What the metrics of texts compare: the answer, not too long, and the references that say anything."""

from __future__ import annotations

from rft.rewards.errors import MissingReference
from rft.rewards.parts import read_part, references

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.sample import Sample

LONGEST = 20_000  # characters: n-grams of a megabyte take seconds, and a batch waits for its slowest


def texts_of(sample: Sample, part: str, key: str) -> tuple[str, list[str]]:
    """Return a part of the answer, cut off behind 20,000 characters, and the references, cut off as well.

    Raises:
        UnreadableAnswer: the answer does not have the part.
        MissingReference: the record has no reference with a letter or a digit.

    """
    wanted = [text[:LONGEST] for text in references(sample, key) if any(map(str.isalnum, text))]
    if not wanted:
        raise MissingReference(f"sample {sample.id}: reference_answer {sample.reference!r:.80} holds no text")
    return read_part(sample.answer, part)[:LONGEST], wanted
