"""What lies beside the photos and is none of them: told on the page, and kept with each run for its JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lychee_rerank.problems import PassedOver
from lychee_rerank.service import open_service
from lychee_rerank.words import Words
from tests.disks import fill
from tests.page.pages import LANGUAGES, QUERY, REDS, RESULTS, Open, export, rerank, texts
from tests.pictures import write_reds


def passed_over(page: AppTest) -> Any:
    """What the exported JSON document says of it."""
    return json.loads(export(page, "above", RESULTS.as_json))["passed_over"]


def test_the_document_of_a_run_counts_what_lay_beside_its_photos_when_it_was_begun(
    open_page: Open, photo_folder: Path
) -> None:
    write_reds(photo_folder, REDS)
    (photo_folder / "#recycle").mkdir()
    write_reds(photo_folder / "#recycle", {"old.png": 1})
    (photo_folder / "clip.MOV").write_bytes(b"")
    page = rerank(open_page(), QUERY)
    (photo_folder / "clip.MOV").unlink()
    assert passed_over(page) == {"other_type": 1, "deleted": 1}
    run_id = page.query_params["run"]
    open_service().worker.book.forget(run_id)
    assert passed_over(open_page(run=run_id)) == {"other_type": 1, "deleted": 1}


@LANGUAGES
def test_linked_folders_of_the_mounted_one_are_followed_where_the_setting_says_so_and_never_out_of_it(
    open_page: Open, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, words: Words
) -> None:
    write_reds(fill(tmp_path / "outside", ".keep"), {"out.png": 1})
    write_reds(fill(photo_folder / ".store", ".keep"), REDS)
    (photo_folder / "album").symlink_to(".store")
    (photo_folder / "elsewhere").symlink_to(tmp_path / "outside")
    monkeypatch.setenv("LYCHEE_FOLLOW_LINKS", "yes")
    said = texts(open_page(locale))
    assert words.photos(4) in said
    assert words.other_files({PassedOver.HIDDEN: 6, PassedOver.LINK_OUT: 1}) in said
