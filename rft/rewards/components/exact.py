"""Component ``exact``: the same characters."""

from __future__ import annotations

import unicodedata

from rft.rewards.parts import check_part, read_part, references

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample


def exact(*, part: str = "whole", key: str = "", ignore_case: bool = False) -> Component:
    """Return 1 if the ``part`` of the answer is one of the references character by character, else 0.

    Range: 0 or 1. Outer space does not count, nor does how Unicode composes a character (form NFC).
    Source: exact match, as in Rajpurkar and others, arXiv:1606.05250, without its normalisation.
    """
    check_part(part)

    def read(text: str) -> str:
        same = unicodedata.normalize("NFC", text.strip())
        return same.casefold() if ignore_case else same

    def score(sample: Sample) -> float:
        wanted = references(sample, key)
        found = read(read_part(sample.answer, part))
        return float(any(read(reference) == found for reference in wanted))

    return score
