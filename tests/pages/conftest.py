"""A real browser without a network, one for a module of tests.

It is gone before other tests begin: as long as it is up, its event loop runs in this thread, and no other can.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.pages.watching import Opened, watch

ARGUMENTS = [
    "--no-sandbox",  # containers and root have none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the browser that ``make setup-dev`` found, with a profile of its own that is empty."""
    found = Path(sys.prefix) / ".chromium"
    assert found.is_file(), "no browser is known; run `make setup-dev`"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found.read_text().strip(), args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def opened(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], Opened]]:
    """Return what opens a page from a file, once for all tests of a module, with its folded parts unfolded."""
    folder = tmp_path_factory.mktemp("pages")
    context = browser.new_context(offline=True)
    known: dict[str, Opened] = {}

    def open_once(name: str, html: str) -> Opened:
        if name not in known:
            file = folder / f"{name}.html"
            file.write_bytes(html.encode())
            page = context.new_page()
            seen = watch(page)
            page.goto(file.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
            known[name] = Opened(page=page, url=file.as_uri(), seen=seen)
        return known[name]

    yield open_once
    context.close()
