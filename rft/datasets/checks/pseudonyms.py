"""Stable names for what was redacted: the same value gets the same name, and the name does not give it away."""

import hashlib
import hmac
from typing import Final

DIGITS: Final = 10  # hexadecimal; among 20,000 different values two share a name with a chance of 1 in 5,000


class Pseudonyms:
    """Pseudonyms under one key: HMAC-SHA256 of kind and normalised value, cut to ``DIGITS`` digits.

    Whoever has the key can find out whether a guessed value was meant, so the key is as secret as the data. Another
    key gives other names; keep it for as long as versions of a dataset are compared.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError(f"a key of {len(key)} bytes is too short; use at least 16 random bytes")
        self._key = key

    def of(self, kind: str, normal: str) -> str:
        """Return the pseudonym of a value that the kind's ``normal`` has evened out, e.g. ``<email-1f3a9c20b4>``."""
        message = f"{kind}|{normal}".encode(errors="surrogatepass")
        return f"<{kind}-{hmac.new(self._key, message, hashlib.sha256).hexdigest()[:DIGITS]}>"


def derived_key(task: str) -> bytes:
    """Return a task's key where none is configured.

    It is weak: who knows the task's name can test guesses. It keeps values out of sight, not out of reach.
    """
    return hashlib.sha256(b"rft personal data|" + task.encode(errors="surrogatepass")).digest()
