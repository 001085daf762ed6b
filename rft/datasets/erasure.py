"""Erasing a person's records from the files of a dataset version: which they are, and the files without them."""

import base64
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from rft.datasets.checks.pseudonyms import Pseudonyms
from rft.datasets.checks.scanning import Detectors, redact
from rft.datasets.rules import Personal
from rft.schemas import Manifest

ERASED: Final = "(erased)"
LEAST: Final = 3  # characters of a value: shorter ones stand in every other record


class Person:
    """Tells whether a text names somebody, by values such as a name, an address, a number or a record's id.

    A value is found as whole words whatever its case and Unicode form. One that our detectors know (an e-mail address,
    a telephone number, a card) is found in any spelling that means the same, and as the pseudonym that stands for it.

    Raises:
        ValueError: a value is shorter than ``LEAST`` characters.

    """

    def __init__(self, values: Sequence[str], pseudonyms: Pseudonyms) -> None:
        if short := [value for value in values if len(value.strip()) < LEAST]:
            raise ValueError(f"{short[0]!r} is too short to tell a person; give at least {LEAST} characters")
        self._pseudonyms = pseudonyms
        self._detectors = Detectors(Personal())
        words = "|".join(re.escape(_even(value.strip())) for value in values)
        self._words = re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])")
        self._names = {name for value in values if (name := self._redacted(value)) != value}

    def named_in(self, text: str) -> bool:
        """Return whether a text names the person."""
        if self._words.search(_even(text)):
            return True
        return bool(self._names) and any(name in text or name in self._redacted(text) for name in self._names)

    def named_by(self, value: Any) -> bool:
        """Return whether a text, key or number anywhere in a JSON value names the person."""
        if isinstance(value, dict):
            return any(self.named_in(key) or self.named_by(inner) for key, inner in value.items())
        if isinstance(value, list):
            return any(map(self.named_by, value))
        return value is not None and self.named_in(str(value))

    def _redacted(self, text: str) -> str:
        return redact(text, self._detectors.scan(text), self._pseudonyms)


def without(lines: Iterable[bytes], person: Person) -> Iterator[bytes | None]:
    """Yield the lines of a split or a quarantine; None in the place of one that names the person.

    The original that a quarantine holds in base64 is looked through as well.
    """
    for line in lines:
        value = json.loads(line)
        original = base64.b64decode(value["original"]).decode(errors="replace") if "original" in value else ""
        yield None if person.named_by(value) or person.named_in(original) else line


def manifest_without(manifest: Manifest, person: Person) -> Manifest:
    """Return a manifest in which no text names the person: findings, slices, annotators, notes."""

    def cleared(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: cleared(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [cleared(inner) for inner in value]
        return ERASED if isinstance(value, str) and person.named_in(value) else value

    return msgspec.convert(cleared(msgspec.to_builtins(manifest)), Manifest, str_keys=True)


def _even(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
