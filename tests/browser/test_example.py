"""A photo as the question in a real browser: by a click, by a drop, by a paste, by a drag from the page itself."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from lychee_rerank.words import ENGLISH
from tests.browser.conftest import Visitor
from tests.browser.test_results import dialog, ranked
from tests.browser.test_walk import SAMPLES, SEED_QUERY, drop, rerank
from tests.pictures import encode, make_plain

# What the browser does for a paste: a file and perhaps a text, on the element that has the focus.
PASTE = """(box, [name, bytes, text]) => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([new Uint8Array(bytes)], name, {type: "image/png"}));
  if (text) clipboardData.setData("text/plain", text);
  return box.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
}"""
# The same with a file of that size, which nobody has to hold.
PASTE_LARGE = """(box, [name, size]) => {
  const event = new Event("paste", {bubbles: true, cancelable: true});
  const clipboardData = {files: [{name, size}], items: [], getData: () => ""};
  box.dispatchEvent(Object.defineProperty(event, "clipboardData", {value: clipboardData}));
}"""
# Where files are handed to, out of the page for a while, as while that is being drawn.
TAKE_AWAY = """uploader => {
  const {className} = uploader;
  uploader.className = "";
  window.bringBack = () => { uploader.className = className; };
}"""
PICTURE = encode(make_plain((255, 0, 0), size=(120, 90)), "PNG")
LIKE = ENGLISH.like


def box(page: Page) -> Locator:
    return page.locator(".st-key-query textarea")


def expect_example(page: Page, name: str) -> None:
    """The example stands above the query box, which has the focus."""
    expect(page.locator(".st-key-like img")).to_have_attribute("alt", name)
    expect(page.locator(".st-key-like img")).to_be_in_viewport()
    expect(box(page)).to_be_focused()


def name_on(card: Locator) -> str:
    return card.locator("img").get_attribute("alt") or ""


def test_a_card_and_the_large_view_make_their_photo_the_example_and_the_run_marks_it(visitor: Visitor) -> None:
    page = ranked(visitor)
    before, third = page.url, page.locator(".st-key-photo-3")
    name = name_on(third)
    third.get_by_role("button", name=LIKE.more).click()
    expect_example(page, name)
    expect(box(page)).to_have_value(SEED_QUERY)
    assert re.findall("run=([^&]+)", page.url) == re.findall("run=([^&]+)", before), "no run begins by itself"
    rerank(page, "")
    expect(page.locator(".st-key-progress")).to_contain_text(f"like {name} · 32 photos")
    marked = page.locator("[class*='st-key-photo-']").filter(has=page.get_by_text(LIKE.mark, exact=True))
    expect(marked).to_have_count(1)
    assert name_on(marked) == name
    page.locator(".st-key-photo-first").get_by_role("button", name=ENGLISH.results.open_large).click()
    expect(dialog(page).locator("img")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(dialog(page)).to_contain_text("Rank 2 |")
    second = dialog(page).locator("img").get_attribute("alt") or ""
    dialog(page).get_by_role("button", name=LIKE.more).click()
    expect(dialog(page)).to_have_count(0)
    expect_example(page, second)


def test_the_example_is_there_after_a_reload_until_the_cross_takes_it_away(visitor: Visitor) -> None:
    page = visitor.open(locale="en-US")
    drop(page, SAMPLES[3], onto=box(page))
    expect_example(page, SAMPLES[3].name)
    page.reload()
    expect(page.locator(".st-key-like img")).to_have_attribute("alt", SAMPLES[3].name)
    page.locator(".st-key-like").get_by_role("button", name=LIKE.remove).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-like")).to_have_count(0)
    page.reload()
    expect(box(page)).to_have_attribute("placeholder", ENGLISH.query_placeholder)
    expect(page.locator(".st-key-like")).to_have_count(0)


def test_a_photo_is_dropped_onto_the_query_box_and_what_is_none_is_named(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open(locale="en-US")
    box(page).fill("but in blue")
    drop(page, SAMPLES[3], onto=box(page))
    expect_example(page, SAMPLES[3].name)
    (tmp_path / "notes.txt").write_text("no photo")
    drop(page, tmp_path / "notes.txt", onto=box(page))
    told = page.locator(".st-key-like-refused")
    expect(told).to_contain_text("notes.txt cannot be the example: this is a text file")
    drop(page, SAMPLES[0], SAMPLES[1], onto=box(page))
    expect(told).to_contain_text(LIKE.one)
    drop(page, SAMPLES[0].parent, onto=box(page))
    expect(told).to_contain_text(LIKE.one)
    expect(page.locator(".st-key-like img")).to_have_attribute("alt", SAMPLES[3].name)
    expect(box(page)).to_have_value("but in blue")
    expect(page.locator(".st-key-gallery-line")).to_contain_text("32 photos")
    drop(page, SAMPLES[0], SAMPLES[1])
    expect(page.locator(".st-key-gallery-line")).to_contain_text("2 photos")
    expect(page.locator(".st-key-like img")).to_have_attribute("alt", SAMPLES[3].name)


def test_a_photo_that_is_dropped_while_the_page_is_drawn_waits_for_it(visitor: Visitor) -> None:
    page = visitor.open(locale="en-US")
    uploader = page.locator("[class*='st-key-like-file-']")
    uploader.evaluate(TAKE_AWAY)
    drop(page, SAMPLES[3], onto=box(page))
    expect(uploader).to_have_count(0)
    page.evaluate("bringBack()")
    expect_example(page, SAMPLES[3].name)


def test_a_picture_is_pasted_and_a_text_with_a_picture_of_itself_is_text(visitor: Visitor) -> None:
    page = visitor.open(locale="en-US")
    assert box(page).evaluate(PASTE, ["table.png", list(PICTURE), "a cell"]) is True, "left to the browser"
    assert box(page).evaluate(PASTE, ["image.png", list(PICTURE), ""]) is False, "taken"
    expect_example(page, "image.png")
    rerank(page, "")
    expect(page.locator(".st-key-progress")).to_contain_text("like image.png · 32 photos")


def test_a_file_that_is_too_large_is_named_and_not_sent(visitor: Visitor) -> None:
    page = visitor.open(locale="en-US")
    sent: list[str] = []
    page.on("request", lambda request: sent.extend([request.url] if "upload_file" in request.url else []))
    box(page).evaluate(PASTE_LARGE, ["scan.tif", 212_000_000])
    told = page.locator(".st-key-like-refused")
    expect(told).to_contain_text("scan.tif cannot be the example: the file is too large (212 MB > 200 MB)")
    assert sent == []


def test_a_photo_of_the_page_is_dragged_onto_the_query_box(visitor: Visitor) -> None:
    page = visitor.open(locale="en-US")
    photo = page.locator(".st-key-preview img").nth(2)
    name = photo.get_attribute("alt") or ""
    photo.drag_to(box(page))
    expect_example(page, name)
    expect(box(page)).to_have_value("")
