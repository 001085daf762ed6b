"""Standard form of a record's texts: one Unicode form, one line feed, no outer white space, the task's template."""

import unicodedata

from rft.datasets.items import Example
from rft.datasets.rules import PLACE, Curation


class Standard:
    """Brings examples into the form that ``[data.curation]`` asks for."""

    def __init__(self, curation: Curation) -> None:
        self._evens = curation.standardise
        self._template = curation.template
        self._system = curation.system
        self._changes = curation.template is not None or curation.system is not None

    def apply(self, example: Example) -> None:
        """Change an example in place; ``whole`` goes where the record is no longer what it was.

        NFC and line feeds everywhere; outer white space of prompts alone, since in an answer it may be meant.
        """
        if self._evens:
            messages = example.messages
            for place, message in enumerate(messages):
                text = message["content"]
                if (new := evened(text).strip()) != text and new:
                    # a new list: the decoded one may stand under ``original`` as well
                    example.messages = [*example.messages]
                    example.messages[place] = {**message, "content": new}
                    example.whole = None
            self._answers(example)
        if self._changes:
            self._frame(example)

    def _answers(self, example: Example) -> None:
        reference = example.reference_answer
        if type(reference) is str and (new := evened(reference)) != reference:
            example.reference_answer = new
            example.whole = None
        if example.chosen is not None:
            example.chosen = evened(example.chosen)
        if example.rejected is not None:
            example.rejected = evened(example.rejected)
        if example.answer is not None:
            example.answer = evened(example.answer)

    def _frame(self, example: Example) -> None:
        *before, user = example.messages
        if self._template is not None:
            user = {**user, "content": self._template.replace(PLACE, user["content"])}
        if self._system is not None and not before:
            before = [{"role": "system", "content": self._system}]
        if [*before, user] != example.messages:
            example.messages = [*before, user]
            example.whole = None


def evened(text: str) -> str:
    """Return a text in NFC, its lines ended by line feeds."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() else unicodedata.normalize("NFC", text)
