"""How a dataset version was drawn from invocation logs; part of its manifest."""

from msgspec import Struct

from rft.datasets.metadata_filter import MetadataFilter


class Sampling(Struct, frozen=True, kw_only=True):
    """What was read, what was left out and why. ``seen`` = ``filtered`` + ``unusable`` + ``unreadable`` + candidates.

    ``kept`` of the candidates are in the sample: all different ones, unless ``max_records`` or the sample's size in
    bytes is the less. The same logs and source give the same values, however the work was shared out.
    """

    s3_uri: str
    metadata_filter: MetadataFilter | None = None
    first_day: str | None = None  # ISO 8601, UTC, included
    last_day: str | None = None
    max_records: int
    objects: int  # read
    bytes: int  # of these, as they are stored
    unreadable_objects: int  # whose end could not be read
    seen: int  # records in the objects
    filtered: int  # other days or other metadata than asked for
    unusable: int  # failed calls, no text, no entries of an invocation log
    unreadable: int  # no JSON objects, or too long
    kept: int
    notes: dict[str, list[str]]  # examples of what was unusable or unreadable: object, line, reason
    method: str  # in words


def drawn(sampling: Sampling) -> str:
    """Return how many entries were drawn of how many, and why not the others, as a sentence."""
    others = {
        "of other days or metadata": sampling.filtered,
        "unusable": sampling.unusable,
        "unreadable": sampling.unreadable,
    }
    why = "".join(f", {count:,} {what}" for what, count in others.items() if count)
    where = f"{sampling.objects:,} objects"
    if sampling.unreadable_objects:
        where += f" ({sampling.unreadable_objects:,} of them unreadable)"
    return f"Drawn from {sampling.seen:,} log entries in {where}: {sampling.kept:,} taken{why}."
