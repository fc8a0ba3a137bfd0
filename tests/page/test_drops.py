"""A dropped folder of a phone or a Mac: the rule of folders decides what of it is a photo, and the rest is counted."""

import json
from pathlib import Path

import pytest

from lychee_rerank.photos.folders import PHOTO_ENDINGS
from lychee_rerank.problems import PassedOver
from lychee_rerank.service import open_service
from lychee_rerank.words import Words
from tests.page.pages import LANGUAGES, QUERY, REDS, RESULTS, Open, captions, export, refusals, rerank, texts, upload
from tests.pictures import encode, make_plain, write_reds

PHOTO = encode(make_plain((255, 0, 0)), "PNG")
OTHER = encode(make_plain((51, 0, 0)), "PNG")
APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "
MOVIE = b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  " + b"\x00" * 600
PHONE = [
    ("IMG_1.JPG", PHOTO),
    ("._IMG_1.JPG", APPLE_DOUBLE),
    ("IMG_1.MOV", MOVIE),
    ("IMG_1.AAE", b'<?xml version="1.0" encoding="UTF-8"?>\n<plist/>'),
    (".DS_Store", b"\x00\x00\x00\x01Bud1"),
    ("Thumbs.db", b"\xd0\xcf\x11\xe0"),
    ("IMG_2.JPG", OTHER),
]
KINDS = {PassedOver.OTHER_TYPE: 2, PassedOver.SYSTEM: 3}


@LANGUAGES
def test_of_a_phones_folder_the_photos_count_and_the_rest_is_told_by_kind(
    open_page: Open, locale: str, words: Words
) -> None:
    page = upload(open_page(locale), *PHONE)
    assert (words.photos(2) in texts(page), words.other_files(KINDS) in texts(page)) == (True, True)
    assert len(list((open_service().data.path / "uploads").iterdir())) == 2
    again = open_page(locale, gallery=page.query_params["gallery"])
    assert words.other_files(KINDS) in texts(again)
    page = rerank(page, QUERY)
    assert len(captions(page)) == 2
    assert json.loads(export(page, "above", RESULTS.as_json if locale == "en-US" else words.results.as_json))[
        "passed_over"
    ] == {"other_type": 2, "system": 3}


def test_further_drops_add_to_what_was_passed_over_and_a_new_gallery_begins_with_none(
    open_page: Open, photo_folder: Path
) -> None:
    write_reds(photo_folder, REDS)
    page = upload(upload(open_page(), *PHONE), ("a.png", PHOTO), ("b.gif", b"GIF89a and more"))
    assert "Other files passed over: 6 (of another type 3, of the system 3)" in texts(page)
    page.button(key="new-gallery").click().run()
    assert "4 photos" in texts(page)
    assert "Other files" not in str(texts(page))


def test_a_folder_path_in_a_name_counts_too(open_page: Open) -> None:
    page = upload(open_page(), ("day/a.png", PHOTO), ("day/@eaDir/a.png/SYNOPHOTO_THUMB_M.png", PHOTO))
    assert ("1 photo" in texts(page), "Other files passed over: 1 (thumbnails and the like 1)" in texts(page)) == (
        True,
        True,
    )


@pytest.mark.parametrize("name", ["photo", "photo.jpg_large", "IMG_1.txt", "a.tif"])
def test_a_picture_with_a_wrong_ending_is_scored_by_its_bytes(open_page: Open, name: str) -> None:
    page = rerank(upload(open_page(), ("a.png", OTHER), (name, PHOTO), ("b.png", b"no picture")), QUERY)
    assert [text.value for text in page.text if text.value in ("a.png", name)] == [name, "a.png"]
    assert refusals(page) == {"b.png": "this is a text file, not a JPEG, HEIC, PNG, WebP or AVIF picture"}


def test_a_file_that_comes_alone_is_meant_and_refused_by_name(open_page: Open) -> None:
    page = open_page()
    for name, content in (("a.png", PHOTO), ("b.png", OTHER), ("notes.txt", b"hello"), (".DS_Store", b"\x00Bud1")):
        upload(page, (name, content))
    assert "4 photos" in texts(page)
    assert set(refusals(rerank(page, QUERY))) == {"notes.txt", ".DS_Store"}


def test_a_drop_without_a_photo_says_what_it_held_and_the_folder_stays(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    page = upload(open_page(), *(file for file in PHONE if not file[0].startswith("IMG_") or "JPG" not in file[0]))
    assert ("4 photos" in texts(page), f"Folder {photo_folder.name}/" in texts(page)) == (True, True)
    assert "Other files passed over: 5 (of another type 2, of the system 3)" in texts(page)


def test_a_list_among_the_photos_is_a_list_and_its_apple_double_is_not(open_page: Open) -> None:
    page = upload(open_page(), ("a.png", PHOTO), ("posts.csv", b"file,text\na.png,x\n"), ("._posts.csv", APPLE_DOUBLE))
    assert [text for text in texts(page) if ".csv" in text] == ["posts.csv · 1 pair"]
    assert "Other files passed over: 1 (of the system 1)" in texts(page)


def test_nobody_sees_what_was_passed_over_in_anothers_gallery(open_page: Open) -> None:
    gallery = upload(open_page(), *PHONE).query_params["gallery"]
    galleries = open_service().store.galleries
    assert galleries.passed_over(gallery, "") == KINDS
    assert galleries.passed_over(gallery, "somebody else") == galleries.passed_over(None, "") == {}


def test_the_same_upload_is_passed_over_once_and_forgotten_with_its_gallery(open_page: Open) -> None:
    open_page()
    store = open_service().store
    gallery = store.galleries.begin("ann")
    for _ in range(2):
        store.galleries.pass_over(gallery, "upload 1", PassedOver.HIDDEN)
    store.galleries.pass_over(gallery, "upload 2", PassedOver.HIDDEN)
    assert store.galleries.passed_over(gallery, "ann") == {PassedOver.HIDDEN: 2}
    store.upkeep.clear_older(2e10)
    assert store.database.rows("SELECT * FROM passed_over") == []


def test_the_picker_is_told_the_endings_that_count_in_a_folder(open_page: Open) -> None:
    (told,) = (element.proto.body for element in open_page().get("html") if "input.accept" in element.proto.body)
    assert f'input.accept = "{",".join((*PHOTO_ENDINGS, ".csv"))}"' in told
    assert open_page().file_uploader[0].allowed_type == []  # Streamlit's own rule would turn dropped files away
