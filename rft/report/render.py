"""A report as Markdown, as a page that needs nothing else, and as the text of a notification."""

from rft.interval import Interval
from rft.keys import RunStatus
from rft.report import charts, html
from rft.report.document import Document
from rft.report.ending import interval_words

MOODS = {RunStatus.PROMOTED: "good", RunStatus.GATE_REJECTED: "wary", RunStatus.DATA_REJECTED: "wary"}


def markdown(document: Document) -> str:
    """Return the report as Markdown."""
    lines = [f"# {_cell(document.title)}", "", _cell(document.message), ""]
    for section in document.sections:
        lines += [f"## {section.title}", "", "| | |", "|---|---|"]
        lines += [f"| {_cell(name)} | {_cell(value)} |" for name, value in section.rows]
        lines.append("")
    return "\n".join(lines)


def page(document: Document) -> str:
    """Return the report as one HTML file without scripts and links to anything; every value is escaped."""
    body = [
        f"<h1>{html.foreign(document.title)}</h1>",
        f'<p class="message {MOODS.get(document.status, "bad")}">{html.foreign(document.message)}</p>',
        html.section("Mean reward", _drawing(document.rewards)),
        *(html.section(section.title, html.facts(section.rows)) for section in document.sections),
    ]
    return html.page(document.title, "\n".join(part for part in body if part))


def text(document: Document, report_uri: str) -> str:
    """Return the body of the notification: what happened, the figures, what to do, where the report is."""
    lines = [document.message, ""]
    for section in document.sections:
        if section.title in ("Evaluation", "Serving", "Data", "First quarantined lines", "Removed"):
            lines += [f"{section.title}:", *(f"  {name}: {value}" for name, value in section.rows), ""]
    return "\n".join([*lines, f"Report: {report_uri}", ""])


def subject(prefix: str, document: Document, run_id: str) -> str:
    """Return the notification's subject, the telling part first."""
    return f"{prefix}: {document.title} ({run_id})"


def _cell(value: str) -> str:
    plain = " ".join(value.split()).replace("\\", "\\\\").replace("|", "\\|")
    return plain.replace("<", "&lt;").replace(">", "&gt;")


def _drawing(rewards: dict[str, Interval]) -> str:
    """Return mean rewards with their intervals on one scale."""
    if not rewards:
        return ""
    low = min(0.0, *(interval.low for interval in rewards.values()))
    high = max(1.0, *(interval.high for interval in rewards.values()))
    drawn = charts.rows(
        (model, charts.interval(of, f"{model}: {interval_words(of)}", low=low, high=high), f"{of.mean:.3f}", "")
        for model, of in rewards.items()
    )
    note = f"The dots are means, their lines the intervals; all on a scale from {low:g} to {high:g}."
    return f'{drawn}\n<p class="soft">{note}</p>'
