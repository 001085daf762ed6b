"""The pages of reports in a real browser: nothing fetched, nothing cut off, everything readable, on a phone as well."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from rft.datasets.curate import Surroundings, curate
from rft.keys import RunStatus
from rft.report.dataset import report_of
from rft.report.document import document_of
from rft.report.render import page as run_page
from rft.tasks import load_task
from tests.pages.watching import Opened, contrast
from tests.unit.report.manifests import HOSTILE, LONG, MARKUP, manifest, refused
from tests.unit.report.test_ending import CHAMPION, RESULT, run

pytestmark = pytest.mark.xdist_group("pages")

Show = Callable[[str], Opened]
TASKS = Path(__file__).parents[2] / "tasks"
PROBLEM = "7 of 12 accepted records are left to train on, and Bedrock needs at least 100; add 144 (too-few-train)."


def of_a_run(text: str = "") -> str:
    """Return the page of a run."""
    ended = run(status=RunStatus.PROMOTED, message=f"Promoted. {text}", champion=CHAMPION, evaluation=RESULT)
    return run_page(document_of(ended, None, refused(text)))


PAGES = {
    "accepted": report_of(manifest(), refused()),
    "rejected": report_of(manifest(problems=[PROBLEM]), refused()),
    "run": of_a_run(),
    "hostile": report_of(manifest(HOSTILE, problems=[HOSTILE]), refused(HOSTILE)),
    "hostile run": of_a_run(HOSTILE),
    "long": report_of(manifest(LONG, problems=[LONG]), refused(LONG)),
    "long run": of_a_run(LONG),
}


@pytest.fixture
def show(opened: Callable[[str, str], Opened]) -> Show:
    """Return what opens one of ``PAGES`` by its name."""
    return lambda name: opened(name, PAGES[name])


every_page = pytest.mark.parametrize("name", PAGES)
every_width = pytest.mark.parametrize("width", [320, 390, 1280])


@every_page
def test_a_page_fetches_nothing_and_the_browser_has_no_complaint(show: Show, name: str) -> None:
    shown = show(name).at()
    assert shown.seen.requests == [shown.url]
    assert shown.seen.complaints == []
    assert shown.page.evaluate("document.querySelectorAll('script, img, iframe, object, link, form, a').length") == 0


@every_width
@every_page
def test_nothing_reaches_beyond_the_window(show: Show, name: str, width: int) -> None:
    shown = show(name).at(width=width)
    assert shown.overhang() == 0
    beyond = [
        box
        for box in shown.boxes("table, tr, th, td, svg, rect, circle, svg text, p, li, .tile, .row, h1, h2")
        if box["left"] < -0.5 or box["right"] > width + 0.5
    ]
    assert [box for box in beyond if box["width"] > 1] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@every_page
def test_every_text_can_be_read(show: Show, name: str, scheme: str) -> None:
    texts = show(name).at(scheme=scheme).texts()
    assert len(texts) > 10
    assert [one for one in texts if contrast(one["colour"], one["behind"]) < 4.5] == []
    assert [one for one in texts if one["size"] < 12 or one["width"] == 0 or one["height"] == 0] == []


def test_light_and_dark_differ_in_their_paper(show: Show) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light, dark = (show("accepted").at(scheme=scheme).page.evaluate(paper) for scheme in ("light", "dark"))
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(13, 17, 23)")


@every_width
@every_page
def test_drawings_are_drawn(show: Show, name: str, width: int) -> None:
    shown = show(name).at(width=width)
    drawings = shown.boxes("svg")
    assert drawings
    assert [box for box in drawings if box["width"] < 90 or box["height"] < 10] == []
    parts = shown.boxes("svg rect, svg circle")
    assert [box for box in parts if box["width"] <= 0 or box["height"] <= 0] == []
    assert shown.crowded() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_drawn_stands_out_from_the_paper(show: Show, scheme: str) -> None:
    fills = (
        show("accepted")
        .at(scheme=scheme)
        .page.evaluate(
            "['train', 'validation', 'test', 'out'].map(kind => ["
            "getComputedStyle(document.querySelector('rect.' + kind)).fill, "
            "getComputedStyle(document.body).backgroundColor])"
        )
    )
    for fill, paper in fills:
        colour, behind = ([float(part) for part in of[4:-1].split(",")] for of in (fill, paper))
        assert contrast(colour, behind) >= 3, fill


def test_the_bar_of_counts_is_as_long_as_its_parts(show: Show) -> None:
    shown = show("accepted").at(width=1280)
    whole = shown.boxes("svg.bar")[0]
    parts = shown.boxes("section:first-of-type svg.bar rect:not(.rail)")
    assert [round(part["width"] / whole["width"], 3) for part in parts] == [0.8, 0.1, 0.095, 0.005]
    assert parts[0]["left"] == pytest.approx(whole["left"], abs=0.5)
    assert parts[-1]["right"] == pytest.approx(whole["right"], abs=0.5)


def test_the_verdict_stands_in_the_first_window_of_a_phone(show: Show) -> None:
    for name, mood in (("accepted", "good"), ("rejected", "bad")):
        (verdict,) = show(name).at().boxes(f".message.{mood}")
        assert 0 < verdict["top"] < verdict["bottom"] < 844


def test_the_page_of_a_file_that_was_dropped(opened: Callable[[str, str], Opened], tmp_path: Path) -> None:
    task = load_task(TASKS / "tickets")
    data = next((TASKS / "tickets" / "data").glob("*.jsonl")).read_bytes()
    dropped = (
        data + data[:20_000].rpartition(b"\n")[0] + b"\n" + f'{{"messages": "{MARKUP[:20]}"}}\n'.encode() + b"\xff\n"
    )
    curated = curate(io.BytesIO(dropped), task=task, work=tmp_path, around=Surroundings(code_version="1"))
    page = curated.files[curated.manifest.report_key].read_text(encoding="utf-8")
    shown = opened("dropped", page).at(width=390)
    assert shown.overhang() == 0
    assert shown.seen.complaints == []
    said = shown.page.inner_text("body")
    assert f"dataset {'accepted' if curated.accepted else 'rejected'}" in said
    assert f"{curated.manifest.quarantined_by['exact-duplicate']} exact copies went to quarantine." in said
    assert len(shown.boxes("svg")) >= 5


@pytest.mark.parametrize("name", ["hostile", "hostile run"])
def test_hostile_text_is_shown_as_it_is(show: Show, name: str) -> None:
    said = show(name).at().page.inner_text("body")
    assert MARKUP in said
    assert "\\u202eturned\\u2066 שלום \\u0000\\ud800" in said
