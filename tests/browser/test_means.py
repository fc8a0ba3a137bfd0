"""The page does what its users mean: at every width, by mouse and by keyboard, with the app away, going back."""

import re
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visitor
from tests.browser.machine import Machine, open_page
from tests.browser.test_results import chart, click_last_bar, expect_ranks, ranked
from tests.browser.test_walk import SEED_QUERY, rerank
from tests.limits import WAIT_S

# Zoomed to 200 % and 400 %, a window of 1440x900 pixels is one of 720x450 and 360x225.
WINDOWS = [(320, 640), (390, 844), (640, 800), (700, 900), (768, 1024), (800, 900), (1024, 768), (720, 450), (360, 225)]
BEYOND = """() => [...document.querySelectorAll('[data-testid=stAppViewContainer] *')]
  .filter(element => element.getBoundingClientRect().right > innerWidth + 1).length"""
# The histogram of this number: each click brings a new one.
DRAWN = """ending => [...document.querySelectorAll('[class*="st-key-bars-"]')].some(
  chart => chart.querySelector('canvas, svg') && [...chart.classList].some(name => name.endsWith(ending)))"""


def focused(page: Page) -> str:
    """What the keyboard is at: its text, or its label."""
    return str(page.evaluate("() => document.activeElement.innerText || document.activeElement.ariaLabel || ''"))


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_query_button_and_progress_are_where_they_are_looked_for_at_every_width(
    visitor: Visitor, window: tuple[int, int], locale: str
) -> None:
    page = visitor.open(locale=locale, width=window[0], height=window[1])
    expect(page.get_by_role("textbox").first).to_be_in_viewport(ratio=0.9)
    button = page.locator(".st-key-rerank button")
    button.scroll_into_view_if_needed()
    button.click(trial=True)  # nothing lies over it
    rerank(page, SEED_QUERY)
    expect(page.locator(".st-key-progress").get_by_role("progressbar")).to_be_in_viewport()
    page.locator(".st-key-photo-first").wait_for()
    sidebar, main = page.get_by_test_id("stSidebar").bounding_box(), page.get_by_test_id("stMain").bounding_box()
    assert sidebar
    assert main
    beside, above = sidebar["x"] + sidebar["width"] <= main["x"] + 1, sidebar["y"] + sidebar["height"] <= main["y"] + 1
    assert beside or above
    assert page.evaluate(BEYOND) == 0


def test_the_whole_first_result_is_seen_after_a_run(visitor: Visitor) -> None:
    page = visitor.open(height=900)
    rerank(page, SEED_QUERY)
    first = page.locator(".st-key-photo-first")
    expect(first.get_by_text("Rank 1 | Score: 10.0")).to_be_in_viewport(ratio=1)


def test_a_bar_is_released_by_a_second_click_and_an_empty_one_changes_nothing(visitor: Visitor) -> None:
    page = ranked(visitor)
    bands = page.locator(".st-key-bands")
    for clicks, shown in enumerate(("3 of 32 shown", "32 of 32 shown", "3 of 32 shown")):
        page.wait_for_function(DRAWN, arg=f"-{clicks}")
        click_last_bar(page)
        expect(bands).to_contain_text(shown)
    page.wait_for_function(DRAWN, arg="-3")
    box = chart(page, 0)
    page.mouse.click(box["x"] + box["width"] * 0.62, box["y"] + 30)  # nobody got 5.5
    page.get_by_role("spinbutton", name="Top").fill("2")
    page.keyboard.press("Enter")
    expect(bands).to_contain_text("2 of 32 shown")  # the bar still counts
    bands.get_by_role("button", name="Show all").click()
    expect(bands).to_contain_text("32 of 32 shown")
    expect_ranks(page, range(1, 33))


def test_ctrl_enter_in_the_box_starts_the_run_with_what_stands_in_it(visitor: Visitor) -> None:
    page = visitor.open(locale="en-US")
    box = page.get_by_role("textbox").first
    box.click()
    page.keyboard.type("a dog")
    told = page.locator(".st-key-query").get_by_test_id("InputInstructions")
    assert "Ctrl+Enter to start" in str(told.evaluate("element => getComputedStyle(element, '::after').content"))
    page.keyboard.press("Control+Enter")
    expect(page.locator(".st-key-progress")).to_contain_text("“a dog” · 32 photos")


