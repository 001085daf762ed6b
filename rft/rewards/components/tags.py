"""Component ``tags``: the wanted tags, in order."""

from __future__ import annotations

import re

from rft.rewards.components.checks import not_empty
from rft.rewards.errors import BadReward
from rft.rewards.parts import tag_contents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rft.rewards.components import Component
    from rft.rewards.sample import Sample

_NAME = re.compile(r"[A-Za-z][\w-]*")


def tags(*, names: tuple[str, ...] = ("think", "answer"), outside: bool = False) -> Component:
    """Return 1 if the answer holds each tag of ``names`` exactly once, closed, with content and in this order, else 0.

    Range: 0 or 1. Text outside the tags is allowed only with ``outside``. Form alone is worth little: give it little
    weight, or make it a factor.
    Source: the format reward of DeepSeek-R1 (arXiv:2501.12948).
    """
    not_empty("names", names)
    for name in names:
        if _NAME.fullmatch(name) is None:
            raise BadReward(f'names: {name!r} is no tag name; write it without brackets, as in "answer"')
    if len(set(names)) < len(names):
        raise BadReward("names: a tag is named twice; each is wanted exactly once")

    def score(sample: Sample) -> float:
        text, place = sample.answer, 0
        for name in names:
            contents = tag_contents(text, name)
            if len(contents) != 1 or not contents[0].strip():
                return 0.0
            start = text.find(f"<{name}>", place)
            if start < 0 or (not outside and text[place:start].strip()):
                return 0.0
            place = text.find(f"</{name}>", start) + len(name) + 3
        return float(outside or not text[place:].strip())

    return score
