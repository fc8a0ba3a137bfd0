"""A run on the page, from its click to its end: clicks, queries, reloads and Cancel while it is under way."""

import time
from pathlib import Path

import pytest

from lychee_rerank.words import ENGLISH
from tests.decode_processes import decoding_processes
from tests.fakes import FakeJudge
from tests.limits import WAIT_S
from tests.page.pages import REDS, Open, captions, click, finish, rerank, texts, thumbnails, upload
from tests.pictures import encode, make_plain, write_reds


def test_a_reload_finds_the_run_and_its_query(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    run_id = rerank(open_page(), "Red things").query_params["run"]
    again = open_page(run=run_id)
    assert captions(again)[0] == "**Rank 1 | Score: 10.0**"
    assert again.text_area(key="query").value == "Red things"


def test_a_run_that_ends_in_a_blink_is_drawn_whole_by_its_click(
    open_page: Open, judge: FakeJudge, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lychee_rerank.page.run._BLINK_S", 60.0)
    judge.before_generate = lambda: time.sleep(0.1)
    write_reds(photo_folder, REDS)
    page = click(open_page(), "Red things")
    assert captions(page)[0] == "**Rank 1 | Score: 10.0**"
    assert not page.button(key="rerank").disabled
    assert "cancel" not in {button.key for button in page.button}


def test_a_run_that_is_not_known_shows_a_notice_and_the_gallery(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    page = open_page(run="nobody")
    assert ENGLISH.run_gone in texts(page)
    assert len(thumbnails(page)) == 4


def test_a_click_during_a_run_neither_stops_nor_restarts_it(
    open_page: Open, photo_folder: Path, judge: FakeJudge
) -> None:
    write_reds(photo_folder, REDS)
    judge.hold()
    page = open_page()
    click(page, "red")
    assert judge.begun.wait(WAIT_S)
    page.run()
    assert any(text.startswith("Scoring photo 1 of 4") for text in texts(page))
    for _ in range(3):
        page.button(key="rerank").click().run()
    page.segmented_control(key="lang").set_value("zh").run()
    assert any(text.startswith("正在分析第1/4张图…") for text in texts(page))
    judge.let_go()
    finish(page)
    assert (judge.queries, judge.answers) == (["red"], 4)
    assert captions(page)[0] == "**Rank 1 | Score: 10.0**"


def test_cancel_ends_the_run_and_keeps_what_is_scored(open_page: Open, photo_folder: Path, judge: FakeJudge) -> None:
    write_reds(photo_folder, REDS)
    judge.hold()
    page = open_page()
    click(page, "red")
    assert judge.begun.wait(WAIT_S)
    page.run().button(key="cancel").click().run()
    judge.let_go()
    finish(page)
    assert captions(page) == ["**Rank 1 | Score: 2.0**"]
    assert any(text.startswith("Cancelled: 4 photos = 1 scored + 0 refused + 3 not looked at") for text in texts(page))


def test_a_new_query_during_a_run_leaves_that_run_on_the_page(
    open_page: Open, photo_folder: Path, judge: FakeJudge
) -> None:
    write_reds(photo_folder, REDS)
    judge.hold()
    page = open_page()
    for query in ("red", "blue"):
        click(page, query)
    assert judge.begun.wait(WAIT_S)
    page.run()
    assert ENGLISH.waiting.format(n=1) in texts(page)
    assert "Also under way: “red” · 0/4" in texts(page)
    (first,) = [button for button in page.button if str(button.key).startswith("cancel-")]
    first.click().run()
    judge.let_go()
    finish(page)
    assert judge.queries == ["red", "blue"]
    assert judge.answers == 1 + 4
    assert "“blue” · 4 photos" in texts(page)


def test_a_run_cancelled_while_it_waits_is_shown_so_at_once(
    open_page: Open, photo_folder: Path, judge: FakeJudge
) -> None:
    write_reds(photo_folder, REDS)
    judge.hold()
    page = open_page()
    for query in ("red", "blue"):
        click(page, query)
    page.button(key="cancel").click().run()
    assert any(text.startswith("Cancelled: 4 photos = 0 scored + 0 refused + 4 not looked at") for text in texts(page))
    judge.let_go()


def test_a_run_under_way_is_found_by_a_visitor_who_comes_back_without_its_address(
    open_page: Open, photo_folder: Path, judge: FakeJudge
) -> None:
    write_reds(photo_folder, REDS)
    judge.hold()
    click(open_page(), "red")
    assert ENGLISH.other_run.format(query="“red”", done=0, n=4) in texts(open_page())
    judge.let_go()


def test_photos_are_decoded_outside_of_this_process(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    rerank(open_page(), "red")
    assert decoding_processes()


def test_a_run_that_breaks_is_no_cancelled_run(open_page: Open, photo_folder: Path, judge: FakeJudge) -> None:
    write_reds(photo_folder, REDS)
    judge.before_generate = lambda: 1 / 0
    page = rerank(open_page(), "red")
    assert any(text.startswith("Stopped: 4 photos = 0 scored") for text in texts(page))
    assert [error.value for error in page.error] == [ENGLISH.run_failed.format(problem=ENGLISH.unexpected)]


def test_a_run_behind_the_gallery_can_be_shown_again(open_page: Open, photo_folder: Path, judge: FakeJudge) -> None:
    write_reds(photo_folder, REDS)
    judge.hold()
    page = open_page()
    run_id = click(page, "red").query_params["run"]
    upload(page, ("x.png", encode(make_plain((102, 0, 0)), "PNG")))
    assert "run" not in page.query_params
    assert "Also under way: “red” · 0/4" in texts(page)
    page.text_area(key="query").set_value("blue")
    page.button(key=f"show-{run_id}").click().run()
    assert page.query_params["run"] == run_id
    assert page.text_area(key="query").value == "red"
    judge.let_go()
