"""Exports: what is chosen is what they hold, with ratings on request, and as copies below the mounted folder."""

import io
import json
import zipfile
from pathlib import Path

from streamlit.testing.v1 import AppTest

from lychee_rerank.photos.folders import PICKS_FOLDER
from lychee_rerank.service import open_service
from lychee_rerank.words import ENGLISH
from tests.limits import WAIT_S
from tests.page.pages import (
    QUERY,
    RESULTS,
    SEVEN_REDS,
    addresses,
    export,
    export_part,
    fetch,
    names_in,
    rerank,
    rows_of,
    warnings,
)


def test_an_export_starts_at_the_picks_where_there_are_any(page: AppTest) -> None:
    assert export_part(page).value == "shown"
    next(box for box in page.checkbox if box.label == RESULTS.pick).check().run()
    assert export_part(page).value == "picks"
    export_part(page).set_value("above").run()
    page.button(key="pick-shown").click().run()
    assert export_part(page).value == "above"  # what the user has chosen stays


def test_the_ten_best_are_one_click_away(page: AppTest) -> None:
    names = names_in(fetch(page, RESULTS.best_all.format(n=7)))
    assert [name.split("_")[-1] for name in names] == [
        *["a.png", "b.png", "d.png", "c.png", "e.png", "f.png", "g.png"],
        "ranking.csv",
    ]


def test_a_band_is_exported_whole(page: AppTest) -> None:
    page.pills(key="band").set_value(1).run()
    assert [name[:3] for name in names_in(export(page, "shown"))] == ["004", "005", "ran"]


def test_the_table_and_the_document_hold_what_was_chosen(page: AppTest) -> None:
    page.number_input(key="min").set_value(9.0).run()
    rows = rows_of(export(page, "above", RESULTS.as_csv))
    assert [row["name"] for row in rows] == ["a.png", "b.png", "d.png"]
    document = json.loads(export(page, "below", RESULTS.as_json))
    assert [photo["rank"] for photo in document["results"]] == [4, 5, 6, 7]
    assert document["spread"]["cliff"] == 3


def test_ratings_and_the_query_are_written_only_on_request(page: AppTest) -> None:
    page.selectbox(key="xmp").set_value("sidecar").run()
    sidecar = zipfile.ZipFile(io.BytesIO(export(page, "above"))).read("001_10.0_a.png.xmp").decode()
    assert 'Rating="5"' in sidecar or ">5<" in sidecar
    assert QUERY not in sidecar
    page.checkbox(key="write-query").check().run()
    assert QUERY in zipfile.ZipFile(io.BytesIO(export(page, "above"))).read("001_10.0_a.png.xmp").decode()


def test_stars_that_do_not_rise_show_a_warning_and_nothing_is_exported(page: AppTest) -> None:
    page.selectbox(key="xmp").set_value("embedded").run()
    next(box for box in page.text_input if box.label == RESULTS.stars_label).set_value("2,4,6,8").run()
    assert warnings(page) == [RESULTS.stars_wrong]
    assert RESULTS.as_zip not in addresses(page)


def test_a_cleared_run_is_exported_no_more(page: AppTest) -> None:
    label, service = RESULTS.best_all.format(n=7), open_service()
    run = page.query_params["run"]
    service.worker.book.forget(run)
    service.retention.clear_run(run)
    download = service.downloads.find(addresses(page)[label].rsplit("/", 1)[1], owner="")
    assert download is not None
    assert download.open() is None


def test_copies_lie_below_the_mounted_folder_and_are_not_ranked_again(page: AppTest, photo_folder: Path) -> None:
    page.number_input(key="top").set_value(2).run()
    page.text_input(key="copy-folder").set_value("../for the flyer").run()
    page.button(key="copy").click().run()
    copies = photo_folder / PICKS_FOLDER / "for the flyer"
    assert sorted(path.name for path in copies.iterdir()) == ["001_10.0_a.png", "002_9.6_b.png", "ranking.csv"]
    assert (copies / "001_10.0_a.png").read_bytes() == (photo_folder / "a.png").read_bytes()
    assert str(copies) in page.success[0].value
    service = open_service()
    service.folder.rescan()
    service.folder.wait(WAIT_S)
    listed = service.folder.standing().listed
    assert listed is not None
    assert len(listed.photos) == len(SEVEN_REDS)


def test_a_second_copy_of_the_same_picks_shows_that_they_are_there(page: AppTest, photo_folder: Path) -> None:
    copies = photo_folder / PICKS_FOLDER / QUERY
    page.number_input(key="top").set_value(2).run()
    for success in (
        ENGLISH.exported.format(n="2 photos", folder=copies, table="ranking.csv"),
        ENGLISH.exported_before.format(n="2 photos", folder=copies, table="ranking.csv"),
    ):
        page.button(key="copy").click().run()
        assert [element.value for element in page.success] == [success]
        assert len(list(copies.iterdir())) == 3
    page.number_input(key="top").set_value(3).run()
    page.button(key="copy").click().run()
    first, second = ENGLISH.exported, ENGLISH.exported_some_before
    table = "ranking (2).csv"
    success = first.format(n="1 photo", folder=copies, table=table) + second.format(n="2 photos")
    assert [element.value for element in page.success] == [success]


def test_a_folder_that_cannot_be_written_is_named_with_what_helps(page: AppTest, photo_folder: Path) -> None:
    (photo_folder / PICKS_FOLDER).write_text("no folder")
    page.button(key="copy").click().run()
    assert f"{PICKS_FOLDER}" in page.error[0].value
    assert not page.success


def test_a_question_with_an_example_is_exported_with_it(page: AppTest) -> None:
    page.button(key=f"like-{page.query_params['run']}-3").click().run()
    page = rerank(page, "")
    example = json.loads(export(page, "shown", RESULTS.as_json))["like"]
    assert (example["name"], len(example["sha256"])) == ("d.png", 64)
    assert {row["like_sha256"] for row in rows_of(export(page, "shown", RESULTS.as_csv))} == {example["sha256"]}
