"""The page of a dataset version says what its manifest says, and nothing in it becomes markup."""

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.datasets.checks.balance import Lengths
from rft.datasets.rules import Curation, DataRules, Thresholds
from rft.report import charts, dataset_profile
from rft.report.dataset import report_of
from rft.report.html import text
from rft.report.preferences import preferences
from rft.report.words import per_cent, size
from rft.schemas import Manifest
from tests.unit.report.manifests import HOSTILE, LONG, manifest, preference_profile, refused
from tests.unit.report.test_render import Reader


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def words(page: str) -> str:
    """Return what a person reads, without style and drawings."""
    body = re.sub("<svg.*?</svg>", "", page[page.index("<body>") :])
    return " ".join(" ".join(read(body).values).split())


def test_an_accepted_version_says_so_first() -> None:
    said = words(report_of(manifest(), refused()))
    assert said.startswith("sums: dataset accepted Version 3f9c2a7715d0be84 Accepted: this version may train.")
    assert "1 check sent records to quarantine, 1 warning." in said


def test_a_rejected_version_gives_its_reasons_first() -> None:
    reasons = ["Too few records; add 93 (too-few-train).", "Too few held out; add 9 (too-few-test)."]
    said = words(report_of(manifest(problems=reasons), refused()))
    assert said.startswith("sums: dataset rejected Version 3f9c2a7715d0be84 Rejected: this version may not train.")
    assert said.index(reasons[0]) < said.index(reasons[1]) < said.index("Findings")


def test_the_counts_add_up_in_words_and_in_the_bar() -> None:
    page = report_of(manifest(), refused())
    assert (
        "10,000 records in the file (12.3 MB as it came, jsonl, judgements): 8,000 train + 1,000 validation + " in page
    )
    first = page[page.index("<svg") : page.index("</svg>")]
    widths = [
        float(width) for width in re.findall(r'class="(?:train|validation|test|out)"[^>]* width="([\d.]+)%"', first)
    ]
    assert widths == [80.0, 10.0, 9.5, 0.5]


def test_a_finding_stands_with_code_fix_and_lines() -> None:
    said = words(report_of(manifest(), []))
    assert "quarantine 50 of 10,000 records: not JSON bad-json What to do: write each record as one JSON object" in said
    assert "line 7: not JSON at character 9 line 12" in said


def test_refused_records_stand_with_their_reason_but_never_with_their_bytes() -> None:
    page = report_of(manifest(), refused())
    assert "The first 10 of 50; with their bytes they stand in datasets/sums/3f9c2a7715d0be84/quarantine.jsonl." in page
    assert "cHJpdmF0ZQ==" not in page
    assert "private" not in page
    assert "line 11" not in page


def test_what_a_task_changed_stands_before_all_settings() -> None:
    said = words(report_of(manifest(), []))
    changed = said[said.index("Settings that the task changed") : said.index("All settings")]
    assert 'columns.prompt "task"' in changed
    assert "thresholds.max_ties 0.4" in changed
    assert "max_position_bias" not in changed
    assert "thresholds.max_position_bias 0.1" in said[said.index("All settings") :]


def test_the_same_manifest_gives_the_same_bytes() -> None:
    again = msgspec.json.decode(msgspec.json.encode(manifest("é")), type=Manifest)
    assert report_of(manifest("é"), refused()) == report_of(again, refused())


def test_a_version_without_any_example_has_a_page() -> None:
    profile = manifest().profile
    empty = manifest(
        records=0,
        examples=0,
        splits={},
        quarantined=0,
        quarantined_by={},
        findings=[],
        profile=msgspec.structs.replace(
            profile, lengths=None, slices=[], languages={}, language_sample=0, clusters={}, preferences=None
        ),
        rules=DataRules(),
    )
    said = words(report_of(empty, []))
    assert "No check found anything." in said
    assert "All settings are the defaults." in said
    assert not re.search("Quarantine|Lengths|Categories|Languages|Preferences", said)


def test_the_page_needs_nothing_from_elsewhere_and_may_ask_for_nothing() -> None:
    page = report_of(manifest(), refused())
    assert not re.search(r"(src|href)=|url\(|@import|<script|<link|<img|<iframe", page)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page


@settings(max_examples=50)
@given(value=st.text(st.characters(), max_size=40) | st.sampled_from([HOSTILE, LONG, '"', "&lt;", "-->", "</title>"]))
def test_no_text_of_a_manifest_becomes_markup(value: str) -> None:
    plain = read(report_of(manifest("."), refused(".")))
    tried = read(report_of(manifest(value), refused(value)))
    assert tried.tags == plain.tags
    assert [name for name, _ in tried.attributes] == [name for name, _ in plain.attributes]


@given(value=st.text(st.characters(), max_size=40))
def test_any_text_can_be_stored_and_hides_nothing(value: str) -> None:
    shown = text(value)
    assert shown.encode().decode() == shown
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", shown)


def test_a_long_text_is_cut() -> None:
    assert text("x" * 10, 5) == "xxxxx…"
    assert len(report_of(manifest(LONG), refused(LONG))) < 80_000


@pytest.mark.parametrize(
    ("counts", "scale"),
    [
        ([0], ["1", "0"]),
        ([3], ["3", "2", "1", "0"]),
        ([80, 75], ["80", "60", "40", "20", "0"]),
        ([101], ["150", "100", "50", "0"]),
    ],
)
def test_a_histogram_has_round_numbers_beside_it(counts: list[int], scale: list[str]) -> None:
    drawn = charts.histogram(list(range(len(counts) + 1)), counts, "", mark=0)
    assert re.findall(r"<span>([\d,]+)</span>", drawn) == scale


