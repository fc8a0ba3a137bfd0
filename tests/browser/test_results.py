"""Results in a real browser: charts that are clicked, the large view and its keys, downloads, another visitor."""

import re
import zipfile
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_walk import SEED_QUERY, read_ranking, rerank

# The page is at rest, and the charts stand where they stood when last asked: it scrolls to the first result by itself.
STILL = """() => {
  const box = JSON.stringify(document.querySelector('.st-key-charts').getBoundingClientRect());
  const still = box === window.lastBox && document.querySelector('[data-test-script-state="notRunning"]');
  window.lastBox = box;
  return still;
}"""


def chart(page: Page, number: int) -> dict[str, float]:
    """Where the histogram (0) or the heat grid (1) stands."""
    element = page.locator(".st-key-charts").get_by_test_id("stVegaLiteChart").nth(number)
    element.locator("canvas, svg").first.wait_for()
    page.wait_for_function(STILL, polling=200)
    box = element.bounding_box()
    assert box is not None
    return dict(box)


def click_last_bar(page: Page) -> None:
    box = chart(page, 0)
    page.mouse.click(box["x"] + box["width"] - 12, box["y"] + 20)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def caption(page: Page) -> Locator:
    return dialog(page).get_by_text(re.compile(r"^Rank \d+ \| Score: "))


def expect_ranks(page: Page, ranks: range) -> None:
    cards = page.locator(".st-key-results").get_by_text(re.compile(r"^Rank \d+ \|"))
    expect(cards.first).to_contain_text(f"Rank {ranks[0]} |")
    assert [rank for rank, _ in read_ranking(page, photos=len(ranks))] == list(ranks)


def ranked(visitor: Visitor) -> Page:
    page = visitor.open(locale="en-US")
    rerank(page, SEED_QUERY)
    expect(page.locator(".st-key-heading")).to_contain_text("The first 3 stand out.")
    return page


def test_a_bar_shows_its_photos_and_a_cell_opens_one_large(visitor: Visitor) -> None:
    page = ranked(visitor)
    click_last_bar(page)
    shown = page.locator(".st-key-bands")
    expect(shown).to_contain_text("3 of 32 shown")
    expect_ranks(page, range(1, 4))
    page.get_by_text("Partial match").click()  # a band takes the place of the bar
    expect(shown).to_contain_text("3 of 32 shown")
    expect_ranks(page, range(4, 7))
    page.get_by_text("Partial match").click()
    expect(shown).to_contain_text("32 of 32 shown")
    for _ in range(2):  # the same cell opens its photo again
        box = chart(page, 1)
        page.mouse.click(box["x"] + box["width"] / 32, box["y"] + box["height"] / 4)
        expect(dialog(page)).to_contain_text("IMG_1206.jpg")
        page.keyboard.press("Escape")
        expect(dialog(page)).to_have_count(0)


def test_the_large_view_is_led_by_keys(visitor: Visitor) -> None:
    page = ranked(visitor)
    page.locator(".st-key-photo-first").get_by_text("View").click()
    expect(caption(page)).to_have_text("Rank 1 | Score: 10.0")
    picture = dialog(page).locator("img")
    expect(picture).to_have_js_property("naturalWidth", 1024)  # the photo itself, no thumbnail
    expect(dialog(page).get_by_role("link")).to_be_visible()  # behind the buttons, which are there then
    page.keyboard.press("ArrowRight")
    expect(caption(page)).to_contain_text("Rank 2 |")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(caption(page)).to_contain_text("Rank 3 |")
    page.keyboard.press("ArrowLeft")
    expect(caption(page)).to_contain_text("Rank 2 |")
    pick = dialog(page).locator(".st-key-pick-large")
    expect(pick).to_contain_text("check_box")
    pick.get_by_role("button").click()
    expect(pick).to_contain_text("check_box_outline_blank")
    page.keyboard.press("Space")  # once, though the button has the focus
    expect(pick).not_to_contain_text("outline_blank")
    with page.expect_download() as download:
        dialog(page).get_by_role("link").click()
    assert download.value.suggested_filename.startswith("IMG_")
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-picks-box")).to_contain_text("Picks: 1")
    page.reload()
    expect(page.locator(".st-key-picks-box")).to_contain_text("Picks: 1")


