"""The mounted folder in a real browser: nobody waits for a slow disk, and the address keeps the subfolder."""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ROOT, Visitor
from tests.served import find_port, running_app

SAMPLES = sorted((ROOT / "images").iterdir())


@dataclass(frozen=True)
class Mounted:
    """An app on a folder with a slow subfolder, which is listed only once `hold` is gone."""

    visitor: Visitor
    folder: Path
    hold: Path


@pytest.fixture
def mounted(chromium: Browser, tmp_path: Path) -> Iterator[Mounted]:
    folder, hold, port = tmp_path / "photos", tmp_path / "hold", find_port()
    for sample, place in zip(SAMPLES, ["", "", "day 1", "slow", "slow"], strict=False):
        (folder / place).mkdir(parents=True, exist_ok=True)
        shutil.copy(sample, folder / place)
    hold.touch()
    settings = {"LYCHEE_IMAGES_DIR": str(folder), "LYCHEE_TEST_HOLD": str(hold)}
    with running_app(port, tmp_path / "data", under=(sys.executable, "-m", "tests.slow_disk"), **settings):
        yield Mounted(Visitor(chromium, f"http://localhost:{port}"), folder, hold)
        hold.unlink(missing_ok=True)
    for context in chromium.contexts:
        context.close()


def test_a_slow_folder_is_waited_for_by_nobody_and_stays_within_reach(mounted: Mounted) -> None:
    page = mounted.visitor.new_page(locale="en-US")
    page.goto(mounted.visitor.address)
    line, photos = page.locator(".st-key-gallery-line"), page.locator(".st-key-preview img")
    expect(line).to_contain_text(re.compile(r"[23] photos found so far…"))
    page.locator(".st-key-demo").wait_for()  # from here on, nothing but the listing draws the page again
    page.get_by_role("textbox").fill("a dog")
    mounted.hold.unlink()
    expect(photos).to_have_count(5)  # nobody clicked
    expect(page.get_by_role("textbox")).to_have_value("a dog")

    shutil.copy(SAMPLES[5], mounted.folder / "slow")
    line.get_by_role("button", name="Rescan").click()
    expect(line).to_contain_text("6 photos")
    line.get_by_role("combobox").click()
    page.get_by_role("option", name="slow · 3").click()
    expect(line).to_contain_text("3 photos")
    expect(page).to_have_url(re.compile(r"[?&]folder=slow"))
    page.reload()
    expect(photos).to_have_count(3)
