"""The report's three forms hold the same facts, and no value breaks out of its place."""

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from rft.interval import Interval
from rft.keys import RunStatus
from rft.report.document import Document, Section, document_of
from rft.report.render import markdown, page, subject, text
from rft.schemas import Dataset, Forecast, Quarantined
from tests.unit.report.test_ending import CHAMPION, RESULT, run

HOSTILE = "<script>alert('x')</script> | a\n# b & \"c\""


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.values: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_data(self, data: str) -> None:
        self.values.append(data)


def document(value: str = "plain") -> Document:
    return Document(
        title=f"sums {value}",
        status=RunStatus.PROMOTED,
        message=value,
        sections=[Section(title="Evaluation", rows=[(value, value)])],
        rewards={"baseline": Interval(mean=0.4, low=0.3, high=0.5), value: Interval(mean=-1.5, low=-2.0, high=1.2)},
    )


@given(value=st.text(max_size=40) | st.just(HOSTILE))
def test_no_value_becomes_markup(value: str) -> None:
    plain, tried = Reader(), Reader()
    plain.feed(page(document()))
    tried.feed(page(document(value)))
    assert tried.tags == plain.tags
    assert [name for name, _ in tried.attributes] == [name for name, _ in plain.attributes]


def test_values_are_read_back_as_they_were() -> None:
    reader = Reader()
    reader.feed(page(document(HOSTILE)))
    assert HOSTILE in "".join(reader.values)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    html = page(document())
    assert not re.search(r"(src|href)=|url\(|@import|<script", html)
    assert html.count("<circle") == 2


def test_a_table_of_markdown_keeps_its_two_columns() -> None:
    row = next(line for line in markdown(document(HOSTILE)).splitlines() if line.startswith("| &lt;script"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 3


def test_the_notification_has_figures_and_the_place_of_the_report() -> None:
    ended = run(status=RunStatus.PROMOTED, message="Promoted.", champion=CHAMPION, evaluation=RESULT)
    body = text(document_of(ended, None, []), "s3://b/report.html")
    assert body.startswith("Promoted.\n")
    assert "gain over baseline: +0.243 [+0.210, +0.270], 95% interval" in body
    assert "arn:serves" in body
    assert body.rstrip().endswith("Report: s3://b/report.html")


def test_the_subject_tells_the_status_first() -> None:
    ended = run(status=RunStatus.GATE_REJECTED)
    assert subject("rft-dev", document_of(ended, None, []), "sums-1") == "rft-dev: sums: GATE_REJECTED (sums-1)"


def test_the_report_on_the_data_is_named() -> None:
    data = Dataset(bucket="d", version="9f", manifest_key="m", splits={}, quarantined=0, quarantine_key="q")
    body = text(document_of(run(status=RunStatus.DATA_REJECTED, dataset=data), None, []), "s3://b/report.html")
    assert "report on the data: s3://d/datasets/sums/9f/report.html" in body


def test_empty_sections_are_left_out_and_others_hold_what_the_record_has() -> None:
    forecast = Forecast(items={"training": 12.5}, total_usd=1234.5)
    ended = run(status=RunStatus.FAILED, message="m", forecast=forecast, ended_at="2026-01-01T01:02:03+00:00")
    refused = [Quarantined(record=n, line=n, code="bad-json", reason="r", original="") for n in range(1, 9)]
    sections = {section.title: dict(section.rows) for section in document_of(ended, None, refused).sections}
    assert set(sections) == {"Run", "Forecast", "First quarantined lines"}
    assert sections["Forecast"]["at most, in all"] == "1,234.50 USD"
    assert sections["Run"]["ended"].endswith("(1 h 2 min)")
    assert len(sections["First quarantined lines"]) == 5