@given(data=st.data(), counts=st.lists(st.integers(0, 10**6), min_size=1, max_size=24), width=st.integers(1, 10**6))
def test_bars_of_a_histogram_stay_inside_and_are_as_high_as_they_should(
    data: st.DataObject, counts: list[int], width: int
) -> None:
    edges = [width * place for place in range(len(counts) + 1)]
    if data.draw(st.booleans()):
        edges.append(edges[-1] + data.draw(st.integers(1, 10**9).filter(lambda more: more != width)))
        counts = [*counts, data.draw(st.integers(1, 100))]
    drawn = charts.histogram(edges, counts, "", mark=data.draw(st.integers(0, edges[-2])))
    bars = re.findall(
        r'<rect class="(?:train|out)" x="([\d.]+)%" width="([\d.]+)%" y="([\d.]+)" height="([\d.]+)"', drawn
    )
    assert len(bars) == len(counts)
    before = 0.0
    for (x, wide, y, high), count in zip(bars, counts, strict=True):
        assert before - 0.02 <= float(x)
        before = float(x) + float(wide)
        assert before <= 100.01
        assert float(y) + float(high) == pytest.approx(charts.HIGH, abs=0.2)
        assert (float(high) > 0) == (count > 0)
    highest = max(counts)
    assert all(
        float(bars[place][3]) >= charts.HIGH * 0.49 for place, count in enumerate(counts) if count == highest > 0
    )


def test_lengths_say_what_the_grey_bar_is_where_there_is_one() -> None:
    even = Lengths(median=1, p90=2, p99=2, max=2, edges=[0, 1, 2, 3], counts=[1, 1, 1])
    assert "grey" not in dataset_profile.lengths(even)
    profile = manifest().profile
    assert profile.lengths is not None
    assert "99% at most 114,000; the longest has 999,999. The grey bar" in dataset_profile.lengths(profile.lengths)


def test_how_a_version_was_drawn_from_logs_is_told() -> None:
    said = words(report_of(manifest(), []))
    drawn = said[said.index("Drawn from invocation logs") : said.index("Lengths of prompts")]
    assert "taken 10,000 not drawn, or the same again 19,000 of other days or metadata 20,000" in drawn
    assert "Drawn from 50,000 log entries in 420 objects (1 of them unreadable): 10,000 taken" in drawn
    assert 'days (UTC) 2026-01-01 to the last metadata {"equals":{"team":"support"}} at most 10,000 records' in drawn
    assert "unusable a.json.gz line 3: no text" in drawn
    assert "invocation logs" not in words(report_of(manifest(sampling=None), []))


def test_categories_stand_only_where_a_task_names_them() -> None:
    assert "Categories" in words(report_of(manifest(), []))
    assert "Categories" not in words(report_of(manifest(rules=DataRules(curation=Curation())), []))


def test_languages_beyond_the_first_are_one_line() -> None:
    shares = {f"l{place}": 1 / 20 for place in range(20)}
    said = words(f"<body>{dataset_profile.languages(shares, 200)}")
    assert "l11 5% 8 others 40%" in said
    assert "l12" not in said


def test_clusters_of_near_duplicates_are_counted_by_size() -> None:
    profile = msgspec.structs.replace(manifest().profile, clusters={2: 14, 5: 1, 9: 2, 250: 1})
    said = words(f"<body>{dataset_profile.duplicates(manifest(profile=profile))}")
    assert "2 records 14 clusters 5 to 9 records 3 clusters 100 to 250 records 1 cluster No exact copies." in said
    assert "301 records have a near duplicate in the file, in 18 clusters" in said


def test_exact_copies_are_counted_and_none_is_said_where_there_is_none() -> None:
    profile = msgspec.structs.replace(manifest().profile, clusters={})
    some = manifest(profile=profile, quarantined_by={"exact-duplicate": 27})
    assert (
        words(f"<body>{dataset_profile.duplicates(some)}") == "27 exact copies went to quarantine. No near duplicates."
    )
    off = manifest(profile=profile, rules=DataRules(near_duplicates=False))
    assert words(f"<body>{dataset_profile.duplicates(off)}") == "No exact copies."


def test_preferences_show_measures_with_what_is_tolerated() -> None:
    said = words(f"<body>{preferences(preference_profile(), Thresholds())}")
    assert "Annotators agree 0.86 Krippendorff's alpha of 999 pairs" in said
    assert "The answer shown first wins 47% of 894 pairs; 95% interval 44% to 50%; tolerated: 40% to 60%" in said
    assert "The longer answer wins 68% of 887 pairs; 95% interval 64% to 71%; tolerated: 30% to 70%" in said
    assert "Ties 11% of 999 pairs" in said
    assert "3 pairs, in 1 group of answers" in said
    assert "ann 96% 999 votes; of 900 that can be compared, 860 are as most others'" in said
    assert "1 of 3, those with most votes." in said


def test_pairs_without_votes_have_no_agreement() -> None:
    alone = msgspec.structs.replace(
        preference_profile(), agreement=None, first_wins=None, longer_wins=None, circles=0, circles_looked_at=0.25
    )
    said = words(f"<body>{preferences(alone, Thresholds())}")
    assert "none; looked for in 25% of the prompts" in said
    assert not re.search("agree|wins|Annotators", said)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0%"),
        (0.0004, "under 0.1%"),
        (0.004, "0.4%"),
        (0.5, "50%"),
        (0.996, "99.6%"),
        (0.9999, "over 99.9%"),
        (1, "100%"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_all(share: float, said: str) -> None:
    assert per_cent(share) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (4_300_000_000, "4.3 GB"),
    ],
)
def test_sizes_are_told_in_powers_of_a_thousand(count: int, said: str) -> None:
    assert size(count) == said
