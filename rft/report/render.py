"""A report as Markdown, as a page that needs nothing else, and as the text of a notification."""

from html import escape

from rft.interval import Interval
from rft.keys import RunStatus
from rft.report.document import Document, Section

WENT_WELL = (RunStatus.PROMOTED,)
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #d8dee4;"
    "overflow-wrap:anywhere}th{width:14rem;font-weight:600}.message{padding:.75rem 1rem;border-left:4px solid}"
    ".good{border-color:#1a7f37;background:#eefbf1}.bad{border-color:#bf8700;background:#fff8e5}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th,td{border-color:#30363d}"
    ".good{background:#0f2417}.bad{background:#2b2111}}"
)
WIDTH, LABEL, ROW = 720, 110, 28  # of the drawing, in pixels


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
    mood = "good" if document.status in WENT_WELL else "bad"
    tables = "\n".join(_table(section) for section in document.sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{escape(document.title)}</h1>\n<p class="message {mood}">{escape(document.message)}</p>\n'
        f"{_drawing(document.rewards)}{tables}\n</body>\n</html>\n"
    )


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


def _table(section: Section) -> str:
    rows = "\n".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in section.rows)
    return f"<h2>{escape(section.title)}</h2>\n<table>\n{rows}\n</table>"


def _drawing(rewards: dict[str, Interval]) -> str:
    """Return mean rewards with their intervals on one scale, as SVG."""
    if not rewards:
        return ""
    low = min(0.0, *(interval.low for interval in rewards.values()))
    high = max(1.0, *(interval.high for interval in rewards.values()))

    def across(value: float) -> float:
        return LABEL + (value - low) / (high - low) * (WIDTH - LABEL - 20)

    marks = []
    for place, (model, interval) in enumerate(rewards.items()):
        y = ROW * place + ROW / 2
        marks.append(
            f'<text x="0" y="{y + 5:.0f}" fill="currentColor">{escape(model)}</text>'
            f'<line x1="{across(interval.low):.1f}" x2="{across(interval.high):.1f}" y1="{y:.0f}" y2="{y:.0f}" '
            'stroke="currentColor" stroke-width="3"/>'
            f'<circle cx="{across(interval.mean):.1f}" cy="{y:.0f}" r="6" fill="#0969da"/>'
        )
    height = ROW * (len(rewards) + 1)
    scale = "".join(
        f'<text x="{across(value):.1f}" y="{height - 8}" fill="currentColor" text-anchor="middle">{value:g}</text>'
        for value in (low, high)
    )
    return (
        f'<svg role="img" aria-label="Mean reward of each model with its interval" viewBox="0 0 {WIDTH} {height}" '
        f'width="100%" font-size="14">{"".join(marks)}{scale}</svg>\n'
    )
