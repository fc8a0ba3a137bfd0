"""Photographs first: what is whole in view once a run is done, and nothing in the way of those who see it otherwise."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from lychee_rerank.words import CHINESE, ENGLISH, Words
from tests.browser.conftest import Scheme, Visitor
from tests.browser.test_walk import SEED_QUERY, rerank

LANGUAGES = pytest.mark.parametrize(("locale", "words"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])
GRAVE = {"serious", "critical"}


def ranked(visitor: Visitor, locale: str, *, width: int = 1440, height: int = 900) -> Page:
    page = visitor.open(locale=locale, width=width, height=height)
    rerank(page, SEED_QUERY)
    expect(page.locator(".st-key-cancel")).to_have_count(0)
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    return page


def box_of(element: Locator) -> dict[str, float]:
    box = element.bounding_box()
    assert box is not None
    return dict(box)


@LANGUAGES
def test_the_first_row_is_whole_in_view_once_a_run_is_done(visitor: Visitor, locale: str, words: Words) -> None:
    page = ranked(visitor, locale)
    for key in ("photo-first", "photo-2", "photo-3"):
        expect(page.locator(f".st-key-{key}")).to_be_in_viewport(ratio=1)
    assert box_of(page.locator(".st-key-header"))["height"] < 50, "the demo model's notice stands in one line"
    assert words.demo_short.split("{")[0] in page.locator(".st-key-header").inner_text()
    for row in ("gallery-row", "progress", "heading", "bands"):
        assert box_of(page.locator(f".st-key-{row}"))["height"] < 50, f"{row} takes more than a line"


@LANGUAGES
def test_photo_score_answer_and_why_are_in_view_together(visitor: Visitor, locale: str, words: Words) -> None:
    page = ranked(visitor, locale)
    page.locator(".st-key-photo-first").get_by_text(words.results.open_large).click()
    large = page.get_by_role("dialog")
    expect(large.get_by_role("button", name=words.results.why)).to_be_in_viewport(ratio=1)
    expect(large.locator("img")).to_be_in_viewport(ratio=1)
    expect(large.get_by_text("Rank 1 | Score")).to_be_in_viewport(ratio=1)
    expect(large.locator("code").first).to_be_in_viewport(ratio=1)
    expect(large.get_by_text("1024 × 768")).to_be_in_viewport(ratio=1)


@LANGUAGES
def test_on_a_phone_query_and_button_fold_to_one_line_and_open_to_whoever_types(
    visitor: Visitor, locale: str, words: Words
) -> None:
    page = visitor.open(locale=locale, width=390, height=844)
    query, button = page.locator(".st-key-query textarea"), page.get_by_role("button", name=words.rerank)
    assert box_of(query)["height"] > 100
    query.fill(SEED_QUERY)
    button.click()
    expect(page.locator(".st-key-photo-first")).to_be_visible()
    expect(page.locator(".st-key-cancel")).to_have_count(0)
    assert box_of(query)["height"] <= 48
    assert abs(box_of(query)["y"] - box_of(button)["y"]) < 8
    query.click()
    assert box_of(query)["height"] > 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("locale", "words", "width"), [("zh-CN", CHINESE, 1440), ("en-US", ENGLISH, 390)])
def test_axe_finds_nothing_serious(visitor: Visitor, scheme: Scheme, locale: str, words: Words, width: int) -> None:
    page = visitor.open(locale=locale, width=width, height=900, scheme=scheme)
    assert grave(page) == [], "before a run"
    rerank(page, SEED_QUERY)
    expect(page.locator(".st-key-cancel")).to_have_count(0)
    assert grave(page) == [], "with results"
    page.locator(".st-key-photo-first").get_by_text(words.results.open_large).click()
    expect(page.get_by_role("dialog").locator("img")).to_be_visible()
    assert grave(page) == [], "with a photo large"
    page.get_by_role("dialog").get_by_text(words.like.more).click()
    expect(page.locator(".st-key-like img")).to_be_visible()
    rerank(page, "")
    expect(page.locator(".st-key-cancel")).to_have_count(0)
    assert grave(page) == [], "with an example and its mark"


def grave(page: Page) -> list[str]:
    """What Axe finds that is serious or critical, with the first element of each; what is being redrawn is pale."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['target']}" for one in found if one["impact"] in GRAVE]
