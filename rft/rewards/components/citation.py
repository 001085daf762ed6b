"""Component ``citation``: what the answer quotes is in the prompt."""

from __future__ import annotations

import re
import unicodedata

from rft.rewards.components.checks import between

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample

# No class holds its own opening mark, so that unclosed quotes cost no more than their length.
_QUOTES = re.compile(r'"([^"]*)"|\u201c([^\u201c\u201d]*)\u201d|\u00ab([^\u00ab\u00bb]*)\u00bb|\u300c([^\u300c\u300d]*)\u300d')  # fmt: skip  # noqa: E501


def citation(*, least: int = 1, most: int = 20, shortest: int = 8) -> Component:
    """Return the share of the answer's different quotes that stand in the prompt word for word.

    Range: 0 to 1. Quotes are text in quotation marks of ``shortest`` characters or more; case and spaces do not count.
    Of fewer than ``least`` the missing ones count as wrong, and so do those beyond ``most``. With ``least = 0`` an
    answer without quotes gives no opinion.
    Source: attribution by verbatim quotes (Menick and others, arXiv:2203.11147), checked against the prompt alone.
    """
    between("least", least, 0)
    between("most", most, max(least, 1), 100)
    between("shortest", shortest, 1)

    def score(sample: Sample) -> float | None:
        read = (_plain("".join(groups)) for groups in _QUOTES.findall(sample.answer))
        quotes = list(dict.fromkeys(quote for quote in read if len(quote) >= shortest))
        if not quotes:
            return None if least == 0 else 0.0
        source = _plain("\n".join(text for _, text in sample.messages))
        return sum(quote in source for quote in quotes[:most]) / max(len(quotes), least)

    return score


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(".,;: ")
