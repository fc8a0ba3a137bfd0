"""A walk over the page in a real browser: drop, rank, read, open, switch, reload, in both sizes."""

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ROOT, Visitor

SAMPLES = sorted((ROOT / "images").iterdir())
SEED_QUERY = "沙发 + 灯泡 + 咖啡"
RUN_S = 300
FRAME_BLUE, BAR_BLUE, ORANGE = "rgb(25, 113, 194)", "rgb(24, 100, 171)", "rgb(201, 70, 12)"


def rerank(page: Page, query: str) -> None:
    """Types the query, clicks, and waits for the sum at the end of the run."""
    page.get_by_role("textbox").fill(query)
    page.locator(".st-key-rerank button").click()
    expect(page.get_by_text(re.compile(r"^共 \d+ 张 =|photos = "))).to_be_visible(timeout=RUN_S * 1000)


def read_ranking(page: Page, *, photos: int = 32) -> list[tuple[int, float]]:
    """Rank and score of every photo in the grid, as they stand on the page once so many are drawn."""
    captions = page.locator(".st-key-results").get_by_text(re.compile(r"^Rank \d+ \| Score: "))
    expect(captions).to_have_count(photos)
    pairs = [re.fullmatch(r"Rank (\d+) \| Score: (\d+\.\d)", caption) for caption in captions.all_inner_texts()]
    return [(int(pair[1]), float(pair[2])) for pair in pairs if pair]


def drop(page: Page, *paths: Path, onto: Locator | None = None) -> None:
    """What the operating system does when files or folders are let go over the drop zone, or over another place."""
    zone = onto or page.get_by_test_id("stFileUploaderDropzone").filter(visible=True)
    expect(zone).to_have_count(1)  # the one of the drop before is gone
    box = zone.bounding_box()
    assert box is not None
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    devtools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})


def style(page: Page, selector: str, name: str) -> str:
    return str(page.locator(selector).first.evaluate(f"element => getComputedStyle(element)['{name}']"))


@pytest.fixture
def nested_folder(tmp_path: Path) -> Path:
    """Six samples in a folder with subfolders, and one file that is no photo."""
    folder = tmp_path / "holiday"
    for sample, place in zip(SAMPLES, ["", "", "day 1", "day 1", "第二天", "第二天/evening"], strict=False):
        (folder / place).mkdir(parents=True, exist_ok=True)
        shutil.copy(sample, folder / place)
    (folder / "day 1" / "notes.txt").write_text("not a photo")
    return folder


def test_the_samples_are_ranked_and_the_answer_can_be_read(visitor: Visitor) -> None:
    page = visitor.open()
    expect(page.locator(".st-key-gallery-line")).to_contain_text("32 张")
    rerank(page, SEED_QUERY)
    ranking = read_ranking(page)
    assert [rank for rank, _ in ranking] == list(range(1, 33))
    assert [score for _, score in ranking] == sorted((score for _, score in ranking), reverse=True)
    names = page.locator(".st-key-results").get_by_text(re.compile(r"^IMG_")).all_inner_texts()
    assert set(names[:3]) == {"IMG_2690.jpg", "IMG_4867.jpg", "IMG_5969.webp"}  # those that show all three
    best = page.locator(".st-key-photo-first")
    best.get_by_text("模型输出").click()
    assert float(best.locator("code").inner_text()) == ranking[0][1]
    if screenshot := os.environ.get("LYCHEE_SCREENSHOT"):
        expect(best.get_by_text("整个输出就是分数")).to_be_visible()
        page.mouse.move(0, 0)
        page.screenshot(path=screenshot, animations="disabled")


def test_a_dropped_folder_is_walked_and_every_photo_in_it_is_scored(visitor: Visitor, nested_folder: Path) -> None:
    page = visitor.open()
    drop(page, nested_folder)
    expect(page.locator(".st-key-gallery-line")).to_contain_text("6 张")
    expect(page.locator(".st-key-gallery-line")).to_contain_text("另略过 1 个其他文件（其他类型 1）")
    drop(page, SAMPLES[10], SAMPLES[11])
    expect(page.locator(".st-key-gallery-line")).to_contain_text("8 张")
    rerank(page, "红色背景上的狗")
    expect(page.get_by_text("共 8 张 = 已评分 8 + 拒收 0")).to_be_visible()
    assert [rank for rank, _ in read_ranking(page, photos=8)] == list(range(1, 9))


def test_a_reload_shows_the_run_where_it_is(visitor: Visitor) -> None:
    page = visitor.open(locale="en-US")
    rerank(page, "a dog and a cat")
    before = read_ranking(page)
    page.reload()
    expect(page.locator(".st-key-photo-first")).to_be_visible()
    assert read_ranking(page) == before
    expect(page.get_by_role("textbox")).to_have_value("a dog and a cat")


