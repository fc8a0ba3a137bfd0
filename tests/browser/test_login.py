"""The login page in a real browser, which says where its form comes from."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lychee_rerank.words import CHINESE, ENGLISH, Words
from tests.browser.conftest import Visitor
from tests.served import find_port, running_app

PASSWORD = "荔枝 & lychee"


@pytest.mark.parametrize(("locale", "words", "width"), [("zh-CN", CHINESE, 1440), ("en-US", ENGLISH, 390)])
def test_the_password_opens_the_page_that_was_asked_for(
    chromium: Browser, tmp_path: Path, locale: str, words: Words, width: int
) -> None:
    port = find_port()
    with running_app(port, tmp_path, LYCHEE_PASSWORD=PASSWORD):
        visitor = Visitor(chromium, f"http://localhost:{port}/?gallery=nobody")
        page = visitor.new_page(locale=locale, width=width)
        page.goto(visitor.address)
        field = page.get_by_label(words.login_label)
        for attempt, problem in (("a guess", words.login_wrong), ("another", words.login_wrong)):
            field.fill(attempt)
            page.get_by_role("button", name=words.login_button).click()
            expect(page.get_by_role("alert")).to_have_text(problem)
        field.fill(PASSWORD)
        field.press("Enter")
        page.locator(".st-key-preview img").first.wait_for()
        expect(page.get_by_text(words.gallery_gone)).to_be_visible()  # it came with the address
        assert visitor.outside == []
        page.context.close()