def test_the_keyboard_reaches_the_first_card_in_a_few_steps(visitor: Visitor) -> None:
    page = ranked(visitor)
    card = page.locator(".st-key-photo-first")

    def step() -> bool:
        """True where the card is reached; a draw under way takes the way to it along."""
        page.locator(".st-key-rerank button").focus()
        for _ in range(3):
            page.keyboard.press("Tab")
            if focused(page) == "Skip to the results":
                break
        expect(page.locator(".skip")).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        return bool(card.evaluate("card => card.contains(document.activeElement)"))

    limit_s = time.monotonic() + WAIT_S
    while not step():
        assert time.monotonic() < limit_s
    ways = [card.get_by_role("button", name=name, exact=True).count() for name in ("View", "More like this")]
    assert (ways, card.get_by_role("button").count()) == ([1, 1], 2)  # one way to see it large
    assert page.locator(".st-key-charts").get_by_role("button").count() == 0


def test_back_brings_the_query_of_the_run_before(visitor: Visitor) -> None:
    page = visitor.open(locale="en-US")
    for query in ("a dog", "sofa + coffee"):
        rerank(page, query)
        expect(page.locator(".st-key-progress")).to_contain_text(f"“{query}”")
    page.go_back()
    expect(page.locator(".st-key-progress")).to_contain_text("“a dog”")
    expect(page.get_by_role("textbox").first).to_have_value("a dog")


def test_a_run_opened_from_far_below_is_shown_from_its_top(visitor: Visitor) -> None:
    page = visitor.open(locale="en-US")
    rerank(page, "a dog")
    rerank(page, "sofa + coffee")
    page.mouse.move(800, 600)
    page.mouse.wheel(0, 1500)
    page.go_back()
    expect(page.locator(".st-key-progress").get_by_text("“a dog” · 32 photos")).to_be_in_viewport()


@pytest.mark.parametrize(("locale", "told"), [("zh-CN", "连不上本机的"), ("en-US", "does not answer")])
def test_the_page_says_in_its_own_language_that_the_app_is_away(
    chromium: Browser, machine: Machine, locale: str, told: str
) -> None:
    page = open_page(chromium, machine, locale=locale)
    content = "() => getComputedStyle(document.querySelector('[data-testid=stApp]'), '::before').content"
    assert told not in page.evaluate(content)
    machine.stop(signal.SIGKILL)
    page.wait_for_function(f"() => ({content})().includes({told!r})")
    for _ in range(6):  # as many tries as Streamlit makes before it would show a dialog of its own
        page.wait_for_event("requestfailed", lambda request: "host-config" in request.url)
    assert page.get_by_role("dialog").count() == 0
    machine.start()
    page.wait_for_function(f"() => !({content})().includes({told!r})")
    page.context.close()


def test_words_of_streamlits_own_are_not_seen_in_chinese(visitor: Visitor) -> None:
    page = visitor.open()
    zone = page.get_by_test_id("stFileUploaderDropzone").filter(visible=True)
    label = zone.locator("button").get_by_test_id("stMarkdownContainer")
    width = "p => { const text = new Range(); text.selectNodeContents(p); return text.getBoundingClientRect().width; }"
    assert label.locator("p").evaluate(width) == 0  # it names the button where the label that is seen is not read
    assert not re.search("per file", zone.inner_text())
    assert "选择照片" in str(label.evaluate("label => getComputedStyle(label, '::after').content"))


def test_a_phone_shows_no_keys(chromium: Browser, visitor: Visitor, tmp_path: Path) -> None:
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(visitor.address)
    page.locator(".st-key-demo").wait_for(timeout=60_000)
    rerank(page, SEED_QUERY)
    page.locator(".st-key-photo-first").get_by_text("看大图").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("img").wait_for()
    assert dialog.locator("kbd").count() > 0
    assert not any(key.is_visible() for key in dialog.locator("kbd").all())
