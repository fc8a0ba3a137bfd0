"""Ticks in a real browser, while a long run moves its cards from page to page: the user's own, and no others."""

import re
import sqlite3
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from lychee_rerank.store.store import FILE_NAME
from tests.browser.conftest import Visitor, fill_gallery
from tests.browser.test_walk import SEED_QUERY
from tests.served import find_port, running_app

PHOTOS = 300
HELD_AT = 100  # photos: more than one page of cards
RUN_S = 300
NAME = re.compile(r"^\d+\.png$")
OVER = re.compile(rf"^{PHOTOS} photos = {PHOTOS} scored")


def picked(data: Path) -> set[str]:
    """The names of the photos whose ticks are kept."""
    with sqlite3.connect(data / FILE_NAME) as store:
        rows = store.execute("SELECT name FROM picks JOIN run_photos USING (run, place)").fetchall()
    return {name for (name,) in rows}


def over(page: Page) -> Locator:
    return page.locator(".st-key-progress").get_by_text(OVER)


def pages_of(page: Page) -> Locator:
    return page.locator(".st-key-results").get_by_test_id("stPagination")


def wait_for_more(page: Page) -> None:
    """Until more photos are done than now; ends with the run, too."""
    line = page.locator(".st-key-progress").get_by_text(re.compile(r"^(Scoring photo|\d+ photos =)"))
    now = line.inner_text()
    if not OVER.match(now):
        expect(line).not_to_have_text(now, timeout=RUN_S * 1000)


def turn_and_scroll_until_the_end(page: Page) -> None:
    """To the second page of the grid and back, down and up, again and again."""
    while not over(page).count():
        for number in (2, 1):
            pages_of(page).get_by_role("button", name=f"Page {number}", exact=True).click()
            page.mouse.wheel(0, 1500)
            wait_for_more(page)
            page.mouse.wheel(0, -1500)


def tick(page: Page, name: str) -> None:
    """Clicks the checkbox of this photo, wherever its card stands; while the grid is drawn again it may stand twice."""
    card = page.locator("[class*=st-key-photo-]").filter(has_text=name)
    card.get_by_text("Pick", exact=True).first.click()


def test_a_long_run_keeps_the_ticks_that_were_given_and_gives_none(chromium: Browser, tmp_path: Path) -> None:
    images, data, port = fill_gallery(tmp_path / "images", PHOTOS), tmp_path / "data", find_port()
    hold, counted = tmp_path / "hold", tmp_path / "counted"
    hold.touch()
    held = {"LYCHEE_TEST_HOLD": str(hold), "LYCHEE_TEST_HOLD_AT": str(HELD_AT)}
    with running_app(port, data, counted=counted, LYCHEE_IMAGES_DIR=str(images), **held):
        page = Visitor(chromium, f"http://localhost:{port}").open(locale="en-US")
        page.get_by_role("textbox").fill(SEED_QUERY)
        page.locator(".st-key-rerank button").click()
        while not counted.exists() or counted.stat().st_size < HELD_AT:
            page.wait_for_timeout(50)
        scored, box = counted.stat().st_size, page.locator(".st-key-picks-box")
        expect(page.locator(".st-key-bands")).to_contain_text(f"{scored} of {scored} shown")  # no card moves any more
        kept, taken_off = page.locator("[class*=st-key-photo-]").get_by_text(NAME).all_inner_texts()[:2]
        for name, picks in ((kept, 1), (taken_off, 2), (taken_off, 1)):
            tick(page, name)
            expect(box).to_contain_text(f"Picks: {picks}")
        hold.unlink()
        turn_and_scroll_until_the_end(page)
        expect(box).to_contain_text("Picks: 1")
        assert picked(data) == {kept}
        page.context.close()
