"""How a dataset version was drawn from invocation logs: what was read, what was left out and why."""

from collections.abc import Iterator

import msgspec

from rft.datasets.sampling import Sampling, drawn
from rft.report import charts, html
from rft.report.charts import Part
from rft.report.words import size


def drawn_from(of: Sampling) -> str:
    """Return the section's markup."""
    others = of.seen - of.filtered - of.unusable - of.unreadable - of.kept
    parts = [
        Part("taken", of.kept, "train"),
        Part("not drawn, or the same again", others, "validation"),
        Part("of other days or metadata", of.filtered, "test"),
        Part("unusable or unreadable", of.unusable + of.unreadable, "out"),
    ]
    drawing = f"{charts.bar(parts, of.seen, drawn(of))}\n{charts.legend(parts)}\n" if of.seen else ""
    return f'{drawing}<p class="soft">{html.text(drawn(of))}</p>\n{html.facts(_facts(of))}'


def _facts(of: Sampling) -> Iterator[tuple[str, str]]:
    yield "logs", f"{of.s3_uri}: {size(of.bytes)} as they are stored"
    if of.first_day or of.last_day:
        yield "days (UTC)", f"{of.first_day or 'the first'} to {of.last_day or 'the last'}"
    if of.metadata_filter is not None:
        yield "metadata", msgspec.json.encode(of.metadata_filter).decode()
    yield "at most", f"{of.max_records:,} records"
    yield "how", of.method
    for kind, notes in of.notes.items():
        for note in notes:
            yield kind, note
