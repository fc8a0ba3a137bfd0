"""What happens to a run when the tab, the browser or the app goes away in the middle of it.

LYCHEE_AWAY_S sets for how long the tab is closed: 5 s, and 150 s were tried once.
"""

import os
import re
import signal
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from lychee_rerank.model.vlm import MOST_NEW
from tests.browser.machine import PHOTOS, RUN_S, Machine, open_page

AWAY_S = float(os.environ.get("LYCHEE_AWAY_S", "5"))
DONE = re.compile(rf"^共 {PHOTOS} 张 = 已评分 {PHOTOS}")


def rerank(page: Page) -> None:
    page.get_by_role("textbox").fill("沙发、咖啡")
    page.locator(".st-key-rerank button").click()
    page.wait_for_url(re.compile("run="))


def expect_done(page: Page) -> None:
    expect(page.get_by_text(DONE)).to_be_visible(timeout=RUN_S * 1000)


def test_a_run_goes_on_while_its_tab_is_closed(chromium: Browser, machine: Machine) -> None:
    page = open_page(chromium, machine)
    rerank(page)
    machine.wait_for(20)
    url, context = page.url, page.context
    page.close()
    time.sleep(AWAY_S)
    page = context.new_page()
    page.goto(url)
    expect_done(page)
    assert machine.asked == PHOTOS
    context.close()


def test_many_clicks_and_reloads_make_one_run(chromium: Browser, machine: Machine) -> None:
    page = open_page(chromium, machine)
    rerank(page)
    machine.wait_for(5)
    for _ in range(4):
        page.locator(".st-key-rerank button").click()
    page.reload()
    page.locator(".st-key-rerank button").click()
    expect_done(page)
    assert machine.asked == PHOTOS
    page.context.close()


@pytest.mark.parametrize(("how", "codes"), [(signal.SIGKILL, {-9}), (signal.SIGTERM, {0})], ids=["killed", "stopped"])
def test_a_run_goes_on_when_the_app_is_back(
    chromium: Browser, machine: Machine, how: signal.Signals, codes: set[int]
) -> None:
    page = open_page(chromium, machine)
    rerank(page)
    for asked in (20, 60):
        machine.wait_for(asked)
        assert machine.stop(how) in codes
        machine.start()
    expect_done(page)  # the open page finds the app again by itself
    assert PHOTOS <= machine.asked <= PHOTOS + 2 * MOST_NEW  # the photos in work are done again
    page.context.close()