def test_a_reload_in_the_middle_of_a_run_stops_nothing(visitor: Visitor) -> None:
    page = visitor.open()
    page.get_by_role("textbox").fill("足球、奖杯")
    page.locator(".st-key-rerank button").click()
    page.wait_for_url(re.compile("run="))
    page.reload()
    expect(page.get_by_text(re.compile(r"^共 32 张 = 已评分 32"))).to_be_visible(timeout=RUN_S * 1000)
    assert [rank for rank, _ in read_ranking(page)] == list(range(1, 33))


def test_a_past_run_is_its_visitors_alone_opens_at_once_and_is_gone_when_cleared(visitor: Visitor) -> None:
    page = visitor.open(locale="en-US")
    rerank(page, SEED_QUERY)
    ranking = read_ranking(page)
    page.goto(visitor.address)
    box, runs = page.locator(".st-key-past button").first, page.get_by_test_id("stPopoverBody")
    box.click()
    expect(runs.get_by_text(SEED_QUERY)).to_be_visible()
    runs.get_by_role("button", name="Open").click()
    expect(page.locator(".st-key-photo-first")).to_be_visible()
    assert read_ranking(page) == ranking
    assert visitor.open(locale="en-US").locator(".st-key-past").count() == 0
    expect(runs).to_be_visible()
    runs.get_by_role("button", name="Clear").click()
    expect(page.locator(".st-key-results")).to_have_count(0)
    runs.get_by_role("button", name="Undo").click()
    expect(runs.get_by_role("button", name="Open")).to_be_enabled()
    runs.get_by_role("button", name="Clear").click()
    expect(box).to_contain_text("Past runs: 0")
    page.goto(visitor.address)  # a page of its own, which has nothing to undo
    page.locator(".st-key-preview img").first.wait_for()
    expect(page.locator(".st-key-past")).to_have_count(0)


def test_an_example_is_one_click_away(visitor: Visitor) -> None:
    page = visitor.open()
    page.locator(".st-key-example-1 button").click()
    expect(page.get_by_role("textbox")).to_have_value("红色背景上的狗")
    rerank(page, "红色背景上的狗")
    best = page.locator(".st-key-photo-first")
    expect(best).to_contain_text("IMG_7733.jpg")
    expect(best).to_contain_text("Score: 10.0")


def test_the_language_can_be_switched_during_a_visit(visitor: Visitor) -> None:
    page = visitor.open(locale="en-US")
    expect(page.locator(".st-key-rerank p")).to_have_text("Rerank")
    page.get_by_role("radio", name="中文").click()
    expect(page.locator(".st-key-rerank p")).to_have_text("开始重排序 (Rerank)")
    page.reload()
    expect(page.locator(".st-key-rerank p")).to_have_text("开始重排序 (Rerank)")


def test_the_button_is_orange_the_bar_blue_and_the_best_photo_framed(visitor: Visitor) -> None:
    page = visitor.open()
    rerank(page, SEED_QUERY)
    assert style(page, ".st-key-photo-first", "borderTopWidth") == "3px"
    assert style(page, ".st-key-photo-first", "borderTopColor") == FRAME_BLUE
    page.mouse.move(0, 0)
    expect(page.locator(".st-key-rerank button")).to_have_css("background-color", ORANGE)
    bar = page.get_by_role("progressbar").locator("div").last
    expect(bar).to_have_css("background-color", BAR_BLUE)


def test_a_turned_photo_stands_upright(visitor: Visitor) -> None:
    page = visitor.open()
    photos = page.locator(".st-key-preview img")
    expect(photos).to_have_count(32)
    upright = "images => images.map(image => image.decode().then(() => image.naturalWidth >= image.naturalHeight))"
    assert photos.evaluate_all(f"images => Promise.all(({upright})(images))") == [True] * 32


def test_a_thumbnail_is_sent_once_it_comes_into_view(visitor: Visitor) -> None:
    page = visitor.open(width=390, height=844)
    rerank(page, SEED_QUERY)
    read_ranking(page)
    photos = page.locator(".st-key-results img")
    expect(photos.first).to_have_js_property("complete", True)
    expect(photos.last).to_have_js_property("complete", False)
    page.mouse.move(200, 400)
    page.mouse.wheel(0, 100_000)
    expect(photos.last).to_have_js_property("complete", True)


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_a_phone_shows_everything_without_scrolling_sideways(visitor: Visitor, locale: str) -> None:
    page = visitor.open(locale=locale, width=390, height=844)
    expect(page.get_by_role("textbox")).to_be_in_viewport()
    rerank(page, SEED_QUERY)
    wide = page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stAppViewContainer] *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert wide == 0
    assert page.locator(".st-key-photo-first").bounding_box()["width"] > 300  # type: ignore[index]


def test_the_browser_is_told_the_language_that_the_page_speaks(visitor: Visitor) -> None:
    page = visitor.open(locale="zh-CN")
    language = "document.documentElement.lang"
    assert page.evaluate(language) == "zh"
    page.get_by_text("EN", exact=True).click()
    page.wait_for_function(f"() => {language} === 'en'")
