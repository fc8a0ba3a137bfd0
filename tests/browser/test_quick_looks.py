"""The most promising first, in a real browser: provisional scores at once, and cards that stay under the pointer."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visitor, fill_gallery
from tests.served import find_port, running_app

PHOTOS = 400
HOVERED_AT, HELD_UNTIL = (
    100,
    600,
)  # looks, the first 400 of them quick: cards that nobody is at change places in between
RUN_MS = 180_000


def start_run(page: Page) -> None:
    page.get_by_role("textbox").fill("red sofa")
    page.locator(".st-key-rerank button").click()


def names(page: Page) -> list[str]:
    """The photos of the grid, in its order."""
    return page.locator(".st-key-results").get_by_text(re.compile(r"^\d{3}\.png$")).all_inner_texts()


def looks(page: Page) -> int:
    """How many looks were taken, as the progress says: quick ones, then full ones."""
    found = re.search(r"(Quick look|Looking) at photo (\d+) of", page.locator(".st-key-progress").inner_text())
    if not found:
        return 2 * PHOTOS
    return int(found[2]) + (0 if found[1] == "Quick look" else PHOTOS)


def test_cards_stay_where_they_are_under_the_pointer(chromium: Browser, tmp_path: Path) -> None:
    fill_gallery(tmp_path / "images", PHOTOS)
    port = find_port()
    (hold := tmp_path / "hold").touch()
    settings = {"LYCHEE_QUICK_LOOK": "always", "LYCHEE_IMAGES_DIR": str(tmp_path / "images")}
    settings |= {"LYCHEE_TEST_HOLD": str(hold), "LYCHEE_TEST_HOLD_AT": str(HOVERED_AT)}
    with (
        (tmp_path / "log").open("w") as log,
        running_app(port, tmp_path / "data", output=log, counted=tmp_path / "count", **settings),
    ):
        page = Visitor(chromium, f"http://localhost:{port}").new_page(locale="en-US")
        page.goto(f"http://localhost:{port}")
        page.locator(".st-key-preview img").first.wait_for()
        start_run(page)
        first = page.locator(".st-key-photo-first")
        expect(first).to_contain_text("≈", timeout=RUN_MS)
        first.hover()
        page.locator("[data-held=true]").wait_for(state="attached", timeout=RUN_MS)
        held = names(page)
        hold.unlink()
        while looks(page) < HELD_UNTIL:
            page.wait_for_timeout(100)
            assert names(page) == held
        expect(page.get_by_text("≈ from a quick look")).to_be_visible()
        page.mouse.move(2, 2)
        expect(page.get_by_text(re.compile("photos = "))).to_be_visible(timeout=RUN_MS)
        expect(page.locator(".st-key-results").get_by_text("≈")).to_have_count(0)
        ranks = page.locator(".st-key-results").get_by_text(re.compile(r"^Rank \d+ \|"))
        expect(ranks).to_have_text([re.compile(rf"^Rank {place} \|") for place in range(1, 61)], timeout=RUN_MS)
        page.context.close()
    assert "Traceback" not in (tmp_path / "log").read_text()
