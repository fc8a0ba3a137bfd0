"""The page before a run: its language, its sidebar, names as text, and queries that begin no run."""

from pathlib import Path

import pytest

from lychee_rerank.words import CHINESE, ENGLISH, Words
from tests.fakes import FakeJudge
from tests.page.pages import LANGUAGES, REDS, Open, rerank, texts, thumbnails
from tests.pictures import write_reds


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", CHINESE), ("en-GB", ENGLISH), ("fr-FR", ENGLISH)])
def test_the_language_of_the_browser_decides(open_page: Open, photo_folder: Path, locale: str, words: Words) -> None:
    write_reds(photo_folder, REDS)
    page = open_page(locale)
    assert page.text_area(key="query").label == words.query_label
    assert page.button(key="rerank").label == words.rerank
    assert page.file_uploader[0].label == words.drop_label
    assert words.gallery.format(n=4) in texts(page)


def test_the_page_switches_its_language(open_page: Open) -> None:
    page = open_page("en-US")
    page.segmented_control(key="lang").set_value("zh").run()
    assert page.button(key="rerank").label == "开始重排序 (Rerank)"


def test_the_sidebar_holds_the_query_box_and_the_button_and_no_third(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    assert [element.type for element in list(open_page().sidebar)[1:]] == ["text_area", "button"]


@LANGUAGES
def test_one_photo_is_no_run_but_a_friendly_notice(
    open_page: Open, photo_folder: Path, judge: FakeJudge, locale: str, words: Words
) -> None:
    write_reds(photo_folder, {"only.png": 255})
    page = rerank(open_page(locale), "red")
    assert words.one_photo in texts(page)
    assert (judge.answers, "run" in page.query_params) == (0, False)


def test_an_empty_query_is_no_run_but_a_friendly_notice(open_page: Open, photo_folder: Path, judge: FakeJudge) -> None:
    write_reds(photo_folder, REDS)
    page = rerank(open_page(), "  \n ")
    assert "Please write what you are looking for first." in texts(page)
    assert judge.queries == []


def test_a_query_that_is_too_long_is_refused_with_its_length(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    assert any("2001 characters" in text for text in texts(rerank(open_page(), "x" * 2001)))


def test_the_name_of_a_photo_is_text_whatever_stands_in_it(open_page: Open, photo_folder: Path) -> None:
    hostile = "\"><img src=x onerror='alert(1)'>.png"
    write_reds(photo_folder, {hostile: 255, "b.png": 0})
    drawn = thumbnails(open_page())
    assert [attributes["alt"] for attributes in drawn] == [hostile, "b.png"]
    assert {name for attributes in drawn for name in attributes} == {
        "class",
        "loading",
        "alt",
        "src",
        "srcset",
        "sizes",
    }
