"""A file of preferences as pairs, read as a drop is read: any container and shape, standardised as the task says."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from typing import Any, Final

from msgspec import Struct

from rft.datasets.checks.preferences import PreferenceProfile, PreferenceQuality
from rft.datasets.findings import Finding, Place
from rft.datasets.items import Item, Refused
from rft.datasets.rules import DataRules
from rft.datasets.shapes import converter, detect
from rft.datasets.shapes.fields import look_up
from rft.datasets.sources.compression import Source
from rft.datasets.sources.containers import Reading, open_reading
from rft.datasets.sources.text import SPACE
from rft.datasets.standard import Standard
from rft.errors import DatasetUnreadable
from rft.reward_model.pairs import MOST, Pair, Sampled, pair_of

LOOKED_AT: Final = 100  # records that tell the file's shape
PLACES: Final = 5


class Preferences(Struct, frozen=True, kw_only=True):
    """What a file holds."""

    pairs: list[Pair]
    seen: int  # pairs with different answers; more than ``pairs`` where a sample was taken
    refused: int  # records
    places: list[Place]  # of the first refused ones, with the reasons
    quality: PreferenceProfile | None
    findings: list[Finding]


def read_preferences(stream: Source, rules: DataRules, *, name: str = "", most: int = MOST) -> Preferences:
    """Read the preference pairs of a file, a sample of them where there are more than ``most``.

    Records that are refused are counted, with the first reasons.

    Raises:
        DatasetUnreadable: the file as a whole cannot be read, or holds no pair; the message names place and fix.

    """
    reading = open_reading(stream, name=name)
    items = iter(reading)
    first = list(islice(items, LOOKED_AT))
    convert = converter(detect(list(_decoded(reading, first)), rules), rules)
    standard, quality, sampled = Standard(rules.curation), PreferenceQuality(), Sampled(most)
    refused, places = 0, list[Place]()
    for item in chain(first, items):
        if not item.cut and not item.data.strip(SPACE):
            continue
        try:
            value = reading.decode(item)
            for example in convert(value, None):
                standard.apply(example)
                quality.add(item.line, example)
                if pair := pair_of(item.line, example, _category(value, rules)):
                    sampled.add(pair)
        except Refused as error:
            refused += 1
            if len(places) < PLACES:
                places.append(Place(item.line, f"{error.reason} ({error.code})"))
    if not sampled.seen:
        why = f"; line {places[0].line}: {places[0].detail}" if places else ""
        raise DatasetUnreadable(
            f"{name or 'the file'} holds no preference pair{why}; give records with a prompt, and answers chosen and "
            "rejected, judged or ranked (docs/data.md, Shapes)"
        )
    return Preferences(
        pairs=sampled.pairs,
        seen=sampled.seen,
        refused=refused,
        places=places,
        quality=quality.profile(),
        findings=quality.findings(rules),
    )


def _decoded(reading: Reading, items: list[Item]) -> Iterator[dict[str, Any]]:
    for item in items:
        with suppress(Refused):  # it says so when its turn comes
            yield reading.decode(item)


def _category(value: dict[str, Any], rules: DataRules) -> str:
    name = rules.curation.category
    found = None if name is None else look_up(value, name)
    return "" if found is None else str(found)[:80]
