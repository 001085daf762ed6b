"""From an item's value to examples in the project's form: one converter for each shape that people have.

A converter is lossless: every field of the record is in the example, what it has no place for under its own name in
``extra``, what it took apart as it came under ``original``.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Final

from rft.datasets.items import Example, Shape
from rft.datasets.rules import DataRules
from rft.datasets.shapes import demonstrations, judgements, logs, preferences, prompts, rankings, ratings
from rft.errors import DatasetUnreadable

Convert = Callable[[dict[str, Any], bytes | None], list[Example]]

# In the order in which a record is tried: the first shape that fits is its own.
_ROOMS: Final[dict[Shape, ModuleType]] = {
    Shape.INVOCATION_LOGS: logs,
    Shape.PREFERENCES: preferences,
    Shape.JUDGEMENTS: judgements,
    Shape.RANKINGS: rankings,
    Shape.RATINGS: ratings,
    Shape.DEMONSTRATIONS: demonstrations,
    Shape.PROMPTS: prompts,
}


def detect(values: Sequence[dict[str, Any]], rules: DataRules) -> Shape:
    """Return the shape of most of a file's first records, or the one that the task names.

    Raises:
        DatasetUnreadable: nothing fits; the message says which fields there are and what to write into task.toml.

    """
    if rules.shape is not None:
        return rules.shape
    votes = Counter(shape for value in values if (shape := _shape(value, rules)) is not None)
    if votes:
        return max(_ROOMS, key=lambda shape: votes[shape])
    if not values:
        return Shape.PROMPTS  # nothing to go by: each record says for itself what is wrong
    names = sorted({name for value in values for name in value})
    shown = ", ".join(name[:40] for name in names[:8]) or "none"
    raise DatasetUnreadable(
        f"no field is known as a prompt (fields: {shown}); name it in task.toml: [data.columns] prompt = "
        f'"{names[0][:40] if names else "question"}"'
    )


def converter(shape: Shape, rules: DataRules) -> Convert:
    """Return the function that makes examples of a value; its second argument is the value's bytes where it has a line.

    It raises Refused with code and reason.
    """
    convert: Callable[[dict[str, Any], bytes | None, DataRules], list[Example]] = _ROOMS[shape].convert
    return lambda value, raw: convert(value, raw, rules)


def _shape(value: dict[str, Any], rules: DataRules) -> Shape | None:
    return next((shape for shape, room in _ROOMS.items() if room.fits(value, rules)), None)
