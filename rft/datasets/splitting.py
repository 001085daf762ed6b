"""Which split a record belongs to: a function of its prompt and the shares alone.

So a record never moves when others are added, equal prompts stay together, and what was held out once stays held out.
"""

import hashlib
import unicodedata

from rft.keys import Split
from rft.tasks import Splits


def normal_prompt(text: str) -> str:
    """Return the user's text with what does not change its meaning evened out: Unicode form, case, white space."""
    folded = unicodedata.normalize("NFD", text).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def prompt_key(text: str) -> bytes:
    """Return the 32 bytes that stand for a user's text. The system message is left out: rewording it moves nothing."""
    return hashlib.sha256(normal_prompt(text).encode()).digest()


def split_of(key: bytes, shares: Splits) -> Split:
    """Return the split of a prompt; ``key`` comes from ``prompt_key``. Test comes first: its share alone decides it."""
    place = int.from_bytes(key[:8], "big") / 2**64
    if place < shares.test:
        return Split.TEST
    if place < shares.test + shares.validation:
        return Split.VALIDATION
    return Split.TRAIN
