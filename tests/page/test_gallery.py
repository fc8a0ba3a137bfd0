"""The gallery on the page: a folder that is large, slow or partly unreadable, its subfolders, and large drops."""

import errno
import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lychee_rerank.photos.folders import PICKS_FOLDER
from lychee_rerank.problems import PassedOver
from lychee_rerank.service import Service, open_service
from lychee_rerank.words import ENGLISH, Words
from tests import disks
from tests.disks import Disk
from tests.limits import WAIT_S
from tests.page.pages import LANGUAGES, Open, captions, new_page, rerank, texts, thumbnails, upload, warnings
from tests.pictures import encode, make_plain

PHOTO = encode(make_plain((255, 0, 0)), "PNG")


@pytest.fixture(autouse=True)
def one_sample(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sample beside the mounted folder."""
    monkeypatch.setenv("LYCHEE_SAMPLES_DIR", str(fill(tmp_path / "samples", "sample.png")))


def fill(folder: Path, *names: str) -> Path:
    """The folder with a red photo under every name."""
    return disks.fill(folder, *names, content=PHOTO)


def listed_page(locale: str = "en-US", **query_params: str) -> AppTest:
    """A new visitor's page, once the mounted folder is listed."""
    assert open_service().folder.wait(WAIT_S)
    return new_page(locale, **query_params)


def rescanned(page: AppTest, service: Service) -> AppTest:
    """The page after a click on the button that lists the folder again, once that is done."""
    page.button(key="rescan").click().run()
    assert service.folder.wait(WAIT_S)
    return page.run()


def previewed(page: AppTest) -> int:
    """How many photos the page shows, but for those beside past runs."""
    return len(thumbnails(page))


@LANGUAGES
def test_the_page_does_not_wait_for_a_slow_folder_and_shows_how_much_was_found(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch, locale: str, words: Words
) -> None:
    held = Disk(monkeypatch).hold(fill(photo_folder, "a.png", "b.png", "sub/c.png") / "sub")
    page = new_page(locale)
    assert held.asked.is_set()
    assert words.listing.format(photos=words.photos(2)) in texts(page)
    assert words.use_folder.format(name=photo_folder.name) in texts(page)
    assert (previewed(page), [button.key for button in page.button if button.key == "rescan"]) == (0, [])
    assert not page.info
    page = rerank(page, "something red")
    assert [info.value for info in page.info] == [words.listing_first]  # and not that there are too few
    held.let_go.set()
    assert open_service().folder.wait(WAIT_S)
    page.run()
    assert words.photos(3) in texts(page)
    assert previewed(page) == 3
    assert page.button(key="rescan").label == words.rescan


def test_photos_can_be_dropped_while_the_folder_is_listed(photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Disk(monkeypatch).hold(fill(photo_folder, "sub/c.png") / "sub")
    page = upload(new_page(), ("x.png", PHOTO), ("y.png", PHOTO))
    assert "2 photos" in texts(page)
    assert len(captions(rerank(page, "red"))) == 2
    held.let_go.set()
    assert open_service().folder.wait(WAIT_S)
    assert page.run().segmented_control(key="source-1").options == ["Uploads", f"Folder {photo_folder.name}/"]


@LANGUAGES
def test_a_button_finds_new_files_and_the_last_gallery_stays_meanwhile(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch, locale: str, words: Words
) -> None:
    fill(photo_folder, "a.png", "sub/b.png")
    page = listed_page(locale)
    fill(photo_folder, "new.png", "sub/newer.png")
    assert words.photos(2) in texts(page.run())
    held = Disk(monkeypatch).hold(photo_folder / "sub")
    page.button(key="rescan").click().run()
    assert held.asked.is_set()
    assert words.rescanning.format(photos=words.photos(2)) in texts(page)
    assert previewed(page) == 2
    held.let_go.set()
    assert open_service().folder.wait(WAIT_S)
    assert words.photos(4) in texts(page.run())
    assert previewed(page) == 4


def test_a_quick_folder_is_listed_by_the_click_itself(photo_folder: Path) -> None:
    fill(photo_folder, "a.png", "b.png")
    page = listed_page()
    fill(photo_folder, "c.png")
    assert "3 photos" in texts(page.button(key="rescan").click().run())


def test_a_visitor_who_comes_later_finds_new_files_without_a_click(photo_folder: Path) -> None:
    fill(photo_folder, "a.png", "b.png")
    page = listed_page()
    fill(photo_folder, "c.png")
    assert "2 photos" in texts(listed_page())  # that soon, nothing is listed again
    service = open_service()
    assert service.folder._begun_s is not None
    service.folder._begun_s -= 11
    assert "3 photos" in texts(new_page())
    assert "3 photos" in texts(page.run())


@LANGUAGES
def test_a_subfolder_limits_the_gallery_and_stands_in_the_address(
    photo_folder: Path, locale: str, words: Words
) -> None:
    fill(photo_folder, "a.png", "day 1/b.png", "day 1/c.png", "day 1/late/d.png", "day 10/e.png")
    page = listed_page(locale)
    box = page.selectbox(key="subfolder")
    assert box.options == [f"{words.all_subfolders} · 5", "day 1 · 3", "day 1/late · 1", "day 10 · 1"]
    assert (box.value, "folder" in page.query_params) == ("", False)
    box.select("day 1").run()
    assert (words.photos(3) in texts(page), previewed(page)) == (True, 3)
    assert page.query_params["folder"] == "day 1"
    again = listed_page(locale, folder="day 1")
    assert (again.selectbox(key="subfolder").value, previewed(again)) == ("day 1", 3)
    again.selectbox(key="subfolder").select("").run()
    assert (previewed(again), "folder" in again.query_params) == (5, False)


@pytest.mark.parametrize("folder", ["gone", "day", "../..", "", "a.png", "day 1/"])
def test_an_unknown_subfolder_in_the_address_is_ignored(photo_folder: Path, folder: str) -> None:
    fill(photo_folder, "a.png", "day 1/b.png", "day 1/c.png")
    page = listed_page(folder=folder)
    assert (page.selectbox(key="subfolder").value, previewed(page)) == ("", 3)


def test_a_run_scores_the_chosen_subfolder_alone(photo_folder: Path) -> None:
    fill(photo_folder, "a.png", "x/b.png", "x/c.png", "y/d.png")
    page = rerank(listed_page(folder="x"), "red")
    assert [text.value for text in page.text if text.value.endswith(".png")] == ["x/b.png", "x/c.png"]


def test_another_subfolder_turns_from_the_run_to_the_gallery(photo_folder: Path) -> None:
    fill(photo_folder, "a.png", "x/b.png", "x/c.png", "y/d.png")
    page = rerank(listed_page(), "red")
    assert "run" in page.query_params
    page.selectbox(key="subfolder").select("x").run()
    assert ("run" in page.query_params, captions(page), previewed(page)) == (False, [], 2)


def test_the_choice_survives_new_files_and_falls_back_where_its_subfolder_is_gone(photo_folder: Path) -> None:
    fill(photo_folder, "a.png", "x/b.png", "x/c.png", "y/d.png")
    page = listed_page()
    page.selectbox(key="subfolder").select("x").run()
    fill(photo_folder, "x/new.png")
    assert previewed(rescanned(page, open_service())) == 3
    for path in (photo_folder / "x").iterdir():
        path.unlink()
    assert previewed(rescanned(page, open_service())) == 2
    assert page.selectbox(key="subfolder").value == ""


@LANGUAGES
def test_what_is_passed_over_is_told_by_kind(photo_folder: Path, locale: str, words: Words) -> None:
    fill(photo_folder, "a.png", "notes.txt", "day/b.png", "day/#recycle/c.png", f"{PICKS_FOLDER}/red/001_9.0_a.png")
    page = listed_page(locale)
    kinds = {PassedOver.OTHER_TYPE: 1, PassedOver.DELETED: 1, PassedOver.OWN_PICKS: 1}
    assert (words.photos(2) in texts(page), words.other_files(kinds) in texts(page)) == (True, True)
    page.selectbox(key="subfolder").select("day").run()
    assert words.other_files({PassedOver.DELETED: 1}) in texts(page)
    (photo_folder / "day" / "#recycle" / "c.png").unlink()
    rescanned(page, open_service())
    assert words.passed_over.partition("{n}")[0] not in str(texts(page))


def test_a_folder_without_subfolders_offers_no_choice(photo_folder: Path) -> None:
    fill(photo_folder, "a.png", "b.png")
    assert not listed_page().selectbox


@LANGUAGES
def test_what_cannot_be_read_is_listed_by_name(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch, locale: str, words: Words
) -> None:
    disk = Disk(monkeypatch)
    disk.closed.add(fill(photo_folder, "a.png", "sub/*b*.png", "locked/c.png") / "sub" / "*b*.png")
    disk.fails[photo_folder / "locked"] = PermissionError(errno.EACCES, "no")
    page = listed_page(locale)
    (listed,) = (expander for expander in page.expander if expander.label == words.unreadable.format(n=2))
    assert [text.value for text in listed.text] == ["locked\nsub/*b*.png"]
    assert not listed.caption


@LANGUAGES
def test_a_long_list_of_what_cannot_be_read_ends_with_how_many_more(
    photo_folder: Path, locale: str, words: Words
) -> None:
    for n in range(203):
        os.mkfifo(photo_folder / f"{n:03}.png")
    page = listed_page(locale)
    (listed,) = (expander for expander in page.expander if expander.label == words.unreadable.format(n=203))
    assert listed.text[0].value.split("\n") == [f"{n:03}.png" for n in range(200)]
    assert [caption.value for caption in listed.caption] == [words.unreadable_more.format(n=3)]


def test_nothing_is_listed_where_everything_can_be_read(photo_folder: Path) -> None:
    fill(photo_folder, "a.png", "b.png")
    assert not listed_page().expander


def test_a_disk_that_fails_is_shown_and_the_button_finds_it_mended(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    disk.fails[fill(photo_folder, "a.png", "b.png")] = OSError(errno.EIO, "Input/output error")
    page = listed_page()
    assert warnings(page) == [ENGLISH.folder_unreadable.format(folder=photo_folder, user=os.getuid())]
    assert texts(page).count("1 photo") == 1  # the sample
    disk.fails.clear()
    rescanned(page, open_service())
    assert (warnings(page), previewed(page)) == ([], 2)


def test_the_first_photo_in_an_empty_folder_replaces_the_samples(photo_folder: Path) -> None:
    page = listed_page()
    assert "Folder samples/" in texts(page)
    fill(photo_folder, "a.png", "b.png")
    assert f"Folder {photo_folder.name}/" in texts(rescanned(page, open_service()))
    assert previewed(page) == 2


@LANGUAGES
def test_the_drop_zone_shows_how_many_files_it_takes_and_names_the_folder_for_more(
    photo_folder: Path, locale: str, words: Words
) -> None:
    fill(photo_folder, "a.png", "b.png")
    page = listed_page(locale)
    (hint,) = (caption.value for caption in page.caption if "900" in caption.value)
    assert hint == words.drop_hint.format(most=900, folder=photo_folder)
    assert str(photo_folder) in hint
    upload(page, ("x.png", PHOTO))
    assert not [caption.value for caption in page.caption if "900" in caption.value]
    styles = [element.proto.body for element in page.get("html")]
    assert any(words.upload_hint.format(most=900) in style for style in styles)


@LANGUAGES
def test_a_drop_of_more_files_than_that_is_kept_and_remarked_on(photo_folder: Path, locale: str, words: Words) -> None:
    fill(photo_folder, "a.png", "b.png")
    page = upload(listed_page(locale), *((f"{n}.png", PHOTO) for n in range(901)))
    remark = words.large_drop.format(n=901, most=900, folder=photo_folder)
    assert words.photos(901) in texts(page)
    assert warnings(page) == [remark]
    assert warnings(page.run()) == [remark]
    page.button(key="new-gallery").click().run()
    assert warnings(page) == []


def test_a_drop_of_900_files_is_not_remarked_on(photo_folder: Path) -> None:
    fill(photo_folder, "a.png", "b.png")
    page = upload(listed_page(), *((f"{n}.png", PHOTO) for n in range(900)))
    assert "900 photos" in texts(page)
    assert warnings(page) == []
