"""An app that can be killed and started again, on a gallery that takes it some seconds."""

import signal
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.served import STOP_S, App, answers, start_app

PHOTOS = 120  # about 30 ms each
RUN_S = 300


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
        return self.app.wait(STOP_S)

    def wait_for(self, asked: int) -> None:
        """Until the model was asked that often; the run must not be over then."""
        limit_s = time.monotonic() + RUN_S
        while self.asked < asked:
            assert time.monotonic() < limit_s
            time.sleep(0.02)
        assert self.asked < PHOTOS


def open_page(browser: Browser, machine: Machine, *, locale: str = "zh-CN") -> Page:
    page = browser.new_context(locale=locale).new_page()
    page.set_default_timeout(60_000)
    page.goto(machine.address)
    page.locator(".st-key-preview img").first.wait_for()
    return page
