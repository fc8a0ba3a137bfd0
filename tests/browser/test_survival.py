"""What happens to a run when the tab, the browser or the app goes away in the middle of it.

LYCHEE_AWAY_S sets for how long the tab is closed: 5 s, and 150 s were tried once.
"""

import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from lychee_rerank.scoring.scorer import MOST_NEW
from tests.browser.conftest import fill_gallery
from tests.served import App, answers, find_port, start_app

AWAY_S = float(os.environ.get("LYCHEE_AWAY_S", "5"))
PHOTOS = 120  # about 30 ms each
RUN_S = 120
DONE = re.compile(rf"^共 {PHOTOS} 张 = 已评分 {PHOTOS}")


@dataclass
class Machine:
    """An app on a gallery, which can be killed and started again on the same port and data."""

    folder: Path
    port: int
    app: App | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def asked(self) -> int:
        """How often the model was asked to score a picture, by all apps together."""
        counted = self.folder / "counted"
        return counted.stat().st_size if counted.exists() else 0

    def start(self) -> None:
        with (self.folder / "log").open("a") as log:
            images, data = str(self.folder / "images"), self.folder / "data"
            self.app = start_app(self.port, data, output=log, counted=self.folder / "counted", LYCHEE_IMAGES_DIR=images)
        assert answers(self.port), (self.folder / "log").read_text()

    def stop(self, how: signal.Signals) -> int:
        assert self.app is not None
        self.app.send_signal(how)
        return self.app.wait(10)

    def wait_for(self, asked: int) -> None:
        """Until the model was asked that often; the run must not be over then."""
        limit_s = time.monotonic() + RUN_S
        while self.asked < asked:
            assert time.monotonic() < limit_s
            time.sleep(0.02)
        assert self.asked < PHOTOS


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    fill_gallery(tmp_path / "images", PHOTOS)
    machine = Machine(tmp_path, find_port())
    machine.start()
    yield machine
    assert machine.stop(signal.SIGTERM) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def open_page(browser: Browser, machine: Machine, *, locale: str = "zh-CN") -> Page:
    page = browser.new_context(locale=locale).new_page()
    page.set_default_timeout(60_000)
    page.goto(machine.address)
    page.locator(".st-key-preview img").first.wait_for()
    return page


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
