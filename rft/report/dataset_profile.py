"""What the examples of a dataset version look like: lengths, categories, languages, duplicates, pairs."""

from typing import Final

from rft.datasets.checks.balance import Lengths, SliceRow
from rft.datasets.codes import Code
from rft.report import charts, html
from rft.report.charts import Part
from rft.report.preferences import preferences
from rft.report.words import per_cent
from rft.schemas import Manifest

LANGUAGES: Final = 12  # that are named; the rest is one line
CLUSTERS: Final = (2, 3, 4, 5, 10, 100)  # sizes from which on the lines of the picture count


def profile_sections(manifest: Manifest) -> list[str]:
    """Return the sections, empty where there is nothing to show."""
    profile, thresholds = manifest.profile, manifest.rules.thresholds
    return [
        html.section("Lengths of prompts", lengths(profile.lengths) if profile.lengths else ""),
        html.section("Categories", slices(profile.slices, named=manifest.rules.curation.category is not None)),
        html.section("Languages", languages(profile.languages, profile.language_sample)),
        html.section("Duplicates", duplicates(manifest)),
        html.section("Preferences", preferences(profile.preferences, thresholds) if profile.preferences else ""),
    ]


def lengths(of: Lengths) -> str:
    """Return the histogram of prompt lengths with the measures that stand for it."""
    said = (
        f"Half of the prompts have {of.median:,} bytes or fewer (the broken line), 90% at most {of.p90:,}, 99% at most "
        f"{of.p99:,}; the longest has {of.max:,}."
    )
    apart = len(of.counts) > 1 and of.edges[-1] - of.edges[-2] != of.edges[1] - of.edges[0]
    note = " The grey bar holds all that are longer than the rest of the scale." if apart else ""
    drawing = charts.histogram(of.edges, of.counts, f"Histogram of prompt lengths in bytes. {said}", mark=of.median)
    return f'{drawing}\n<p class="soft">Prompts by bytes of the user\'s text. {said}{note}</p>'


def slices(of: list[SliceRow], *, named: bool) -> str:
    """Return the table by category, with bars on one scale; nothing where the task names no category."""
    if not named or not of:
        return ""
    most = max(row.records for row in of)
    kinds = ("train", "validation", "test")
    rows = []
    for row in of:
        parts = [Part(kind, getattr(row, kind), kind) for kind in kinds]
        label = f"{row.name}: " + ", ".join(f"{part.count:,} {part.name}" for part in parts)
        rows.append(
            [
                f"{html.foreign(row.name, 120)}{charts.bar(parts, most, label)}",
                f"{row.records:,} ({per_cent(row.share)})",
                *(f"{part.count:,}" for part in parts),
                f"{row.mean_prompt_bytes:,.0f}",
                per_cent(row.with_reference / row.records),
            ]
        )
    heads = ["Category", "records", *kinds, "mean bytes", "with reference"]
    totals = [Part(kind, sum(getattr(row, kind) for row in of), kind) for kind in kinds]
    return f"{charts.legend(totals)}\n{html.table(heads, rows, counts=len(heads) - 1)}"


def languages(shares: dict[str, float], sample: int) -> str:
    """Return the languages of the sample, the most frequent first."""
    if not shares:
        return ""
    first = dict(list(shares.items())[:LANGUAGES])
    if rest := len(shares) - len(first):
        first[f"{rest} others"] = sum(list(shares.values())[LANGUAGES:])
    most = max(first.values())
    lines = charts.rows(
        (
            "not told apart" if name == "und" else name,
            charts.bar([Part(name, round(share * sample), "train")], most * sample, f"{name}: {per_cent(share)}"),
            per_cent(share),
            "",
        )
        for name, share in first.items()
    )
    return f'{lines}\n<p class="soft">Of a sample of {sample:,} prompts, by ISO 639-1 code.</p>'


def duplicates(manifest: Manifest) -> str:
    """Return how many exact copies went and how many clusters of near duplicates there are, by size."""
    exact, of = manifest.quarantined_by.get(Code.EXACT_DUPLICATE, 0), manifest.profile.clusters
    records = sum(size * count for size, count in of.items())
    said = f"{exact:,} exact {'copy' if exact == 1 else 'copies'} went to quarantine." if exact else "No exact copies."
    if of:
        said += (
            f" {records:,} records have a near duplicate in the file, in {_several(sum(of.values()))}, by their size."
        )
    elif manifest.rules.near_duplicates:
        said += " No near duplicates."
    return f'{_clusters(of)}\n<p class="soft">{said}</p>'


def _clusters(of: dict[int, int]) -> str:
    if not of:
        return ""
    ends = [*(start - 1 for start in CLUSTERS[1:]), max(*of, CLUSTERS[-1])]
    found = []
    for start, end in zip(CLUSTERS, ends, strict=True):
        count = sum(number for many, number in of.items() if start <= many <= end)
        name = str(start) if start == end else f"{start} to {end:,}"
        if count:
            found.append((f"{name} records", count))
    most = max(count for _, count in found)
    return charts.rows(
        (name, charts.bar([Part(name, count, "train")], most, f"{name}: {_several(count)}"), _several(count), "")
        for name, count in found
    )


def _several(count: int) -> str:
    return f"{count:,} {'cluster' if count == 1 else 'clusters'}"
