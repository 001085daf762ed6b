r"""Component ``choice``: the right letter of a multiple choice."""

from __future__ import annotations

import re

from rft.rewards.components.checks import between
from rft.rewards.errors import MissingReference, UnreadableAnswer
from rft.rewards.parts import check_part, read_part, references

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def choice(*, part: str = "whole", key: str = "", options: int = 4) -> Component:
    r"""Return 1 if the answer chooses the letter of the reference, one of the first ``options`` letters, else 0.

    Range: 0 or 1. The choice is what "answer is B", "answer: (B)" or ``\boxed{B}`` names; without them, a letter alone
    on a line, or before ``)``, ``.`` or ``:`` at the start of the text. Two different choices in the same style are
    none.
    Source: answer extraction as in MMLU-Pro's evaluation ("answer is (X)"; Wang and others, arXiv:2406.01574).
    """
    check_part(part)
    between("options", options, 2, len(LETTERS))
    letters = f"[{LETTERS[:options]}]"
    small = f"[{LETTERS[:options]}{LETTERS[:options].lower()}]"
    styles = (
        re.compile(rf"\b[Aa]nswer(?: is|:)[ \t]{{0,4}}[*(\"']{{0,3}}({letters})(?![\w'])"),
        re.compile(rf"\\boxed\{{[ \t]{{0,4}}(?:\\text\{{)?\(?({small})\)?\}}"),
        re.compile(rf"^[ \t]{{0,8}}[*(\"']{{0,3}}({small})[*)\"'.]{{0,4}}[ \t]{{0,8}}$", re.MULTILINE),
        re.compile(rf"\A[*(\"']{{0,3}}({letters})[).:](?!\w)"),
    )
    alone = re.compile(rf"\(?({small})(?:[).:](?:\s|\Z)|\Z)")

    def score(sample: Sample) -> float:
        wanted = {match[1].upper() for text in references(sample, key) if (match := alone.match(text)) is not None}
        if not wanted:
            told = f"reference_answer {sample.reference!r:.80} names no option"
            raise MissingReference(f"sample {sample.id}: {told} A to {LETTERS[options - 1]}")
        text = read_part(sample.answer, part)
        for style in styles:
            found = {letter.upper() for letter in style.findall(text)}
            if len(found) > 1:
                raise UnreadableAnswer(f"several choices: {', '.join(sorted(found))}")
            if found:
                return float(found.pop() in wanted)
        raise UnreadableAnswer("no choice")

    return score
