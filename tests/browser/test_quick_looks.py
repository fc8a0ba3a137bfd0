"""The most promising first, in a real browser: provisional scores at once, and cards that stay under the pointer."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visitor, fill_gallery
from tests.served import find_port, running_app

PHOTOS = 400  # some ten seconds of full looks
RUN_MS = 180_000


def start_run(page: Page) -> None:
    page.get_by_role("textbox").fill("red sofa")
    page.locator(".st-key-rerank button").click()


def names(page: Page) -> list[str]:
    """The first photos of the grid, in its order."""
    return page.locator(".st-key-results").get_by_text(re.compile(r"^\d{3}\.png$")).all_inner_texts()[:9]


def full_looks(page: Page) -> int:
    """How many full looks were taken, as the progress says."""
    found = re.search(r"Looking at photo (\d+) of", page.locator(".st-key-progress").inner_text())
    return int(found[1]) if found else PHOTOS


def test_cards_stay_where_they_are_under_the_pointer(chromium: Browser, tmp_path: Path) -> None:
    fill_gallery(tmp_path / "images", PHOTOS)
    port = find_port()
    settings = {"LYCHEE_QUICK_LOOK": "always", "LYCHEE_IMAGES_DIR": str(tmp_path / "images")}
    with (tmp_path / "log").open("w") as log, running_app(port, tmp_path / "data", output=log, **settings):
        page = Visitor(chromium, f"http://localhost:{port}").new_page(locale="en-US")
        page.goto(f"http://localhost:{port}")
        page.locator(".st-key-preview img").first.wait_for()
        start_run(page)
        first = page.locator(".st-key-photo-first")
        expect(first).to_contain_text("≈", timeout=RUN_MS)
        expect(page.get_by_text("≈ from a quick look")).to_be_visible()
        expect(page.locator(".st-key-progress")).to_contain_text("Looking at photo", timeout=RUN_MS)
        first.hover()
        page.wait_for_timeout(1000)  # one draw later than the pointer came
        held, begun = names(page), full_looks(page)
        while full_looks(page) < min(begun + 150, PHOTOS):
            page.wait_for_timeout(200)
            assert names(page) == held
        page.mouse.move(2, 2)
        expect(page.get_by_text(re.compile("photos = "))).to_be_visible(timeout=RUN_MS)
        expect(page.locator(".st-key-results").get_by_text("≈")).to_have_count(0)
        ranks = page.locator(".st-key-results").get_by_text(re.compile(r"^Rank \d+ \|"))
        expect(ranks).to_have_text([re.compile(rf"^Rank {place} \|") for place in range(1, 61)], timeout=RUN_MS)
        page.context.close()
    assert "Traceback" not in (tmp_path / "log").read_text()