def test_the_ten_best_come_as_an_archive_at_one_click(visitor: Visitor, tmp_path: Path) -> None:
    page = ranked(visitor)
    with page.expect_download() as download:
        page.get_by_text("Top 10 · ZIP").click()
    assert download.value.suggested_filename == f"{SEED_QUERY}.zip"
    download.value.save_as(tmp_path / "best.zip")
    archive = zipfile.ZipFile(tmp_path / "best.zip")
    assert archive.testzip() is None
    assert [name[:3] for name in archive.namelist()] == [*(f"{rank:03}" for rank in range(1, 11)), "ran"]


def test_nobody_else_gets_a_visitors_photos_and_exports(visitor: Visitor) -> None:
    page = ranked(visitor)
    export = page.locator(".st-key-best a").get_attribute("href")
    page.locator(".st-key-photo-first").get_by_text("View").click()
    photo = dialog(page).locator("img").get_attribute("src")
    stranger = visitor.new_page()
    stranger.goto(visitor.address)
    for address in (export, photo):
        assert address is not None
        assert page.request.get(address).status == 200
        assert stranger.request.get(address).status == 404
        assert page.request.get(address).headers["x-content-type-options"] == "nosniff"


def test_the_line_survives_a_reload(visitor: Visitor) -> None:
    page = ranked(visitor)
    page.get_by_role("spinbutton", name="Min. score").fill("6")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-bands")).to_contain_text("6 of 32 shown")
    page.reload()
    expect(page.locator(".st-key-bands")).to_contain_text("6 of 32 shown")
    expect_ranks(page, range(1, 7))


def test_why_is_said_in_the_large_view_and_is_there_when_it_is_opened_again(visitor: Visitor) -> None:
    page = ranked(visitor)
    for _ in range(2):
        page.locator(".st-key-photo-first").get_by_text("View").click()
        ask = dialog(page).get_by_role("button", name="Why?")
        said = dialog(page).get_by_text(re.compile(r"^10(\.0)?[^…]{10,}$"))
        expect(ask.or_(said)).to_be_visible()
        if ask.count():
            ask.click()
        expect(said).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog(page)).to_have_count(0)
    page.locator(".st-key-photo-first").get_by_text("View").click()
    expect(dialog(page).get_by_text(re.compile(r"^10(\.0)?[^…]{10,}$"))).to_be_visible()
    expect(ask).to_have_count(0)


COUNT_TABLES = """() => {
  const count = () => document.querySelectorAll('[data-testid="stDataFrame"]').length;
  window.mostTables = 0;
  new MutationObserver(() => { window.mostTables = Math.max(window.mostTables, count()); })
    .observe(document.body, {childList: true, subtree: true});
}"""


def test_the_parts_of_the_query_stand_in_a_table_that_a_reload_keeps(visitor: Visitor) -> None:
    page = ranked(visitor)
    page.evaluate(COUNT_TABLES)
    page.locator(".st-key-criteria label").click()
    table = page.get_by_test_id("stDataFrame")
    expect(table.first).to_be_visible()
    expect(page.locator(".st-key-criteria-progress")).to_have_count(0)
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    assert page.evaluate("window.mostTables") == 1, "for a moment it stood there twice"
    for _ in range(2):
        expect(table).to_be_visible()
        expect(table.locator("th")).to_contain_text(["Photo", "Name", "Whole query", "沙发", "灯泡", "咖啡"])
        expect(page).to_have_url(re.compile("criteria=true"))
        page.reload()


def test_what_is_asked_of_a_part_stands_above_the_cards_and_a_reload_keeps_it(visitor: Visitor) -> None:
    page = ranked(visitor)
    page.locator(".st-key-criteria label").click()
    least = page.locator("[class*='st-key-limits-']").first.get_by_role("slider").first
    for _ in range(6):
        least.press("PageUp")  # one point each
    chip, shown = page.locator(".st-key-conditions").get_by_role("button"), page.locator(".st-key-bands")
    for _ in range(2):
        expect(chip).to_have_text(re.compile("^沙发 from 6"))
        expect(shown).to_contain_text("7 of 32 shown")
        expect(least).to_have_value("6")
        page.reload()
    chip.click()
    expect(chip).to_have_count(0)
    expect(shown).to_contain_text("32 of 32 shown")
    expect(least).to_have_value("0")
    expect_ranks(page, range(1, 33))
