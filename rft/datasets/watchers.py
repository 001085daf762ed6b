"""Checks that look at all admitted examples: languages, near duplicates, and what somebody else is asked about."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from rft.datasets.checks.language import LanguageSample
from rft.datasets.checks.near_duplicates import NearDuplicates
from rft.datasets.checks.personal import text_of
from rft.datasets.checks.preferences import PreferenceQuality
from rft.datasets.findings import Finding
from rft.datasets.items import Example
from rft.datasets.keys import text_key
from rft.datasets.rules import DataRules
from rft.datasets.writing import Files


class Prompt(msgspec.Struct):
    """What of a line its user's text is read from."""

    messages: list[dict[str, str]]


_prompt: Final = msgspec.json.Decoder(Prompt).decode


class Languages:
    """Offers the users' texts to the sample whose languages are told."""

    def __init__(self) -> None:
        self.sample = LanguageSample()

    def see(self, row: int, line: int, example: Example, raw: bytes, *, personal: bool) -> None:
        """Offer the user's text."""
        user = example.messages[-1]["content"]
        self.sample.add(text_key(user), user)

    def see_texts(self, first: int, users: Sequence[str]) -> None:
        """Offer the users' texts of rows one behind the other."""
        for user in users:
            self.sample.add(text_key(user), user)


MOST: Final = 100_000  # rows that are compared: 330 MB; Bedrock takes 20,000


class Alike:
    """Puts the users' texts of the first rows into the index of near duplicates. The texts stay in the files."""

    def __init__(self, rules: DataRules, files: Files) -> None:
        self.most = MOST
        self._files = files
        self.beyond: Callable[[int], str] = str  # the text of a negative row
        self.index = NearDuplicates(threshold=rules.thresholds.near_duplicate, text_of=self._text)

    def see(self, row: int, line: int, example: Example, raw: bytes, *, personal: bool) -> None:
        """Add the user's text."""
        if row < self.most:
            self.index.add(row, example.messages[-1]["content"])

    def see_texts(self, first: int, users: Sequence[str]) -> None:
        """Add the users' texts of rows one behind the other."""
        self.index.add_all(first, users[: max(self.most - first, 0)])

    def _text(self, row: int) -> str:
        return self.beyond(row) if row < 0 else _prompt(self._files.line(row)).messages[-1]["content"]


class Pairs:
    """Measures the quality of preference pairs."""

    def __init__(self) -> None:
        self.quality = PreferenceQuality()

    def see(self, row: int, line: int, example: Example, raw: bytes, *, personal: bool) -> None:
        """Take the pair in, if it is one."""
        self.quality.add(line, example)


class Opinion(Protocol):
    """Somebody else's opinion on personal data, asked about a sample of the records."""

    def offer(self, line: int, raw: bytes, text: Callable[[], str], *, ours: bool) -> None:
        """Consider a record for the sample; ``text`` returns its texts, ``ours`` says that we found something."""

    def finding(self) -> Finding | None:
        """Ask, and return what we had missed; None if nothing."""


class Asked:
    """Offers records to an opinion."""

    def __init__(self, opinion: Opinion) -> None:
        self._opinion = opinion

    def see(self, row: int, line: int, example: Example, raw: bytes, *, personal: bool) -> None:
        """Offer the record."""
        self._opinion.offer(line, raw, lambda: text_of(example), ours=personal)
