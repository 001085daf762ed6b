"""Component ``language``: written in the wanted script."""

from __future__ import annotations

import unicodedata

from rft.rewards.components.checks import not_empty, one_of
from rft.rewards.errors import BadReward

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample

# How the Unicode names of a script's letters begin.
SCRIPTS = (
    "arabic", "armenian", "bengali", "cjk", "cyrillic", "devanagari", "ethiopic", "georgian", "greek", "gujarati",
    "gurmukhi", "hangul", "hebrew", "hiragana", "kannada", "katakana", "khmer", "lao", "latin", "malayalam", "myanmar",
    "sinhala", "tamil", "telugu", "thai", "tibetan",
)  # fmt: skip


class _Names(dict[str, str]):
    """The script of a letter, empty for what is no letter; fills itself."""

    def __missing__(self, char: str) -> str:
        letter = unicodedata.category(char)[0] == "L"
        self[char] = unicodedata.name(char, "?").split(maxsplit=1)[0].lower() if letter else ""
        return self[char]


_NAMES = _Names()


def language(*, scripts: tuple[str, ...] = ("latin",), least: float = 0.9) -> Component:
    """Return the share of letters in one of ``scripts``, as a share of ``least``: at least this much gives 1.

    Range: 0 to 1. An answer without text has 0; one with text but without a letter, such as "72", gives no opinion.
    A script is less than a language: English and French are both ``latin``; Japanese is ``hiragana``, ``katakana`` and
    ``cjk``.
    Source: the language consistency reward of DeepSeek-R1 (arXiv:2501.12948), by letters, as Unicode names them.
    """
    not_empty("scripts", scripts)
    for script in scripts:
        one_of("scripts", script, SCRIPTS)
    if not 0 < least <= 1:
        raise BadReward(f"least: is {least:g}; it must be above 0 and at most 1")

    def score(sample: Sample) -> float | None:
        text = unicodedata.normalize("NFKC", sample.answer).strip()
        if not text:
            return 0.0
        found = [name for char in text if (name := _NAMES[char])]
        if not found:
            return None
        inside = sum(name in scripts for name in found)
        return min(1.0, inside / len(found) / least)

    return score
