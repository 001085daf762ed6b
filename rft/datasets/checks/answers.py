"""Answers that teach nothing: empty ones, refusals, boilerplate, badly rated ones, and pairs of equal answers.

Refusals and boilerplate are looked for in demonstrated and rated answers and in those of logs, not in pairs: there, a
refusal may be the better answer. Refusals are told by how an answer begins, in the first ``LOOKED_AT`` characters; the
patterns have no nested repetition, so their time is bounded.
"""

import re
from collections.abc import Iterator
from typing import Final

from rft.datasets.codes import Code
from rft.datasets.items import Example
from rft.datasets.rules import Curation

LOOKED_AT: Final = 120
_ACT: Final = (
    "help|assist|answer|comply|provide|fulfil|fulfill|create|discuss|engage|generate|write|continue|complete|process"
    "|do that|do this|support|share|give|offer|participate|respond|access|browse|be able"
)
_REFUSES: Final = re.compile(
    rf"(?:i'm sorry|i am sorry|sorry|i apologi[sz]e|my apologies|unfortunately)[,.]? ?(?:but )?"
    rf"(?:as an ai[^,]{{0,40}}, ?)?"
    rf"i(?: can(?:not|'t| not)| am (?:unable|not able)|'m (?:unable|not able)| won't| will not| am not allowed)"
    rf"|i (?:can(?:not|'t| not)|won't|will not) (?:{_ACT})\b"
    rf"|i(?:'m| am) (?:unable|not able|not allowed) to (?:{_ACT})\b"
    rf"|as an ai(?: language model| assistant| model)?,? i(?: can| am|'m| do not| don't)"
    rf"|es tut mir leid, (?:aber )?(?:ich kann|das kann ich)|ich kann (?:dir |ihnen )?(?:dabei |damit )?nicht helfen"
    rf"|je suis désolée?,? (?:mais )?je ne peux pas|lo siento,? (?:pero )?no puedo"
)
_SAYS_NOTHING: Final = frozenset(
    (
        "...", "…", "-", "n/a", "todo", "tbd", "placeholder", "see above", "no answer", "your answer here",
        "insert answer here", "[answer]", "<answer>", "{answer}",
    )
)  # fmt: skip
_LOREM: Final = "lorem ipsum"


class Answers:
    """What a task takes for a refusal, for boilerplate, and for a rating that is too low."""

    def __init__(self, curation: Curation) -> None:
        self._refusals = tuple(text.casefold() for text in curation.refusals)
        self._boilerplate = _SAYS_NOTHING | {text.strip().casefold() for text in curation.boilerplate}
        self._least = curation.min_rating

    def problems(self, example: Example) -> Iterator[tuple[Code, str]]:
        """Yield what is wrong with the answers of an example, with the reason and the fix."""
        if example.chosen is not None and not example.tie and _same(example.chosen, example.rejected or ""):
            yield Code.SAME_ANSWERS, "chosen and rejected are the same answer; drop the pair, or mark it as a tie"
        if example.answer is not None:
            yield from self._answer(example.answer)
        if self._least is not None and example.rating is not None and example.rating.value < self._least:
            yield (
                Code.LOW_RATING,
                f"the rating {example.rating.value:g} is below curation.min_rating ({self._least:g}); lower that to "
                f"keep the record",
            )

    def _answer(self, answer: str) -> Iterator[tuple[Code, str]]:
        text = answer.strip()
        if not text:
            yield Code.EMPTY_ANSWER, "the answer is empty; fill it in, or leave the record out"
            return
        start = text[:LOOKED_AT].casefold().replace("\u2019", "'")
        if _REFUSES.match(start) or (self._refusals and start.startswith(self._refusals)):
            yield (
                Code.REFUSAL,
                f'the answer refuses ({_shown(text)}); leave the record out, or set checks.refusal to "off" if '
                f"refusing is right",
            )
        if text.casefold() in self._boilerplate or start.startswith(_LOREM):
            yield Code.BOILERPLATE, f"the answer says nothing ({_shown(text)}); give a real one"


def _same(one: str, other: str) -> bool:
    return one == other or one.split() == other.split()


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")
