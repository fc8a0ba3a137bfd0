"""The running app and a real Chromium in front of it."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, expect, sync_playwright

from tests.browser.machine import PHOTOS, Machine
from tests.served import ROOT, find_port, running_app

Scheme = Literal["light", "dark"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Chromium's own calls home are no part of the page; as root it starts without a sandbox only.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

expect.set_options(timeout=60_000)  # for a busy machine; what is there is found at once


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium these tests are skipped, visibly, unless LYCHEE_REQUIRE_BROWSER asks for them."""
    if CHROMIUM or os.environ.get("LYCHEE_REQUIRE_BROWSER"):
        return
    skip = pytest.mark.skip(reason="no Chromium found: `apt-get install chromium fonts-noto-cjk` brings it")
    for item in items:
        if item.path.is_relative_to(ROOT / "tests" / "browser"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, started as `make run` starts it, on the bundled model and the sample gallery."""
    data, port = tmp_path_factory.mktemp("data"), find_port()
    with (data / "log").open("w") as log, running_app(port, data, output=log):
        yield f"http://localhost:{port}"
    sys.stdout.write((data / "log").read_text())


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """There can be one at a time."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One browser for all tests."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


def fill_gallery(folder: Path, photos: int) -> Path:
    """The folder with so many small pictures of the samples, no two of them the same."""
    folder.mkdir()
    samples = [Image.open(path).convert("RGB").resize((320, 240)) for path in sorted((ROOT / "images").iterdir())]
    for n in range(photos):
        picture = samples[n % len(samples)].copy()
        picture.putpixel((0, 0), (n % 256, n // 256, 0))
        picture.save(folder / f"{n:03}.png", compress_level=1)
    return folder


class Visitor:
    """Opens pages and remembers every request that would leave this machine."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.outside: list[str] = []

    def open(self, *, locale: str = "zh-CN", width: int = 1440, height: int = 1000, scheme: Scheme = "light") -> Page:
        """A new user's page, once the model answers and the gallery is drawn."""
        page = self.new_page(locale=locale, width=width, height=height, scheme=scheme)
        page.goto(self.address)
        page.locator(".st-key-demo").wait_for()
        page.locator(".st-key-preview img").first.wait_for()
        return page

    def new_page(
        self, *, locale: str = "zh-CN", width: int = 1440, height: int = 1000, scheme: Scheme = "light"
    ) -> Page:
        """An empty page of a new user's."""
        size = ViewportSize(width=width, height=height)
        context = self.browser.new_context(locale=locale, viewport=size, color_scheme=scheme)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda request: self._remember(request.url))
        page.on("websocket", lambda socket: self._remember(socket.url))
        return page

    def _remember(self, url: str) -> None:
        asked, own = urlsplit(url), urlsplit(self.address)
        if asked.scheme not in ("data", "blob") and asked.netloc != own.netloc:
            self.outside.append(url)


@pytest.fixture
def visitor(chromium: Browser, address: str) -> Iterator[Visitor]:
    """A visitor whose every page stayed on this machine, or the test fails."""
    visitor = Visitor(chromium, address)
    yield visitor
    for context in chromium.contexts:
        context.close()
    assert visitor.outside == []


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    fill_gallery(tmp_path / "images", PHOTOS)
    machine = Machine(tmp_path, find_port())
    machine.start()
    yield machine
    assert machine.stop(signal.SIGTERM) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
