"""Stars by key in a real browser: on the photo that is open, never out of a text box, by mouse on a narrow screen."""

import io
import re
import zipfile

from playwright.sync_api import Locator, Page, expect

from lychee_rerank.words import CHINESE, ENGLISH
from tests.browser.conftest import Visitor
from tests.browser.test_results import caption, dialog, ranked
from tests.browser.test_walk import SEED_QUERY, rerank

TEXT, CHINESE_TEXT = ENGLISH.results, CHINESE.results
LISTED = TEXT.keys_steps[0].rpartition("`")[2].strip()


def expect_signs(page: Page, wanted: str) -> None:
    buttons = dialog(page).locator(".st-key-stars p")
    expect(buttons).to_have_text([*(re.compile(f"^{sign}") for sign in wanted), re.compile("^∅"), re.compile("^✕")])


def open_first(page: Page) -> None:
    page.locator(".st-key-photo-first").get_by_role("button", name=re.compile("View|看大图")).click()
    expect(dialog(page).locator(".st-key-stars button")).to_have_count(7)
    expect(dialog(page).get_by_role("link")).to_be_visible()  # behind the buttons, which are there then


def opacity(picture: Locator) -> float:
    return float(picture.evaluate("picture => getComputedStyle(picture).opacity"))


def test_keys_rate_the_photo_that_is_open_and_what_they_gave_is_there_after_a_reload(visitor: Visitor) -> None:
    page = ranked(visitor)
    page.get_by_role("textbox").first.click()
    page.keyboard.type("x 3 0 ?")  # no photo is open, and this is a text
    open_first(page)
    for key, seen in (("1", "★☆☆☆☆"), ("2", "★★☆☆☆"), ("4", "★★★★☆"), ("5", "★★★★★"), ("0", "☆☆☆☆☆"), ("3", "★★★☆☆")):
        page.keyboard.press(key)
        expect_signs(page, seen)
    expect(caption(page)).to_contain_text("Rank 1 |")  # nothing steps on by itself
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")  # while the second is still being drawn
    expect(caption(page)).to_contain_text("Rank 2 |")
    expect(dialog(page).get_by_text(TEXT.rejected, exact=True)).to_be_visible()
    assert opacity(dialog(page).locator("img")) < 1
    page.keyboard.press("ArrowRight")
    expect(caption(page)).to_contain_text("Rank 3 |")
    expect_signs(page, "☆☆☆☆☆")
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    page.reload()
    first, second, third = (page.locator(f".st-key-photo-{key}") for key in ("first", "2", "3"))
    expect(first.get_by_role("img", name=TEXT.stars[3])).to_have_text("★★★")
    expect(second.get_by_text(TEXT.rejected, exact=True)).to_be_visible()
    assert [opacity(card.locator("img")) < 1 for card in (first, second, third)] == [False, True, False]
    with page.expect_download() as download:
        page.get_by_text("Top 10 · ZIP").click()
    names = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())).namelist()
    assert [name[:3] for name in names] == ["001", *(f"{rank:03}" for rank in range(3, 12)), "ran"]


def test_a_key_that_is_held_down_counts_once(visitor: Visitor) -> None:
    page = ranked(visitor)
    open_first(page)
    page.keyboard.down("4")
    expect_signs(page, "★★★★☆")
    page.keyboard.down("4")  # this one repeats, as the browser says
    page.keyboard.up("4")
    page.keyboard.press("ArrowRight")  # drawn after all that went before
    expect(caption(page)).to_contain_text("Rank 2 |")
    page.keyboard.press("ArrowLeft")
    expect(caption(page)).to_contain_text("Rank 1 |")
    expect_signs(page, "★★★★☆")  # not at once: the caption is drawn before them


def test_the_keys_are_listed_behind_a_button_and_behind_one_of_them(visitor: Visitor) -> None:
    page = ranked(visitor)
    open_first(page)
    listed = page.get_by_text(LISTED)
    dialog(page).get_by_role("button", name=re.compile(TEXT.keys)).click()
    expect(listed).to_be_visible()
    page.keyboard.press("Escape")
    expect(listed).to_have_count(0)
    expect(caption(page)).to_be_visible()  # Escape closed the list alone
    page.keyboard.press("?")
    expect(listed).to_be_visible()
    page.keyboard.press("?")
    expect(listed).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)


def test_on_a_narrow_screen_the_stars_stand_in_one_row_and_are_given_by_a_click(visitor: Visitor) -> None:
    page = visitor.open(width=390, height=844)
    rerank(page, SEED_QUERY)
    open_first(page)
    boxes = [button.bounding_box() for button in dialog(page).locator(".st-key-stars button").all()]
    assert len({box and box["y"] for box in boxes}) == 1
    assert all(box and box["width"] >= 24 and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    dialog(page).get_by_role("button", name=CHINESE_TEXT.stars[4]).click()
    expect_signs(page, "★★★★☆")
    dialog(page).get_by_role("button", name=CHINESE_TEXT.stars[4]).click()
    expect_signs(page, "☆☆☆☆☆")
    dialog(page).get_by_role("button", name=CHINESE_TEXT.reject).click()
    expect(dialog(page).locator(".rejected")).to_have_text(CHINESE_TEXT.rejected)
