"""A disk or folder that fails, or that another app scores for, costs no page."""

import os
from pathlib import Path

import pytest

from lychee_rerank.jobs.lock import FolderLock
from lychee_rerank.service import close_service, open_service
from lychee_rerank.store.store import FILE_NAME
from lychee_rerank.words import ENGLISH
from tests.fakes import FakeJudge
from tests.page.pages import REDS, Open, captions, click, rerank, texts, upload, warnings
from tests.pictures import encode, make_plain, write_reds


def test_a_data_folder_that_cannot_be_written_is_shown_and_uploads_still_work(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("LYCHEE_DATA_DIR", str(tmp_path / "file" / "data"))
    page = open_page()
    assert any("cannot be written" in warning.value for warning in page.warning)
    upload(page, ("x.png", encode(make_plain((102, 0, 0)), "PNG")))
    assert "1 photo" in texts(page)


def test_a_full_disk_is_shown_while_it_lasts_and_the_run_goes_on(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    page, store = open_page(), open_service().store
    (pages,) = store.database.rows("PRAGMA page_count")[0]
    store.database.rows(f"PRAGMA max_page_count = {pages}")
    long = "red " * 400  # no page of the file has room for it
    assert len(captions(rerank(page, long))) == 4
    assert warnings(page) == [ENGLISH.not_saving.format(folder=open_service().data.path)]
    store.database.rows("PRAGMA max_page_count = 100000")
    store.database.catch_up()
    assert warnings(page.run()) == []
    (kept,) = store.runs.past("", most=2)
    assert kept.photos == 4


def test_a_broken_file_of_past_runs_is_shown(open_page: Open, photo_folder: Path, tmp_path: Path) -> None:
    write_reds(photo_folder, REDS)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE_NAME).write_bytes(b"no database " * 1000)
    page = open_page()
    (aside,) = (tmp_path / "data").glob(f"{FILE_NAME}.corrupt-*")
    assert warnings(page) == [ENGLISH.set_aside.format(file=aside.name)]
    assert len(captions(rerank(page, "red"))) == 4


def test_a_second_app_on_the_folder_opens_finished_runs_and_shows_who_scores(
    open_page: Open, photo_folder: Path, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_reds(photo_folder, REDS)
    page = rerank(open_page(), "red")
    ranking, run_id = captions(page), page.query_params["run"]
    close_service()
    monkeypatch.setattr(FolderLock, "acquire", lambda self: False)  # as where another process holds it
    page = open_page(wait=False, run=run_id)
    assert captions(page) == ranking
    assert ENGLISH.elsewhere in texts(page)
    answered = judge.answers
    assert "run" in click(page, "blue").query_params
    assert ENGLISH.elsewhere in texts(page)
    assert judge.answers == answered
    assert captions(page) == ranking


def test_a_data_folder_that_cannot_be_read_any_more_is_shown_without_a_traceback(
    open_page: Open, photo_folder: Path
) -> None:
    write_reds(photo_folder, REDS)
    page = upload(open_page(), ("x.png", encode(make_plain((102, 0, 0)), "PNG")))
    open_service().store.database._connection.execute("DROP TABLE uploads")
    assert ENGLISH.storage_failed.format(folder=open_service().data.path) in texts(page.run())


def test_a_folder_that_cannot_be_read_is_shown_and_the_samples_are_offered(
    open_page: Open, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_reds(photo_folder, REDS)
    closed = tmp_path / "closed"
    closed.mkdir()
    monkeypatch.setenv("LYCHEE_IMAGES_DIR", str(closed))
    access = os.access  # root may read everything: here the system answers as it does to others
    monkeypatch.setattr(os, "access", lambda path, mode: path != closed and access(path, mode))
    page = open_page()
    warning = ENGLISH.folder_unreadable.format(folder=closed, user=os.getuid())
    assert warnings(page) == [warning]
    assert "4 photos" in texts(page)
