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
    line = page.locator(".st-key-progress").get_by_text(re.compile(r"^(Looking at photo|\d+ photos =)"))
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
    images, data, hold, port = (
        fill_gallery(tmp_path / "images", PHOTOS),
        tmp_path / "data",
        tmp_path / "hold",
        find_port(),
    )
    hold.touch()
    held = {"LYCHEE_TEST_HOLD": str(hold), "LYCHEE_TEST_HOLD_AT": str(HELD_AT)}
    with running_app(port, data, counted=tmp_path / "counted", LYCHEE_IMAGES_DIR=str(images), **held):
        visitor = Visitor(chromium, f"http://localhost:{port}/?sort=upload")  # until all is ticked, no card moves
        page = visitor.open(locale="en-US")
        page.get_by_role("textbox").fill(SEED_QUERY)
        page.locator(".st-key-rerank button").click()
        pages_of(page).wait_for(timeout=RUN_S * 1000)  # more cards than one page holds
        box = page.locator(".st-key-picks-box")
        for name, picks in (("005.png", 1), ("050.png", 2), ("050.png", 1)):
            tick(page, name)
            expect(box).to_contain_text(f"{picks} picked")
        page.get_by_role("combobox", name="Order").click()
        page.get_by_role("option", name="Best first").click()
        hold.unlink()
        turn_and_scroll_until_the_end(page)
        expect(box).to_contain_text("1 picked")
        assert picked(data) == {"005.png"}
        page.context.close()
