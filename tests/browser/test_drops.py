"""The drop zone in a real browser: its picker knows what is taken, a drop takes everything and counts what is none."""

import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from lychee_rerank.pairs import LIST_ENDING
from lychee_rerank.photos.folders import PHOTO_ENDINGS
from tests.browser.conftest import Visitor
from tests.browser.test_walk import SAMPLES, drop

TYPES = ",".join((*PHOTO_ENDINGS, LIST_ENDING))


def expect_types(page: Page) -> None:
    """The one drop zone on the page tells the picker which files are taken."""
    picker = page.locator("[class*=st-key-drop-]").get_by_test_id("stFileUploaderDropzoneInput")
    expect(picker).to_have_count(1)
    expect(picker).to_have_attribute("accept", TYPES)


def test_the_picker_is_told_what_is_taken_and_a_drop_may_hold_anything(visitor: Visitor, tmp_path: Path) -> None:
    phone = tmp_path / "DCIM"
    phone.mkdir()
    for sample in SAMPLES[:2]:
        shutil.copy(sample, phone)
    shutil.copy(SAMPLES[2], phone / "no ending")
    for name in ("._IMG_1.JPG", "IMG_1.MOV", "IMG_1.AAE"):
        (phone / name).write_bytes(b"\0\x05\x16\x07")
    page = visitor.open(locale="en-US")
    expect_types(page)
    drop(page, phone)
    line = page.locator(".st-key-gallery-line")
    expect(line).to_contain_text("3 photos")
    expect(line).to_contain_text("Other files passed over: 3 (of another type 2, of the system 1)")
    expect_types(page)
    line.get_by_role("button", name="Start a new gallery").click()
    expect(line).to_contain_text("32 photos")
    expect_types(page)
