"""The page of a dataset version, ``report.html``: may it train, what was found, what went where, and its origin."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from rft.datasets.codes import CHECKS, Severity
from rft.datasets.findings import Finding, Place
from rft.datasets.flat import flat
from rft.datasets.rules import DataRules
from rft.keys import Split
from rft.report import charts, html
from rft.report.charts import Part
from rft.report.dataset_profile import profile_sections
from rft.report.drawn import drawn_from
from rft.report.words import per_cent, size
from rft.schemas import Manifest, Quarantined

SHOWN: Final = 10  # refused records that the page lists
DETAIL: Final = 300  # characters of what is said of one record
WORDS: Final = {
    Severity.REJECT: ("reason to reject", "reasons to reject"),
    Severity.QUARANTINE: ("check sent records to quarantine", "checks sent records to quarantine"),
    Severity.WARN: ("warning", "warnings"),
    Severity.NOTE: ("note", "notes"),
}


def report_of(manifest: Manifest, refused: Sequence[Quarantined]) -> str:
    """Return the page of a dataset version; ``refused`` are the first records of its quarantine.

    The same manifest and records give the same bytes. The page holds no record's text, because it is passed on more
    freely than the data: a reason names what is wrong, the quarantine has the bytes.
    """
    state = "rejected" if manifest.problems else "accepted"
    parts = [
        f"<header>\n<h1>{html.text(manifest.task)}: dataset {state}</h1>\n"
        f'<p class="soft">Version <code>{html.text(manifest.version)}</code></p>\n{_verdict(manifest)}\n</header>',
        _counts(manifest),
        html.section("Findings", _findings(manifest.findings)),
        html.section("Quarantine", _reasons(manifest), _refused(manifest, refused)),
        html.section("Drawn from invocation logs", drawn_from(manifest.sampling) if manifest.sampling else ""),
        *profile_sections(manifest),
        html.section("Where it comes from", html.facts(_origin(manifest)), _settings(manifest)),
    ]
    return html.page(f"{manifest.task}: dataset {state}", "\n".join(part for part in parts if part))


def first_refused(quarantine: Path) -> list[Quarantined]:
    """Return the refused records of a quarantine file that its page shows."""
    decode = msgspec.json.Decoder(Quarantined).decode
    with quarantine.open("rb") as lines:
        return [decode(line) for line in islice(lines, SHOWN)]


def _verdict(manifest: Manifest) -> str:
    counts = {severity: sum(one.severity is severity for one in manifest.findings) for severity in WORDS}
    said = [f"{count} {WORDS[severity][count > 1]}" for severity, count in counts.items() if count]
    summary = f"{', '.join(said)}." if said else "No check found anything."
    if not manifest.problems:
        return f'<div class="message good"><b>Accepted: this version may train.</b><p>{summary}</p></div>'
    reasons = "".join(f"<li>{html.foreign(problem)}</li>" for problem in manifest.problems)
    return f'<div class="message bad"><b>Rejected: this version may not train.</b><ul>{reasons}</ul></div>'


def _counts(manifest: Manifest) -> str:
    parts = [Part(split, manifest.splits[split].records, split) for split in Split if split in manifest.splits]
    parts.append(Part("quarantined", manifest.quarantined, "out"))
    tiles = "".join(
        f'<div class="tile {part.kind}"><b>{part.count:,}</b><span class="soft">{part.name}'
        f"{f', {per_cent(part.count / manifest.examples)}' if manifest.examples else ''}</span></div>"
        for part in parts
    )
    sum_of = " + ".join(f"{part.count:,} {part.name}" for part in parts)
    of_one = "" if manifest.examples == manifest.records else f", which hold {manifest.examples:,} examples"
    profile = manifest.profile
    said = (
        f"{manifest.records:,} records in the file ({size(manifest.source_bytes)} as it came, {profile.container}, "
        f"{profile.shape}){of_one}: {sum_of}."
    )
    drawing = charts.bar(parts, manifest.examples, f"Of {manifest.examples:,} examples: {sum_of}")
    shown = drawing if manifest.examples else ""
    return f'<section>\n<div class="tiles">{tiles}</div>\n{shown}\n<p class="soft">{html.text(said)}</p>\n</section>'


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return "<p>No check found anything.</p>"
    return html.table(["Severity", "Finding", "First lines"], [_finding(one) for one in findings])


def _finding(one: Finding) -> list[str]:
    places = "".join(f"<li>{_place(place)}</li>" for place in one.places)
    return [
        f'<span class="chip {one.severity}">{one.severity}</span>',
        f"{html.foreign(one.message)} <code>{one.code}</code><br>"
        f'<span class="soft">What to do: {html.foreign(one.fix)}</span>',
        f"<ul>{places}</ul>" if places else "",
    ]


def _place(place: Place) -> str:
    detail = f': <span class="soft">{html.foreign(place.detail, DETAIL)}</span>' if place.detail else ""
    return f"line {place.line:,}{detail}"


def _reasons(manifest: Manifest) -> str:
    titles = {str(check.code): check.title for check in CHECKS.values()}
    most = max(manifest.quarantined_by.values(), default=0)
    return charts.rows(
        (code, charts.bar([Part(code, count, "out")], most, f"{code}: {count:,}"), f"{count:,}", titles.get(code, ""))
        for code, count in manifest.quarantined_by.items()
    )


def _refused(manifest: Manifest, refused: Sequence[Quarantined]) -> str:
    if not refused:
        return ""
    shown = refused[:SHOWN]
    rows = [
        [f"line {one.line:,}", f"{html.foreign(one.reason, DETAIL)} <code>{html.foreign(one.code)}</code>"]
        for one in shown
    ]
    what = (
        "All of them" if len(shown) == manifest.quarantined else f"The first {len(shown)} of {manifest.quarantined:,}"
    )
    where = html.text(f"{what}; with their bytes they stand in {manifest.quarantine_key}.")
    return f'<h3>Refused records</h3>\n{html.table(["Line", "Reason"], rows)}\n<p class="soft">{where}</p>'


def _origin(manifest: Manifest) -> Iterator[tuple[str, str]]:
    yield "version", manifest.version
    yield "version before it", manifest.parent_version or "none"
    yield "dropped file, SHA-256", manifest.source_sha256
    for name, file in manifest.splits.items():
        yield name, f"{file.key}: {size(file.bytes)}, SHA-256 {file.sha256}"
    yield "quarantine", manifest.quarantine_key
    yield "this page", manifest.report_key
    yield "held out", ", ".join(f"{name} {per_cent(share)}" for name, share in manifest.shares.items())
    yield "code version", manifest.code_version


def _settings(manifest: Manifest) -> str:
    """Return the thresholds and what differs from the defaults, then all settings, folded in."""
    rules, usual = flat(manifest.rules), flat(DataRules())
    changed = [(name, _value(value)) for name, value in rules.items() if usual.get(name) != value]
    ours = html.facts(changed) or '<p class="soft">All settings are the defaults.</p>'
    whole = html.facts((name, _value(value)) for name, value in rules.items())
    return (
        f"<h3>Settings that the task changed</h3>\n{ours}\n"
        f"<details>\n<summary>All settings</summary>\n{whole}\n</details>"
    )


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value not in (None, []) else "none"
