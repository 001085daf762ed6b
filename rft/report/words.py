"""Numbers and foreign texts as a person reads them."""

import unicodedata
from typing import Final

_WANTED: Final = frozenset("\t\n\r\u200c\u200d")  # white space, and joiners that scripts and emoji need
_UNSEEN: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")


def visible(text: str) -> str:
    """Return a text with nothing invisible in it.

    Control characters, marks that turn the direction of what follows, and halves of surrogate pairs are written out.
    """
    return "".join(
        character if character in _WANTED or unicodedata.category(character) not in _UNSEEN else _written(character)
        for character in text
    )


def _written(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def per_cent(share: float) -> str:
    """Return a share, e.g. ``52%``; one that is no whole per cent keeps what tells it from 0 and from all."""
    if 0 < share < 0.01 or 0.99 < share < 1:
        return "under 0.1%" if share < 0.001 else "over 99.9%" if share > 0.999 else f"{share:.1%}"
    return f"{share:.0%}"


def size(count: int) -> str:
    """Return a number of bytes, e.g. ``1.2 MB``; units are powers of 1,000."""
    if count < 1000:
        return f"{count} {'byte' if count == 1 else 'bytes'}"
    for unit, scale in (("kB", 1e3), ("MB", 1e6)):
        if count < 999.95 * scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count / 1e9:.1f} GB"
